import WALProtocol

extension Rule {
    /// Reads: complete, or an error that says why.
    static let reading: [Rule] = [
        Rule(
            "read.compactedOrUnavailable", 24,
            contract: "What was dropped is `compacted`, what is not there yet is `unavailable`."
        ) { trial in
            let log = try trial.log()
            try log.append(1...20)
            try log.compact(through: 7)
            for _ in 0..<2 {
                let store = try log.store()
                for index in [0, 1, 6, 7] as [LogIndex] {
                    let error = try trial.expectError(.compacted, "entry(at: \(index)) of 8...20") {
                        _ = try store.entry(at: index)
                    }
                    try trial.expect(
                        error.context.expected == 8, "the error does not say 8 is first: \(error)")
                }
                for index in [21, 22, LogIndex.max - 1, .max] {
                    try trial.expectError(.unavailable, "entry(at: \(index)) of 8...20") {
                        _ = try store.entry(at: index)
                    }
                }
                try log.reopen()
            }
            try log.compact(through: 20)
            try trial.expectError(.compacted, "entry(at: 20) of an empty log") {
                _ = try log.store().entry(at: 20)
            }
            try trial.expectError(.unavailable, "entry(at: 21) of an empty log") {
                _ = try log.store().entry(at: 21)
            }
        },
        Rule(
            "read.term", 25,
            contract: "term(at:) answers from the compacted position to the last entry."
        ) { trial in
            let log = try trial.log()
            for term in 1...10 as ClosedRange<Term> {
                try log.append((term * 10 - 9)...(term * 10), term: term)
            }
            try log.compact(through: 35, term: 4)
            for when in ["", " after opening again"] {
                let store = try log.store()
                try trial.expect(
                    store.term(at: 35) == 4, "the compacted position has no term\(when)")
                for index in 36...100 as ClosedRange<LogIndex> {
                    let term = try store.term(at: index)
                    try trial.expect(
                        term == (index + 9) / 10, "term(at: \(index)) is \(term)\(when)")
                }
                try trial.expectError(.compacted, "term(at: 34)\(when)") {
                    _ = try store.term(at: 34)
                }
                try trial.expectError(.unavailable, "term(at: 101)\(when)") {
                    _ = try store.term(at: 101)
                }
                try log.reopen()
            }
            try log.compact(through: 100, term: 10)
            try trial.expect(log.store().term(at: 100) == 10, "no term at the end of an empty log")
            try trial.expectError(.compacted, "term(at: 99)") { _ = try log.store().term(at: 99) }
        },
        Rule(
            "read.ranges", 26,
            contract: "A range gives what of it is there; it may end, but not start, outside."
        ) { trial in
            let log = try trial.log()
            try log.append(1...30)
            try log.compact(through: 10)
            for _ in 0..<2 {
                let store = try log.store()
                for range in [
                    11..<11, 11..<31, 11..<12, 30..<31, 15..<20, 25..<40, 31..<40,
                    11..<LogIndex.max,
                    100..<200, 30..<LogIndex.max, (LogIndex.max - 1)..<LogIndex.max,
                ] as [Range<LogIndex>] {
                    let found = try store.entries(in: range).map(\.index)
                    let expected = log.model.entries.map(\.index).filter { range.contains($0) }
                    try trial.expect(found == expected, "\(range) gave \(found)")
                    let next = try store.visitEntries(in: range) { (_, _) in }
                    let end = expected.last.map { $0 + 1 } ?? range.lowerBound
                    try trial.expect(next == end, "\(range) says to go on from \(next), not \(end)")
                }
                let whole = try store.entries(in: 11...LogIndex.max)
                try trial.expect(whole == log.model.entries, "11...UInt64.max is not the whole log")
                for range in [0..<5, 1..<11, 5..<20, 10..<11, 0..<LogIndex.max] as [Range<LogIndex>]
                {
                    try trial.expectError(.compacted, "the range \(range) of 11...30") {
                        _ = try store.entries(in: range)
                    }
                }
                let nothing = try store.entries(in: 0..<0)
                try trial.expect(nothing.isEmpty, "0..<0 gave \(nothing.count) entries")
                try log.reopen()
            }
        },
        Rule(
            "read.byteLimit", 27,
            contract: "A byte limit gives as many entries as fit, and the first one in any case."
        ) { trial in
            let log = try trial.log()
            let sizes = (0..<60).map { _ in Int.random(in: 0...2000, using: &trial.random) }
            for (offset, size) in sizes.enumerated() {
                let index = UInt64(offset) + 1
                try log.append(index...index, size: size)
            }
            for when in ["when just written", "after a sync", "after opening again"] {
                if when == "after a sync" { try log.sync() }
                if when == "after opening again" { try log.reopen() }
                for limit in [0, 1, 500, 1999, 2000, 5000, 20_000, Int.max, -1] {
                    for start in [1, 2, 30, 60] {
                        var expected = 0
                        var sum = 0
                        for size in sizes[(start - 1)...] {
                            sum += size
                            guard expected == 0 || sum <= limit else { break }
                            expected += 1
                        }
                        var found: [LogIndex] = []
                        let next = try log.store().visitEntries(
                            in: LogIndex(start)..<100, maxByteCount: limit
                        ) { (header, _) in found.append(header.position.index) }
                        let indexes = (start..<(start + expected)).map { LogIndex($0) }
                        try trial.expect(
                            found == indexes && next == LogIndex(start + expected),
                            "\(limit) bytes from \(start) \(when): \(found.count) entries and next "
                                + "\(next), expected \(expected) entries")
                    }
                }
            }
        },
        Rule(
            "read.complete", 28,
            contract: "Every read gives everything it was asked for, in order, and nothing else."
        ) { trial in
            let rotation = try trial.rotationByteCount()
            let log = try trial.log()
            try log.append(1...300, size: rotation / 40)
            for round in 0..<3 {
                if round == 1 { try log.reopen() }
                if round == 2 { try log.append(301...400, size: 50) }
                for _ in 0..<150 {
                    let count = UInt64(log.model.entries.count)
                    let start = UInt64.random(in: 1...count, using: &trial.random)
                    let end = UInt64.random(in: start...(count + 3), using: &trial.random)
                    var position = start
                    var difference: String?
                    _ = try log.store().visitEntries(in: start..<end) { (header, payload) in
                        guard difference == nil, let entry = log.model.entry(at: position) else {
                            return
                        }
                        difference = Trial.difference(header, payload, from: entry)
                        position += 1
                    }
                    try trial.expect(difference == nil, "\(start)..<\(end): \(text(difference))")
                    try trial.expect(
                        position == min(end, count + 1), "\(start)..<\(end) ended at \(position)")
                }
            }
        },
        Rule(
            "read.bodyMayThrowAndRead", 28,
            contract: "What a reading closure throws is passed on, and it may read the log itself."
        ) { trial in
            let log = try trial.log()
            try log.append(1...50, size: 300)
            try log.reopen()
            let store = try log.store()
            let thrown = LogStoreError.invalidArgument("from the closure")
            let error = try trial.expectError(.invalidArgument, "a closure that throws") {
                try store.withEntry(at: 3) { (_, _) throws(LogStoreError) in throw thrown }
            }
            try trial.expect(error == thrown, "another error came out: \(error)")
            var visited = 0
            try trial.expectError(.invalidArgument, "a visit whose closure throws") {
                _ = try store.visitEntries(in: 1..<51) { (_, _) throws(LogStoreError) in
                    visited += 1
                    if visited == 10 { throw thrown }
                }
            }
            try trial.expect(visited == 10, "the visit went on to \(visited) after an error")
            var mismatch: LogIndex?
            _ = try store.visitEntries(in: 1..<51) { (header, payload) throws(LogStoreError) in
                // Reads far from here, which a store with one buffer would load over this entry.
                let other = try store.entry(at: 51 - header.position.index)
                let nested = log.model.entry(at: other.index)
                let own = log.model.entry(at: header.position.index)
                if nested != other || own.map({ Payloads.equal(payload, $0.payload) }) != true {
                    mismatch = header.position.index
                }
            }
            try trial.expect(mismatch == nil, "reading within a visit mixed up \(text(mismatch))")
        },
        Rule(
            "read.anyCache", 29,
            contract: "The size of caches and files never changes an answer."
        ) { trial in
            let variants = try trial.requireVariants()
            let rotation = try trial.rotationByteCount()
            for variant in variants {
                let log = try trial.log(with: variant)
                try log.append(1...120, size: rotation / 30)
                try log.check("just appended")
                try log.sync()
                try log.truncate(from: 100)
                try log.append(100...130, term: 2, size: 10, salt: 1)
                try log.check("after truncating and appending")
                try log.compact(through: 50)
                try log.check("after compacting")
                try log.reopen(with: variant)
                try log.check("after opening again")
            }
        },
        Rule(
            "read.memoryBounded", 30, level: .should,
            contract: "A log larger than the memory for it is opened and read in bounded memory."
        ) { trial in
            try trial.requireFiles()
            let log = try trial.log()
            let size = 60_000
            let count: LogIndex = 900
            var next: LogIndex = 1
            while next <= count {
                try log.store().append(
                    Payloads.make(next, size: size), at: LogPosition(term: 1, index: next))
                next += 1
            }
            let bound = 32 << 20
            let written = try log.store().memoryFootprint
            try trial.expect(written <= bound, "\(written) bytes are held after writing 54 MB")
            try log.close()
            let store = try log.store()
            try trial.expect(
                store.memoryFootprint <= bound / 4,
                "\(store.memoryFootprint) bytes are held after opening 54 MB")
            var sum = 0
            _ = try store.visitEntries(in: 1..<(count + 1)) { (header, _) in
                sum += header.payloadByteCount
            }
            try trial.expect(sum == size * Int(count), "reading gave \(sum) bytes")
            try trial.expect(
                store.memoryFootprint <= bound,
                "\(store.memoryFootprint) bytes are held after reading 54 MB")
        },
    ]
}
