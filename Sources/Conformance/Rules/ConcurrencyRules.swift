import WALProtocol

extension Rule {
    /// Readers beside the writer, on threads of their own.
    static let concurrency: [Rule] = [
        Rule(
            "readers.seeAPrefix", 91,
            contract:
                "Beside appends, a reader sees a contiguous prefix whose end never moves back."
        ) { trial in
            try trial.requireReaders()
            let log = try trial.log()
            let stop = Shared(false)
            defer { stop.value = true }
            let readers = try (0..<2).map { _ in
                Worker(reading: try log.store()) { reader in
                    var end: LogIndex = 0
                    while !stop.value {
                        guard let last = reader.state.last else { continue }
                        try Worker.expect(
                            last.index >= end, "last went back from \(end) to \(last.index)")
                        end = last.index
                        var next = max(1, end > 30 ? end - 30 : 1)
                        _ = try reader.visitEntries(in: next..<(end + 1)) { (header, payload) in
                            guard header.position.index == next else { return }
                            if Payloads.equal(payload, Payloads.make(next, size: 64)) { next += 1 }
                        }
                        try Worker.expect(
                            next == end + 1, "of the entries up to \(end), \(next) is wrong")
                    }
                }
            }
            for batch in 0..<120 as Range<UInt64> {
                try log.append((batch * 30 + 1)...(batch * 30 + 15), size: 64)
                try log.appendBatch((batch * 30 + 16)...(batch * 30 + 30), size: 64)
                if batch % 10 == 0 { try log.sync() }
            }
            stop.value = true
            for reader in readers { try reader.join() }
            try log.check("after the readers have gone")
        },
        Rule(
            "readers.seeLaterWrites", 92,
            contract: "A reader made before a write sees it as soon as the write has returned."
        ) { trial in
            try trial.requireReaders()
            let log = try trial.log()
            let reader = try log.store().makeReader()
            let copy = reader.makeReader()
            let steps: [(String, () throws -> Void)] = [
                ("an append", { try log.append(1...40, size: 500) }),
                ("a batch", { try log.appendBatch(41...80, size: 500) }),
                ("a truncation", { try log.truncate(from: 60) }),
                ("an overwrite", { try log.append(60...70, term: 2, salt: 1) }),
                ("metadata", { try log.setMetadata([1, 2], for: "key") }),
                ("a sync", { try log.sync() }),
                ("a compaction", { try log.compact(through: 50) }),
                ("a reset", { try log.reset(to: LogPosition(term: 3, index: 10)) }),
                ("an append after it", { try log.append(11...20, term: 3) }),
            ]
            for (what, step) in steps {
                try step()
                try trial.expect(reader, holds: log.model, "a reader, after \(what)", at: .here())
                try trial.expect(copy, holds: log.model, "its copy, after \(what)", at: .here())
            }
        },
        Rule(
            "readers.stableBytes", 93,
            contract:
                "Bytes handed to a closure stay as they are until it returns, whatever happens."
        ) { trial in
            try trial.requireReaders()
            let rotation = try trial.rotationByteCount()
            let log = try trial.log()
            try log.append(1...40, size: 900)
            try log.sync()
            let holding = Shared(0)
            let release = Shared(false)
            defer { release.value = true }
            // One entry of an old file, and one that is in memory only.
            try log.append(41...41, size: 900)
            let readers = try [5, 41].map { (index: LogIndex) in
                Worker(reading: try log.store()) { reader in
                    let expected = Payloads.make(index, size: 900)
                    let same = try reader.withEntry(at: index) { (_, payload) in
                        holding.update { $0 += 1 }
                        while !release.value { Files.pause(milliseconds: 1) }
                        return Payloads.equal(payload, expected)
                    }
                    try Worker.expect(same, "the bytes of entry \(index) changed under a reader")
                }
            }
            while holding.value < 2, !readers.contains(where: \.hasFailed) {
                Files.pause(milliseconds: 1)
            }
            try log.append(42...80, term: 1, size: rotation / 5)
            try log.sync()
            try log.truncate(from: 3)
            try log.append(3...60, term: 2, size: 900, salt: 1)
            try log.compact(through: 58, term: 2)
            try log.sync()
            try log.reset(to: LogPosition(term: 4, index: 4))
            try log.append(5...50, term: 4, size: 900, salt: 2)
            try log.sync()
            release.value = true
            for reader in readers { try reader.join() }
            // The writer's own closure may write as well.
            try log.reset(to: nil)
            try log.append(1...5, size: 900)
            let expected = Payloads.make(3, size: 900)
            let same = try log.store().withEntry(at: 3) { (_, payload) throws(LogStoreError) in
                do {
                    try log.append(6...60, size: 900)
                    try log.truncate(from: 2)
                    try log.append(2...30, term: 2, size: 900, salt: 3)
                    try log.sync()
                } catch let error as LogStoreError {
                    throw error
                } catch {
                    throw LogStoreError(.io, "\(error)")
                }
                return Payloads.equal(payload, expected)
            }
            try trial.expect(same, "the bytes changed under a closure that wrote")
            try log.check("at the end")
        },
        Rule(
            "readers.randomReads", 94,
            contract: "Any number of readers get every entry as it was written."
        ) { trial in
            try trial.requireReaders()
            let rotation = try trial.rotationByteCount()
            let size = rotation / 30
            let log = try trial.log()
            try log.append(1...200, size: size)
            try log.reopen()
            try log.append(201...220, size: size)
            let seed = trial.random.next()
            let readers = try (0..<4 as Range<UInt64>).map { number in
                Worker(reading: try log.store()) { reader in
                    var random = SeededGenerator(seed: seed &+ number)
                    for _ in 0..<400 {
                        let index = LogIndex.random(in: 1...220, using: &random)
                        let expected = Payloads.make(index, size: size)
                        let same = try reader.withEntry(at: index) { (header, payload) in
                            header.position.index == index && Payloads.equal(payload, expected)
                        }
                        try Worker.expect(same, "entry \(index) is another one")
                        let term = try reader.term(at: index)
                        try Worker.expect(term == 1, "the term of \(index) is \(term)")
                    }
                }
            }
            try log.append(221...400, size: size)
            for reader in readers { try reader.join() }
        },
        Rule(
            "readers.raceWithRemoval", 95,
            contract: "A read beside truncation and compaction is right, or a typed error."
        ) { trial in
            try trial.requireReaders()
            let log = try trial.log()
            try log.append(1...50, size: 200)
            let stop = Shared(false)
            defer { stop.value = true }
            let seed = trial.random.next()
            let readers = try (0..<3 as Range<UInt64>).map { number in
                Worker(reading: try log.store()) { reader in
                    var random = SeededGenerator(seed: seed &+ number)
                    while !stop.value {
                        let state = reader.state
                        guard let first = state.first, let last = state.last else { continue }
                        let index = LogIndex.random(in: first...last.index, using: &random)
                        do {
                            // The salt of an entry is its term: old and new are both right.
                            let same = try reader.withEntry(at: index) { (header, payload) in
                                let position = header.position
                                return position.index == index
                                    && Payloads.equal(
                                        payload,
                                        Payloads.make(index, size: 200, salt: position.term - 1))
                            }
                            try Worker.expect(same, "entry \(index) is neither the old nor the new")
                        } catch let error as LogStoreError {
                            try Worker.expect(
                                error.code == .compacted || error.code == .unavailable,
                                "reading \(index): \(error)")
                        }
                    }
                }
            }
            for round in 1...150 as ClosedRange<UInt64> {
                let last = log.model.last?.index ?? 0
                let from = last - 10
                try log.truncate(from: from)
                try log.append(from...(from + 25), term: round + 1, size: 200, salt: round)
                if round % 4 == 0, let entry = log.model.entries.dropFirst(20).first {
                    try log.compact(through: entry.index, term: entry.term)
                }
                if round % 25 == 0 { try log.sync() }
            }
            stop.value = true
            for reader in readers { try reader.join() }
            try log.check("after the readers have gone")
        },
        Rule(
            "readers.outliveTheStore", 93,
            contract:
                "A reader whose store was closed or dropped says `closed`, or still reads right."
        ) { trial in
            let path = trial.freshPath()
            var store: (any LogStore)? = try trial.open(path)
            try store?.append([1, 2, 3], at: LogPosition(term: 1, index: 1))
            try store?.sync()
            guard let reader = store?.makeReader() else { return }
            store = nil
            do {
                let entry = try reader.entry(at: 1)
                try trial.expect(entry.payload == [1, 2, 3], "it reads \(brief(entry.payload))")
            } catch let error as LogStoreError {
                try trial.expect(error.code == .closed, "it says \(error)")
            }
        },
    ]
}

extension Trial {
    fileprivate func requireReaders() throws {
        try require(
            try capabilities().allowsConcurrentReaders,
            "the store declares that readers may not run beside the writer")
    }
}
