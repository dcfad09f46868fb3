import AsyncWAL
import WALProtocol

extension Rule {
    /// A store driven by an `AsyncLog`: how the writes of many tasks come together.
    static let asyncWriting: [Rule] = [
        Rule(
            "async.order", 43, 96,
            contract: "The writes of many tasks form one order, and each completes exactly once."
        ) { trial in
            let path = trial.freshPath()
            let driven = try trial.drive(path)
            let completions = Shared<[UInt64: Int]>([:])
            let receipts = try trial.runTasks(16) { [log = driven.log] task in
                var receipts: [(number: UInt64, last: LogIndex, stamp: Stamp)] = []
                for step in 0..<12 {
                    let stamp = Stamp(task: task, step: step)
                    let receipt = try await log.submit(stamp.payload(), term: 1)
                    receipt.whenDurable { _ in
                        completions.update { $0[receipt.number, default: 0] += 1 }
                    }
                    receipts.append((receipt.number, receipt.last?.index ?? 0, stamp))
                    if step % 4 == 0 { try await receipt.durable() }
                }
                return receipts
            }
            for own in receipts {
                try trial.expect(
                    zip(own, own.dropFirst()).allSatisfy { $0.number < $1.number },
                    "the writes of a task are not in its order: \(own.map(\.number))")
            }
            let all = receipts.flatMap { $0 }.sorted { $0.number < $1.number }
            try trial.expect(
                all.map(\.number) == [UInt64](1...192) && all.map(\.last) == [LogIndex](1...192),
                "192 writes have the numbers \(all.map(\.number)) and indexes \(all.map(\.last))")
            try trial.expectSoon("192 writes have completed") { completions.value.count == 192 }
            let stamps = Dictionary(uniqueKeysWithValues: all.map { ($0.last, $0.stamp) })
            try trial.expect(driven.log.reader(), holdsStampsWith: stamps, "while it is open")
            // What is refused has no place in the order.
            try trial.expectError(.notContiguous, from: "a gap") { [log = driven.log] in
                try await log.submit(Entry(position: LogPosition(term: 1, index: 999), payload: []))
            }
            let next = try trial.run { [log = driven.log] in
                try await log.submit(Stamp(task: 16, step: 0).payload(), term: 1).number
            }
            try trial.expect(next == 193, "after a refused write comes number \(next), not 193")
            try trial.run { [log = driven.log] in try await log.close() }
            try trial.expect(
                completions.value.values.allSatisfy { $0 == 1 },
                "a write completed more than once")
            try trial.expect(trial.open(path), holdsStampsWith: stamps, "opened again")
        },
        Rule(
            "async.completions", 43,
            contract:
                "Writes complete in the order in which they were accepted, and so do failures."
        ) { trial in
            var options = AsyncLog.Options()
            options.strategy = .manual
            let path = trial.freshPath()
            for isLost in [false, true] {
                let driven = try trial.drive(path, options)
                let receipts = try trial.run { [log = driven.log] in
                    var receipts: [Receipt] = []
                    for _ in 0..<30 { receipts.append(try await log.submit([1], term: 1)) }
                    return receipts
                }
                let completed = Shared<[UInt64]>([])
                let succeeded = Shared(0)
                for receipt in receipts.shuffled(using: &trial.random) {
                    receipt.whenDurable { result in
                        if case .success = result { succeeded.update { $0 += 1 } }
                        completed.update { $0.append(receipt.number) }
                    }
                }
                try trial.expect(
                    completed.value.isEmpty, "writes completed before they were synced")
                if isLost { driven.probe.kill() }
                try trial.run { [log = driven.log] in
                    if isLost { try? await log.sync() } else { try await log.sync() }
                }
                try trial.expectSoon("30 writes have completed") { completed.value.count == 30 }
                try trial.expect(
                    completed.value == receipts.map(\.number),
                    "writes completed in this order: \(completed.value)")
                try trial.expect(
                    succeeded.value == (isLost ? 0 : 30), "\(succeeded.value) writes succeeded")
                let last = try trial.reopen(path, afterKilling: driven).state.last?.index ?? 0
                try trial.expect(
                    (30...60).contains(last), "30 writes were durable, and \(last) are left")
                try trial.expect(
                    completed.value.count == 30, "closing completed a write another time")
            }
        },
        Rule(
            "async.group", 96, level: .should,
            contract: "All who come while a sync is under way share the next one."
        ) { trial in
            let driven = try trial.drive(trial.freshPath())
            try trial.appendBehindOneSync(driven, tasks: 64)
            let count = driven.probe.syncCount
            try trial.expect(count <= 4, "65 durable writes took \(count) syncs")
            let state = driven.log.state
            try trial.expect(
                state.last?.index == 65 && driven.log.statistics.durableWriteCount == 65,
                "of 65 writes, \(driven.log.statistics.durableWriteCount) are durable, and last is "
                    + text(state.last))
        },
        Rule(
            "async.groupOnDisk", 96, level: .should,
            contract: "What shares a sync of the store shares the syncs of its files."
        ) { trial in
            let disk = SimulatedDisk()
            let driven = try trial.drive(on: disk)
            let before = disk.calls.count { $0.name == .sync }
            try trial.appendBehindOneSync(driven, tasks: 64)
            let count = disk.calls.count { $0.name == .sync } - before
            try trial.expect(count <= 20, "65 durable writes took \(count) syncs of files")
        },
        Rule(
            "async.cancel", 97,
            contract:
                "Cancelling a task ends its wait at once, and changes nothing about its write."
        ) { trial in
            var options = AsyncLog.Options()
            options.strategy = .manual
            let path = trial.freshPath()
            let driven = try trial.drive(path, options)
            let log = driven.log
            let receipts = Shared<[LogIndex: Stamp]>([:])
            let waits = (0..<20).map { task in
                Background {
                    let stamp = Stamp(task: task, step: 0)
                    let receipt = try await log.submit(stamp.payload(), term: 1)
                    receipts.update { $0[receipt.last?.index ?? 0] = stamp }
                    try await receipt.durable()
                }
            }
            // Nothing is ever synced unless somebody says so.
            try trial.expectSoon("20 tasks wait") { log.statistics.waiterCount == 20 }
            for wait in waits[..<10] { wait.cancel() }
            for wait in waits[..<10] {
                try trial.expectSoon("the cancelled task ends") { wait.hasEnded }
                try trial.expectError(.cancelled, "a cancelled wait") { try wait.join() }
            }
            try trial.expect(
                waits[10...].allSatisfy { !$0.hasEnded } && driven.probe.syncCount == 0,
                "others ended their wait as well")
            try trial.expect(log.reader(), holdsStampsWith: receipts.value, "after cancelling")
            // Cancelled before it begins: all or nothing, and never half.
            let late = Background {
                while !Task.isCancelled { await Task.yield() }
                let stamp = Stamp(task: 20, step: 0)
                let receipt = try await log.submit(stamp.payload(), term: 1)
                receipts.update { $0[receipt.last?.index ?? 0] = stamp }
            }
            late.cancel()
            do { try late.join() } catch let error as LogStoreError {
                try trial.expect(error.code == .cancelled, "a cancelled task gets \(error)")
            }
            try trial.run { try await log.sync() }
            for wait in waits[10...] { try wait.join() }
            let statistics = log.statistics
            try trial.expect(
                statistics.acceptedWriteCount == UInt64(receipts.value.count)
                    && statistics.durableWriteCount == statistics.acceptedWriteCount
                    && statistics.waiterCount == 0 && statistics.pendingByteCount == 0,
                "after a sync this is left: \(statistics)")
            try trial.expect(
                trial.reopen(path, afterKilling: driven), holdsStampsWith: receipts.value,
                "after the death of the process")
        },
        Rule(
            "async.backpressure", 98,
            contract:
                "However slow a sync is, reads go on, and what waits for it is bounded in bytes."
        ) { trial in
            var options = AsyncLog.Options()
            options.maximumPendingByteCount = 8 << 10
            let path = trial.freshPath()
            let driven = try trial.drive(path, options)
            let log = driven.log
            let acknowledged = Shared<[LogIndex: Stamp]>([:])
            @Sendable func append(_ task: Int, size: Int = 1 << 10) async throws {
                let stamp = Stamp(task: task, step: 0)
                let position = try await log.append(stamp.payload(size: size), term: 1)
                acknowledged.update { $0[position.index] = stamp }
            }
            try trial.run { for task in 0..<4 { try await append(task) } }
            driven.probe.holdSyncs()
            defer { driven.probe.releaseSyncs() }
            let writers = trial.startTasks(40) { try await append($0 + 4) }
            try trial.expectSoon("44 writes are handed over") { driven.handedOverCount == 44 }
            try trial.expectSoon("a sync is held up") { driven.probe.heldCount == 1 }
            let statistics = log.statistics
            let accepted = statistics.acceptedWriteCount
            try trial.expect(
                statistics.pendingByteCount <= 8 << 10 && accepted <= 12,
                "\(statistics.pendingByteCount) bytes are pending, of 8192")
            try trial.expect(
                driven.isSplit ? accepted == 12 : accepted >= 5,
                "\(accepted) writes were accepted beside a sync, and there was room for 12")
            // On this thread, beside the sync that goes on.
            try trial.expect(
                log.reader(), holdsStampsWith: acknowledged.value, "while a sync is held up")
            try trial.expect(
                log.state.last?.index == accepted && acknowledged.value.count == 4,
                "\(accepted) are accepted, last is \(text(log.state.last))")
            driven.probe.releaseSyncs()
            while !writers.hasEnded {
                let count = log.statistics.pendingByteCount
                try trial.expect(count <= 8 << 10, "\(count) bytes are pending, of 8192")
                Files.pause(milliseconds: 1)
            }
            _ = try writers.join()
            // One write is always admitted.
            try trial.run { try await append(44, size: 20 << 10) }
            try trial.expect(
                trial.reopen(path, afterKilling: driven), holdsStampsWith: acknowledged.value,
                "after the death of the process")
        },
    ]
}

extension Trial {
    /// Makes one write durable, whose sync is held up until as many tasks as there are have
    /// handed over one more each; waits for all of them.
    fileprivate func appendBehindOneSync(_ driven: DrivenLog, tasks count: Int) throws {
        let log = driven.log
        driven.probe.holdSyncs()
        defer { driven.probe.releaseSyncs() }
        let first = Background { try await log.append([0], term: 1) }
        try expectSoon("the first sync has begun") { driven.probe.heldCount == 1 }
        let others = startTasks(count) { _ in
            try await log.append([UInt8](repeating: 7, count: 40), term: 1)
        }
        try expectSoon("\(count) more have come") {
            driven.handedOverCount == UInt64(count) + 1
        }
        driven.probe.releaseSyncs()
        _ = try first.join()
        _ = try others.join()
    }
}
