import AsyncWAL
import WALProtocol

extension Rule {
    /// A store driven by an `AsyncLog`: who follows its entries and what is durable.
    static let asyncFollowing: [Rule] = [
        Rule(
            "async.follow", 91, 92,
            contract:
                "Whoever follows a log gets every entry once and in order, beside appends and "
                + "compactions."
        ) { trial in
            try trial.requireReadersBesideTheWriter()
            var options = AsyncLog.Options()
            options.strategy = .background
            let driven = try trial.drive(trial.freshPath(), options)
            let log = driven.log
            let followed = (0..<2).map { _ in Shared<[Entry]>([]) }
            let followers = zip(followed, [1, 120] as [LogIndex]).map { (entries, first) in
                Background {
                    for try await entry in log.entries(from: first, maxByteCount: 1000) {
                        entries.update { $0.append(entry) }
                    }
                }
            }
            let writers = trial.startTasks(4) { task in
                var written: [(LogIndex, Stamp)] = []
                for step in 0..<60 {
                    let stamp = Stamp(task: task, step: step)
                    let receipt = try await log.submit(stamp.payload(), term: 1)
                    written.append((receipt.last?.index ?? 0, stamp))
                    if step % 16 == 0 { try await receipt.durable() }
                }
                return written
            }
            var compacted: LogIndex = 0
            try trial.expectSoon("240 entries are followed") {
                let read = LogIndex(followed[0].value.count)
                if read > compacted + 30, compacted < 90 {
                    compacted += 30
                    let position = LogPosition(term: 1, index: compacted)
                    try? trial.run { try await log.compact(through: position) }
                }
                return read == 240 && followed[1].value.count == 121 && compacted == 90
                    || followers.contains { $0.hasEnded }
            }
            let written = Dictionary(try writers.join().flatMap { $0 }) { $1 }
            try trial.expect(log.state.compacted?.index == 90, "it was not compacted meanwhile")
            try trial.run { try await log.close() }
            // Closing is the end, and no error.
            for follower in followers { try follower.join() }
            for (entries, first) in zip(followed, [1, 120] as [LogIndex]) {
                let entries = entries.value
                try trial.expect(
                    entries.map(\.index) == [LogIndex](first...240),
                    "following from \(first) gives \(entries.map(\.index))")
                for entry in entries {
                    try trial.expect(
                        Stamp(of: entry.payload) == written[entry.index],
                        "\(entry.index) is followed as another entry")
                }
            }
        },
        Rule(
            "async.followOneHistory", 91, 95,
            contract: "Whoever follows a log is told when what he read was truncated or compacted."
        ) { trial in
            try trial.requireReadersBesideTheWriter()
            let driven = try trial.drive(trial.freshPath())
            let log = driven.log
            let count = Shared(0)
            let follower = Background {
                for try await _ in log.entries(from: 1) { count.update { $0 += 1 } }
            }
            try trial.run {
                var batch = WriteBatch()
                for index in 1...10 as ClosedRange<LogIndex> {
                    batch.append([1], at: LogPosition(term: 1, index: index))
                }
                try await log.write(batch)
            }
            try trial.expectSoon("10 entries are followed") { count.value == 10 }
            try trial.run {
                var batch = WriteBatch()
                batch.truncate(from: 6)
                for index in 6...20 as ClosedRange<LogIndex> {
                    batch.append([2], at: LogPosition(term: 2, index: index))
                }
                try await log.write(batch)
            }
            try trial.expectSoon("a follower of what was truncated ends") { follower.hasEnded }
            try trial.expectError(.positionConflict, "a follower of what was truncated") {
                try follower.join()
            }
            try trial.expect(count.value == 10, "it went on in another history")
            try trial.run { try await log.compact(through: LogPosition(term: 1, index: 4)) }
            try trial.expectError(.compacted, from: "following from what was compacted") {
                for try await _ in log.entries(from: 3) {}
            }
        },
        Rule(
            "async.durablePositions", 42, 91,
            contract: "What is told to be durable is, and the last of it is told."
        ) { trial in
            let driven = try trial.drive(trial.freshPath())
            let (log, probe) = (driven.log, driven.probe)
            let last = Shared<LogIndex>(0)
            let watcher = Background {
                for try await position in log.durablePositions {
                    let index = position?.index ?? 0
                    // Read afterwards: it only grows.
                    let durable = probe.claimable
                    guard index <= durable else {
                        throw Failure("\(index) is told to be durable, \(durable) is", at: .here())
                    }
                    let before = last.update { last in
                        defer { last = index }
                        return last
                    }
                    guard index >= before else {
                        throw Failure("durable went back from \(before) to \(index)", at: .here())
                    }
                }
            }
            // What is appended while a sync is under way is not durable at its end.
            probe.holdSyncs()
            defer { probe.releaseSyncs() }
            let first = Background { try await log.append([1], term: 1) }
            try trial.expectSoon("the first sync is held up") { probe.heldCount == 1 }
            let others = trial.startTasks(5) { _ in try await log.append([2], term: 1) }
            try trial.expectSoon("5 more have come") { driven.handedOverCount == 6 }
            probe.releaseOneSync()
            _ = try first.join()
            try trial.expectSoon("the second sync is held up") {
                probe.syncCount == 1 && probe.heldCount == 1
            }
            try trial.expect(
                log.state.durable?.index == 1 && log.statistics.durableWriteCount == 1,
                "1 is durable, and the log says \(text(log.state.durable))")
            probe.releaseSyncs()
            _ = try others.join()
            _ = try trial.runTasks(8) { _ in
                for _ in 0..<25 {
                    let receipt = try await log.submit([1, 2, 3], term: 1)
                    // What a leader counts itself for.
                    let claimed = log.state.durable?.index ?? 0
                    guard claimed <= probe.claimable else {
                        throw Failure("\(claimed) is called durable early", at: .here())
                    }
                    try await receipt.durable()
                    let end = receipt.last?.index ?? 0
                    guard probe.synced >= end, log.state.durable?.index ?? 0 >= end else {
                        throw Failure("\(end) was acknowledged and is not durable", at: .here())
                    }
                }
            }
            try trial.expectSoon("206 is told to be durable") {
                last.value == 206 || watcher.hasEnded
            }
            try trial.run { try await log.close() }
            try watcher.join()
            try trial.expect(last.value == 206, "at the end, \(last.value) is told to be durable")
        },
    ]
}
