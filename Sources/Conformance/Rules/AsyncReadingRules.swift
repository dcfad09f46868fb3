import AsyncWAL
import WALProtocol

extension Rule {
    /// A store driven by an `AsyncLog`: readers and followers beside the writers.
    static let asyncReading: [Rule] = [
        Rule(
            "async.readersSeeLaterWrites", 92,
            contract: "A reader made before a write sees it as soon as the call has returned."
        ) { trial in
            try trial.requireReadersBesideTheWriter()
            var options = AsyncLog.Options()
            options.strategy = .manual
            let driven = try trial.drive(trial.freshPath(), options)
            let reader = driven.log.reader()
            let copy = reader.makeReader()
            var model = Model()
            func entries(_ indexes: ClosedRange<LogIndex>, term: Term = 1) -> [Entry] {
                TestedLog.entries(indexes, term: term, size: 500, salt: term)
            }
            let steps: [(String, Change)] = [
                ("entries", Change(entries: entries(1...40))),
                ("more entries", Change(entries: entries(41...80))),
                ("a truncation", Change(truncatesFrom: 60)),
                ("an overwrite", Change(entries: entries(60...70, term: 2))),
                (
                    "a replaced suffix",
                    Change(truncatesFrom: 65, entries: entries(65...75, term: 3))
                ),
                ("metadata", Change(metadata: [("key", [1, 2])])),
                ("a compaction", Change(compactsThrough: LogPosition(term: 1, index: 50))),
                ("a reset", Change(reset: .init(to: LogPosition(term: 3, index: 10)))),
                ("entries after it", Change(entries: entries(11...20, term: 3))),
            ]
            for (what, change) in steps {
                let batch = change.batch
                try trial.run { [log = driven.log] in _ = try await log.write(batch) }
                model.apply(change)
                try trial.expect(reader, holds: model, "a reader, after \(what)", at: .here())
                try trial.expect(copy, holds: model, "its copy, after \(what)", at: .here())
                let state = driven.log.state
                try trial.expect(
                    state.first == model.first && state.last == model.last,
                    "after \(what) the log says \(state)")
            }
            for index in 21...40 as ClosedRange<LogIndex> {
                let entry = entries(index...index, term: 3)[0]
                let position = try trial.run { [log = driven.log] in
                    try await log.append(entry.payload, term: 3)
                }
                try trial.expect(position == entry.position, "\(position), not \(entry.position)")
                let found = try reader.entry(at: index)
                try trial.expect(found == entry, "an entry that was just appended is another one")
            }
        },
        Rule(
            "async.readersSeeAPrefix", 91, 94,
            contract:
                "Readers beside many writers see a log without gaps that only grows, and each entry "
                + "as it was written."
        ) { trial in
            try trial.requireReadersBesideTheWriter()
            var options = AsyncLog.Options()
            options.strategy = .background
            let driven = try trial.drive(trial.freshPath(), options)
            let stop = Shared(false)
            defer { stop.value = true }
            let seen = Shared<[LogIndex: Stamp]>([:])
            let seed = trial.random.next()
            let readers = (0..<3 as Range<UInt64>).map { number in
                Worker(with: driven.log.reader()) { reader in
                    var random = SeededGenerator(seed: seed &+ number)
                    var end: LogIndex = 0
                    repeat {
                        guard let last = reader.state.last?.index else { continue }
                        try Worker.expect(last >= end, "last went back from \(end) to \(last)")
                        end = last
                        var next = end > 20 ? end - 20 : 1
                        let random = LogIndex.random(in: 1...end, using: &random)
                        for entry in try [reader.entry(at: random)]
                            + reader.entries(in: next..<end + 1)
                        {
                            guard let stamp = Stamp(of: entry.payload) else {
                                throw Failure("nobody wrote \(entry.index)", at: .here())
                            }
                            let earlier = seen.update { known in
                                defer { known[entry.index] = stamp }
                                return known[entry.index] ?? stamp
                            }
                            try Worker.expect(
                                earlier == stamp, "\(entry.index) was \(earlier), now \(stamp)")
                            if entry.index == next { next += 1 }
                        }
                        try Worker.expect(
                            next == end + 1, "of the entries up to \(end), \(next) is missing")
                    } while !stop.value
                }
            }
            let written = try trial.runTasks(6) { [log = driven.log] task in
                var written: [(LogIndex, Stamp)] = []
                for step in 0..<60 {
                    let stamp = Stamp(task: task, step: step)
                    let receipt = try await log.submit(stamp.payload(size: 80), term: 1)
                    written.append((receipt.last?.index ?? 0, stamp))
                }
                return written
            }
            stop.value = true
            for reader in readers { try reader.join() }
            let model = Dictionary(written.flatMap { $0 }) { $1 }
            for (index, stamp) in seen.value {
                try trial.expect(
                    model[index] == stamp,
                    "a reader saw \(stamp) at \(index), not \(text(model[index]))")
            }
            try trial.expect(driven.log.reader(), holdsStampsWith: model, "in the end")
        },
        Rule(
            "async.readersRaceWithRemoval", 95,
            contract: "A read beside truncation and compaction is right, or a typed error."
        ) { trial in
            try trial.requireReadersBesideTheWriter()
            var options = AsyncLog.Options()
            options.strategy = .background
            let driven = try trial.drive(trial.freshPath(), options)
            let log = driven.log
            try trial.run {
                var batch = WriteBatch()
                for entry in TestedLog.entries(1...50, size: 200) {
                    batch.append(entry.payload, at: entry.position)
                }
                try await log.write(batch)
            }
            let stop = Shared(false)
            defer { stop.value = true }
            let seed = trial.random.next()
            let readers = (0..<2 as Range<UInt64>).map { number in
                Worker(with: log.reader()) { reader in
                    var random = SeededGenerator(seed: seed &+ number)
                    while !stop.value {
                        let state = reader.state
                        guard let first = state.first, let last = state.last else { continue }
                        let index = LogIndex.random(in: first...last.index, using: &random)
                        do {
                            // The salt of an entry is its term: old and new are both right.
                            let entry = try reader.entry(at: index)
                            let expected = Payloads.make(
                                index, size: 200, salt: entry.position.term - 1)
                            try Worker.expect(
                                entry.index == index && entry.payload == expected,
                                "entry \(index) is neither the old nor the new")
                        } catch let error as LogStoreError {
                            try Worker.expect(
                                error.code == .compacted || error.code == .unavailable,
                                "reading \(index): \(error)")
                        }
                    }
                }
            }
            let rounds = Background {
                var last: LogIndex = 50
                for round in 1...60 as ClosedRange<UInt64> {
                    var batch = WriteBatch()
                    batch.truncate(from: last - 9)
                    last += 10
                    for entry in TestedLog.entries(
                        last - 19...last, term: round + 1, size: 200, salt: round)
                    {
                        batch.append(entry.payload, at: entry.position)
                    }
                    if round % 2 == 0 {
                        try await log.write(batch)
                    } else {
                        // The same in two steps, for readers to see the middle.
                        try await log.truncate(from: last - 19)
                        for index in last - 19...last {
                            _ = try await log.submit(
                                Payloads.make(index, size: 200, salt: round), term: round + 1)
                        }
                    }
                    if round % 4 == 0 {
                        let index = last - 40
                        let term = try log.reader().term(at: index)
                        try await log.compact(through: LogPosition(term: term, index: index))
                    }
                }
            }
            try rounds.join()
            stop.value = true
            for reader in readers { try reader.join() }
            for entry in try log.reader().entries(in: 611...LogIndex.max) {
                let expected = Payloads.make(entry.index, size: 200, salt: entry.position.term - 1)
                try trial.expect(
                    entry.payload == expected, "in the end, entry \(entry.index) is another one")
            }
        },
        Rule(
            "async.longReader", 39, 100,
            contract: "A reader that takes its time neither stops compaction nor sees it."
        ) { trial in
            try trial.requireReadersBesideTheWriter()
            let rotation = try trial.rotationByteCount()
            var options = AsyncLog.Options()
            options.strategy = .manual
            let path = trial.freshPath()
            let driven = try trial.drive(path, options)
            let log = driven.log
            let size = rotation / 4
            @Sendable func append(_ indexes: ClosedRange<LogIndex>) async throws {
                for index in indexes {
                    _ = try await log.submit(Payloads.make(index, size: size), term: 1)
                }
                try await log.sync()
            }
            try trial.run { try await append(1...8) }
            let isReading = Shared(false)
            let release = Shared(false)
            defer { release.value = true }
            let reader = Worker(with: log.reader()) { reader in
                try reader.withEntry(at: 2) { (_, payload) throws(LogStoreError) in
                    isReading.value = true
                    while !release.value { Files.pause(milliseconds: 1) }
                    guard Payloads.equal(payload, Payloads.make(2, size: size)) else {
                        throw LogStoreError(.corrupt, "the bytes changed under a reader")
                    }
                }
            }
            // It has the first entry, and does not ask for the second. No `Task.sleep`: its end takes a
            // thread of the pool.
            let pause = AsyncStream.makeStream(of: Never.self)
            defer { pause.continuation.finish() }
            let followed = Shared<[LogIndex]>([])
            let follower = Background {
                for try await entry in log.entries(from: 1, maxByteCount: 1) {
                    followed.update { $0.append(entry.index) }
                    for await _ in pause.stream {}
                }
            }
            try trial.expectSoon("both are reading") {
                (isReading.value || reader.hasFailed) && followed.value == [1]
            }
            try trial.run { try await append(9...80) }
            let before = Files.allocatedByteCount(below: path)
            try trial.run {
                for index in [20, 40, 76] as [LogIndex] {
                    try await log.compact(through: LogPosition(term: 1, index: index))
                    try await log.sync()
                }
            }
            try trial.expect(
                log.state.first == 77, "beside a reader, first is \(text(log.state.first)), not 77")
            if let granularity = try trial.capabilities().reclaimGranularityByteCount,
                try trial.capabilities().isStoredInFiles
            {
                // A part is enough: stores may take their time over the rest.
                try trial.expectSoon("space that was compacted beside a reader becomes free") {
                    Files.allocatedByteCount(below: path) <= before - 4 * granularity
                }
            }
            release.value = true
            pause.continuation.finish()
            try reader.join()
            try trial.expectSoon("the follower goes on") { follower.hasEnded }
            try trial.expectError(.compacted, "a follower whose next entry was compacted") {
                try follower.join()
            }
            try trial.expect(followed.value == [1], "it went on with \(followed.value)")
        },
    ]
}

extension Trial {
    func requireReadersBesideTheWriter() throws {
        try require(
            try capabilities().allowsConcurrentReaders,
            "the store declares that readers may not run beside the writer")
    }
}
