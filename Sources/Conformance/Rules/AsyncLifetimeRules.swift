import AsyncWAL
import WALProtocol

extension Rule {
    /// A store driven by an `AsyncLog`: how it ends, and what it leaves behind.
    static let asyncLifetime: [Rule] = [
        Rule(
            "async.close", 43, 48,
            contract: "Closing makes durable what was accepted, and is the end of everything else."
        ) { trial in
            let path = trial.freshPath()
            let driven = try trial.drive(path)
            let log = driven.log
            let accepted = Shared<[LogIndex: Stamp]>([:])
            driven.probe.holdSyncs()
            defer { driven.probe.releaseSyncs() }
            let writers = trial.startTasks(6) { task in
                for step in 0..<200 {
                    let stamp = Stamp(task: task, step: step)
                    do throws(LogStoreError) {
                        let receipt = try await log.submit(stamp.payload(), term: 1)
                        accepted.update { $0[receipt.last?.index ?? 0] = stamp }
                        try await receipt.durable()
                    } catch {
                        guard error.code == .closed else { throw error }
                        return
                    }
                }
            }
            try trial.expectSoon("writes have come") { driven.handedOverCount >= 6 }
            try trial.expectSoon("a sync is held up") { driven.probe.heldCount == 1 }
            let closers = trial.startTasks(3) { _ in try await log.close() }
            driven.probe.releaseSyncs()
            _ = try closers.join()
            _ = try writers.join()
            let statistics = log.statistics
            try trial.expect(
                statistics.durableWriteCount == statistics.acceptedWriteCount
                    && statistics.acceptedWriteCount == UInt64(accepted.value.count),
                "of \(statistics.acceptedWriteCount) accepted writes, "
                    + "\(statistics.durableWriteCount) are durable")
            try trial.expect(trial.open(path), holdsStampsWith: accepted.value, "opened again")
            let uses: [(String, @Sendable () async throws -> Void)] = [
                ("an append", { _ = try await log.append([1], term: 9) }),
                ("a submission", { _ = try await log.submit([1], term: 9) }),
                ("a truncation", { try await log.truncate(from: 1) }),
                ("a vote", { try await log.setMetadata([1], for: "vote") }),
                ("a sync", { try await log.sync() }),
            ]
            for (what, use) in uses {
                try trial.expectError(.closed, from: "\(what) after closing", task: use)
            }
            try trial.run {
                try await log.close()
                // Both end.
                for try await _ in log.durablePositions {}
                for try await _ in log.entries(from: 1_000_000) {}
            }
            do {
                let entry = try log.reader().entry(at: 1)
                try trial.expect(
                    Stamp(of: entry.payload) == accepted.value[1], "a reader finds another entry")
            } catch let error as LogStoreError {
                try trial.expect(error.code == .closed, "a reader says \(error)")
            }
            try trial.expect(
                trial.open(path), holdsStampsWith: accepted.value, "after use beyond the end")
        },
        Rule(
            "async.drop", 48,
            contract:
                "Dropping a log loses nothing that was accepted, and the store can be opened at once."
        ) { trial in
            let path = trial.freshPath()
            let opening = trial.suite.opening
            let strategies: [FlushStrategy] = [.everyWrite, .manual, .interval(.seconds(3600))]
            for round in 0..<9 {
                var options = AsyncLog.Options()
                options.strategy = strategies[round % 3]
                let last = try trial.run { [options] in
                    try await Self.useAndDrop(opening(path), options) { log in
                        for step in 0..<5 {
                            _ = try await log.submit(
                                Stamp(task: round, step: step).payload(), term: 1)
                        }
                    }
                    return try opening(path).state.last?.index
                }
                try trial.expect(
                    last == LogIndex(round + 1) * 5,
                    "of \((round + 1) * 5) entries the log has \(text(last)) after it was dropped")
            }
            try trial.expect(
                trial.open(path), holdsStampsWith: [45: Stamp(task: 8, step: 4)], "in the end")
        },
        Rule(
            "async.openClose", 119,
            contract:
                "Opening and closing for ever leaks no thread, no open file and no store."
        ) { trial in
            let opening = trial.suite.opening
            let path = trial.freshPath()
            let probe = Probe()
            let threads = Files.names(in: "/proc/self/task").count
            let descriptors = Files.openDescriptorCount(below: trial.scratch.path)
            let rounds = 120
            try trial.run {
                for round in 0..<rounds {
                    try await Self.useAndDrop(probe.wrap(opening(path)), .init()) { log in
                        let receipt = try await log.submit([1], term: 1)
                        // Has a thread of its own.
                        for try await _ in log.entries(from: 1) { break }
                        if round % 2 == 0 { try await receipt.durable() }
                        if round % 3 == 0 { try await log.close() }
                    }
                }
            }
            try trial.expectSoon("\(rounds) stores were let go") { probe.storeCount == 0 }
            // Other threads come and go meanwhile.
            try trial.expectSoon("the threads of \(rounds) logs have ended") {
                Files.names(in: "/proc/self/task").count < threads + rounds / 2
            }
            try trial.expectSoon("the files of \(rounds) stores are closed") {
                Files.openDescriptorCount(below: trial.scratch.path) == descriptors
            }
            let last = try trial.open(path).state.last
            try trial.expect(
                last?.index == LogIndex(rounds), "after \(rounds) rounds last is \(text(last))")
        },
    ]

    /// Drives a store, and lets it go before it returns.
    private static func useAndDrop(
        _ store: sending any LogStore, _ options: AsyncLog.Options,
        _ body: (AsyncLog) async throws -> Void
    ) async throws {
        try await body(try AsyncLog(store, options: options))
    }
}
