import WALProtocol

extension Rule {
    /// What the simplest use of a log relies on.
    static let basics: [Rule] = [
        Rule(
            "basic.freshStore", 1,
            contract: "A log that was never written is empty, and says so to every question."
        ) { trial in
            let log = try trial.log()
            for when in ["a fresh log", "a fresh log, opened again"] {
                try log.check(when)
                let store = try log.store()
                try trial.expect(store.state == LogState(), "\(when): state is \(store.state)")
                try trial.expect(
                    store.state.next == nil, "\(when): next is \(text(store.state.next))")
                for index in [0, 1, 2, 1 << 40, LogIndex.max - 1, .max] {
                    try trial.expectError(.unavailable, "\(when): entry(at: \(index))") {
                        _ = try store.entry(at: index)
                    }
                    try trial.expectError(.unavailable, "\(when): term(at: \(index))") {
                        _ = try store.term(at: index)
                    }
                }
                let entries = try store.entries(in: 0...LogIndex.max)
                try trial.expect(entries.isEmpty, "\(when): it returned \(entries.count) entries")
                let value = try store.metadata(for: .votedFor)
                try trial.expect(value == nil, "\(when): metadata that nobody set: \(brief(value))")
                try trial.expect(try store.hardState() == nil, "\(when): a vote that nobody cast")
                try log.reopen()
            }
        },
        Rule(
            "basic.roundTrip", 2,
            contract: "Every entry reads back with its index, term, kind and payload."
        ) { trial in
            for batch in [0, 1, 2, 7, 1000] as [UInt64] {
                let log = try trial.log()
                if batch == 0 {
                    try log.append(1...50)
                    try log.append(51...100, term: 3, size: 500)
                } else {
                    for round in 0..<(batch == 1000 ? 2 : 20) as Range<UInt64> {
                        let start = round * batch + 1
                        try log.appendBatch(start...(start + batch - 1), term: round, size: 60)
                    }
                }
                try log.check("after appending in batches of \(batch)")
                try log.sync()
                try log.check("after syncing batches of \(batch)")
            }
        },
        Rule(
            "basic.kindKept", 2,
            contract: "The kind of an entry is the engine's own and comes back as it was."
        ) { trial in
            let log = try trial.log()
            let entries = (0...255).map { code in
                Entry(
                    position: LogPosition(term: 1, index: UInt64(code) + 1),
                    kind: EntryKind(rawValue: UInt8(code)), payload: [UInt8(code)])
            }
            try log.append(Array(entries.prefix(128)))
            try log.write(Change(entries: Array(entries.dropFirst(128))))
            try log.check("after appending every kind")
            try log.reopen()
            try log.check("after opening again")
        },
        Rule(
            "basic.reopenKeepsEverything", 3,
            contract: "After a clean close and opening again, everything is there."
        ) { trial in
            let log = try trial.log()
            var next: LogIndex = 1
            for count in [1, 2, 3, 10, 100, 1000] as [UInt64] {
                try log.append(next...(next + count - 1), term: count, size: 40)
                next += count
                try log.setMetadata([UInt8(truncatingIfNeeded: count)], for: "count")
                try log.reopen()
                try log.check("after \(count) more and opening again")
                let state = try log.store().state
                try trial.expect(state.durable == state.last, "what was closed is not durable")
            }
        },
        Rule(
            "basic.everyBoundary", 3,
            contract: "It does not matter where in a file an entry falls, or that a file ends."
        ) { trial in
            let size = try trial.rotationByteCount()
            let log = try trial.log()
            var next: LogIndex = 1
            // Entries as long as a file, give or take a header, then small ones: every alignment.
            for excess in stride(from: -96, through: 8, by: 4) {
                try log.append(next...next, size: max(0, size + excess))
                try log.append(
                    (next + 1)...(next + 2), size: Int.random(in: 0...40, using: &trial.random))
                next += 3
                if excess % 24 == 0 {
                    try log.reopen()
                    try log.check("after entries up to \(excess) bytes beyond a file's size")
                }
            }
            // Then entries of any size, opened again wherever it falls.
            for _ in 0..<40 {
                for _ in 0..<Int.random(in: 1...8, using: &trial.random) {
                    let length = Int.random(in: 0...(size / 6), using: &trial.random)
                    try log.append(next...next, size: length)
                    next += 1
                }
                try log.reopen()
                let last = try log.store().state.last
                try trial.expect(
                    last == log.model.last, "after opening again, last is \(text(last))")
            }
            try log.check("after many files")
        },
        Rule(
            "basic.readableAtOnce", 4,
            contract: "An entry can be read, by everybody, as soon as the append has returned."
        ) { trial in
            let log = try trial.log()
            let reader = try log.store().makeReader()
            for index in 1...300 as ClosedRange<LogIndex> {
                try log.append(index...index, size: Int(index) * 5 % 700)
                let entry = log.model.entries[Int(index) - 1]
                let own = try log.store().entry(at: index)
                try trial.expect(own == entry, "the writer read something else at \(index)")
                let other = try reader.entry(at: index)
                try trial.expect(other == entry, "a reader read something else at \(index)")
                try trial.expect(
                    reader.state.last == entry.position,
                    "a reader's last is \(text(reader.state.last))")
            }
        },
        Rule(
            "basic.emptyBatch", 5,
            contract: "A batch of nothing succeeds, changes nothing and takes no space."
        ) { trial in
            let log = try trial.log()
            try log.append(1...10)
            try log.sync()
            try log.reopen()
            try log.close()
            // Twice the same, so that what opening and closing take is not counted; they may as well
            // give something back.
            var growth: [Int] = []
            for count in [0, 1000] {
                let before = Files.sizes(below: log.path).values.reduce(0, +)
                for _ in 0..<count { try log.store().write(WriteBatch()) }
                try log.sync()
                try log.close()
                growth.append(Files.sizes(below: log.path).values.reduce(0, +) - before)
            }
            try log.check("after a thousand empty batches")
            try trial.expect(
                growth[1] <= max(0, growth[0]), "a thousand empty batches took \(growth[1]) bytes")
            try log.append(11...12)
            try log.store().write(WriteBatch())
            try log.sync()
            let state = try log.store().state
            try trial.expect(
                state.durable == state.last, "a sync after an empty batch left \(state) not durable"
            )
        },
        Rule(
            "basic.bytesAreOpaque", 6,
            contract: "No payload is mistaken for anything, not even the store's own files."
        ) { trial in
            let log = try trial.log()
            var payloads = [0, 1, 7, 8, 64, 511, 512, 513, 4096].flatMap { size in
                [[UInt8](repeating: 0, count: size), [UInt8](repeating: 0xff, count: size)]
            }
            // A log with real contents, whose files then become payloads, from every offset.
            let other = try trial.log()
            try other.append(1...20)
            try other.setMetadata([1], for: "key")
            try other.close()
            for name in Files.files(below: other.path) {
                guard let bytes = Files.contents(of: "\(other.path)/\(name)") else { continue }
                for start in [0, 8, 64, 512, 4096] where start < bytes.count {
                    payloads.append(Array(bytes[start..<min(start + 2500, bytes.count)]))
                }
            }
            let entries = payloads.enumerated().map { offset, payload in
                Entry(position: LogPosition(term: 1, index: UInt64(offset) + 1), payload: payload)
            }
            try log.append(entries)
            try log.check("after appending")
            try log.sync()
            try log.crash("after a crash")
            try log.reopen()
            try log.check("after opening again")
        },
        Rule(
            "basic.idleReopen", 7,
            contract: "Opening and closing leaves a store as it is, however often."
        ) { trial in
            let log = try trial.log()
            try log.append(1...100)
            try log.setMetadata([1, 2, 3], for: "key")
            try log.reopen()
            try log.check("after the first time")
            try log.close()
            let files = Files.files(below: log.path)
            let space = Files.allocatedByteCount(below: log.path)
            for _ in 0..<100 {
                _ = try log.store()
                try log.close()
            }
            let after = Files.allocatedByteCount(below: log.path)
            try trial.expect(
                Files.files(below: log.path).count <= files.count,
                "100 openings made new files: \(Files.files(below: log.path))")
            try trial.expect(after <= space, "100 openings grew it from \(space) to \(after) bytes")
            try log.check("after 100 times")
        },
    ]
}
