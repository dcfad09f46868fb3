import AsyncWAL
import WALProtocol

extension Rule {
    /// A store driven by an `AsyncLog`: what its acknowledgements are worth.
    static let asyncDurability: [Rule] = [
        Rule(
            "async.durable", 41, 46,
            contract: "What was acknowledged to a task survives the death of the process."
        ) { trial in
            for round in 0..<4 {
                let path = trial.freshPath()
                let driven = try trial.drive(path)
                let acknowledged = Shared<[LogIndex: Stamp]>([:])
                let writers = trial.startStampedAppends(driven.log, noting: acknowledged)
                try trial.expectSoon("some writes are durable") {
                    acknowledged.value.count >= 6 + round * 13
                }
                let store = try trial.reopen(path, afterKilling: driven)
                _ = try writers.join()
                try trial.expect(
                    store, holdsStampsWith: acknowledged.value, "after the death of the process")
            }
        },
        Rule(
            "async.powerCut", 41, 42, 46,
            contract: "What was acknowledged to a task survives a power cut at any later moment."
        ) { trial in
            let disk = SimulatedDisk()
            let driven = try trial.drive(on: disk)
            let acknowledged = Shared<[LogIndex: Stamp]>([:])
            let writers = trial.startStampedAppends(driven.log, noting: acknowledged)
            defer { driven.probe.kill() }
            for cut in 0..<24 {
                try trial.expectSoon("more writes are durable") {
                    acknowledged.value.count > cut * 6
                }
                let before = acknowledged.value
                let outcome: PowerCut =
                    cut % 3 == 0 ? .losesEverything : .random(seed: trial.random.next())
                try trial.expect(
                    trial.open(on: disk.afterPowerCut(outcome)), holdsStampsWith: before,
                    "after a power cut (\(outcome))")
            }
            driven.probe.kill()
            _ = try writers.join()
        },
        Rule(
            "async.failedSync", 43, 109,
            contract:
                "When a sync fails, all who wait for it are told, nothing later succeeds, and reads "
                + "go on."
        ) { trial in
            let disk = SimulatedDisk()
            let driven = try trial.drive(on: disk)
            let log = driven.log
            let acknowledged = Shared<[LogIndex: Stamp]>([:])
            try trial.run {
                for step in 0..<10 {
                    let stamp = Stamp(task: 0, step: step)
                    let position = try await log.append(stamp.payload(), term: 1)
                    acknowledged.update { $0[position.index] = stamp }
                }
            }
            driven.probe.holdSyncs()
            defer { driven.probe.releaseSyncs() }
            let waits = trial.startTasks(12) { task -> LogStoreError? in
                do throws(LogStoreError) {
                    _ = try await log.append(Stamp(task: task + 1, step: 0).payload(), term: 1)
                    return nil
                } catch { return error }
            }
            try trial.expectSoon("12 more writes have come") { driven.handedOverCount == 22 }
            try trial.expectSoon("a sync is held up") { driven.probe.heldCount == 1 }
            disk.fault = SimulatedFault(
                at: disk.operationCount, .error(5), isLasting: true, calls: [.sync])
            driven.probe.releaseSyncs()
            try trial.expectSoon("the sync fails") { disk.failedSyncCount > 0 }
            // From here on the disk says that all is well.
            disk.fault = nil
            for error in try waits.join() {
                try trial.expect(
                    error?.code == .poisoned, "who waited for a failed sync is told \(text(error))")
            }
            try trial.expectError(.poisoned, from: "a later append") {
                try await log.append([1], term: 1)
            }
            try trial.expectError(.poisoned, from: "a later vote") {
                try await log.setMetadata([1], for: "vote")
            }
            try trial.expectError(.poisoned, from: "a later sync") { try await log.sync() }
            try trial.expect(
                log.statistics.durableWriteCount == 10, "writes became durable all the same")
            try trial.expect(
                log.reader(), holdsStampsWith: acknowledged.value, "reading after the failure")
            try trial.expectError(.poisoned, from: "closing") { try await log.close() }
            let cut = PowerCut.random(seed: trial.random.next())
            try trial.expect(
                trial.open(on: disk.afterPowerCut(cut)), holdsStampsWith: acknowledged.value,
                "after a failed sync and a power cut (\(cut))")
        },
        Rule(
            "async.strategies", 46, 47,
            contract:
                "Each strategy keeps its promise, and none takes back what another has made durable."
        ) { trial in
            let path = trial.freshPath()
            var acknowledged: [LogIndex: Stamp] = [:]
            for (task, strategy) in trial.strategies.enumerated() {
                var options = AsyncLog.Options()
                options.strategy = strategy
                let driven = try trial.drive(path, options)
                let log = driven.log
                try trial.expect(
                    log.reader(), holdsStampsWith: acknowledged, "before a log that is \(strategy)")
                let base = log.state.last?.index ?? 0
                try trial.run {
                    for step in 0..<6 {
                        let position = try await log.append(
                            Stamp(task: task, step: step).payload(), term: 1)
                        if strategy == .everyWrite, driven.probe.synced < position.index {
                            throw Failure("\(position) was acknowledged early", at: .here())
                        }
                    }
                }
                switch strategy {
                case .everyWrite: break
                case .manual:
                    try trial.expect(
                        driven.probe.syncCount == 0 && log.statistics.durableWriteCount == 0,
                        "a log that is to be synced by hand has synced")
                    try trial.run { try await log.sync() }
                case .background, .interval:
                    // Nobody asks for it.
                    try trial.expectSoon("what is \(strategy) becomes durable") {
                        log.statistics.durableWriteCount == 6
                    }
                }
                try trial.expect(
                    driven.probe.synced == base + 6,
                    "it says that entries are durable which are not"
                )
                for step in 0..<6 {
                    acknowledged[base + LogIndex(step) + 1] = Stamp(task: task, step: step)
                }
                // Not acknowledged as durable, and no harm to what is.
                try trial.run {
                    _ = try await log.submit(Stamp(task: task, step: 6).payload(), term: 1)
                }
                var store: (any LogStore)? = try trial.reopen(path, afterKilling: driven)
                if let store {
                    try trial.expect(
                        store, holdsStampsWith: acknowledged, "after a log that is \(strategy)")
                    if let last = store.state.last, last.index > base + 6 {
                        acknowledged[last.index] = Stamp(task: task, step: 6)
                    }
                }
                store = nil
            }
        },
        Rule(
            "async.interval", 47, 118,
            contract:
                "What an idle log is given becomes durable after the interval, by a clock that nobody sets."
        ) { trial in
            let interval = Duration.milliseconds(20)
            var options = AsyncLog.Options()
            options.strategy = .interval(interval)
            let path = trial.freshPath()
            let driven = try trial.drive(path, options)
            let log = driven.log
            var accepted: [LogIndex: Stamp] = [:]
            for index in 1...5 as ClosedRange<LogIndex> {
                // Long enough for whoever syncs to go to sleep.
                Files.pause(milliseconds: 5)
                let stamp = Stamp(task: 0, step: Int(index) - 1)
                let began = ContinuousClock.now
                try trial.run { _ = try await log.submit(stamp.payload(), term: 1) }
                accepted[index] = stamp
                try trial.expectSoon("write \(index) becomes durable by itself") {
                    log.state.durable?.index == index
                }
                let time = ContinuousClock.now - began
                try trial.expect(
                    time >= interval, "write \(index) was durable after \(time), not \(interval)")
            }
            try trial.expect(
                trial.reopen(path, afterKilling: driven), holdsStampsWith: accepted,
                "after the death of the process")
        },
        Rule(
            "async.syncCoversAll", 44, 47,
            contract: "`sync` makes all that was accepted before it durable, under every strategy."
        ) { trial in
            for strategy in trial.strategies {
                var options = AsyncLog.Options()
                options.strategy = strategy
                let path = trial.freshPath()
                let driven = try trial.drive(path, options)
                let log = driven.log
                let accepted = Shared<[LogIndex: Stamp]>([:])
                _ = try trial.runTasks(4) { task in
                    for step in 0..<8 {
                        let stamp = Stamp(task: task, step: step)
                        let receipt = try await log.submit(stamp.payload(size: 300), term: 1)
                        accepted.update { $0[receipt.last?.index ?? 0] = stamp }
                    }
                }
                let receipt = try trial.run {
                    var batch = WriteBatch()
                    batch.append(
                        Stamp(task: 4, step: 0).payload(), at: LogPosition(term: 1, index: 33))
                    let receipt = try await log.submit(batch)
                    try await log.sync()
                    return receipt
                }
                try trial.expect(
                    receipt.isDurable, "\(strategy): a write before the sync is not called durable")
                accepted.update { $0[33] = Stamp(task: 4, step: 0) }
                try trial.expect(
                    trial.reopen(path, afterKilling: driven), holdsStampsWith: accepted.value,
                    "\(strategy): after a sync and the death of the process")
            }
        },
        Rule(
            "async.metadata", 47, 122, 128,
            contract:
                "Term and vote are durable on return under every strategy, and with them all before."
        ) { trial in
            for strategy in trial.strategies {
                var options = AsyncLog.Options()
                options.strategy = strategy
                let path = trial.freshPath()
                let driven = try trial.drive(path, options)
                let log = driven.log
                let vote = HardState(currentTerm: 7, votedFor: [1, 2])
                try trial.run {
                    _ = try await log.submit(Stamp(task: 0, step: 0).payload(), term: 1)
                    try await log.setMetadata([9], for: "gone")
                    _ = try await log.submit(Stamp(task: 0, step: 1).payload(), term: 1)
                    try await log.setHardState(vote)
                    try await log.removeMetadata(for: "gone")
                }
                let store = try trial.reopen(path, afterKilling: driven)
                let found = try store.hardState()
                try trial.expect(
                    found == vote, "\(strategy): the vote is \(text(found)), not \(vote)")
                try trial.expect(
                    try store.metadata(for: "gone") == nil, "\(strategy): a removed value is back")
                try trial.expect(
                    store,
                    holdsStampsWith: [1: Stamp(task: 0, step: 0), 2: Stamp(task: 0, step: 1)],
                    "\(strategy): what was accepted before a vote")
            }
        },
    ]
}

extension Trial {
    /// Every strategy, the interval with one that has not passed yet for a while.
    fileprivate var strategies: [FlushStrategy] {
        [.everyWrite, .manual, .background, .interval(.milliseconds(3))]
    }

    /// Starts tasks that append until the log refuses, and note what is acknowledged to them.
    fileprivate func startStampedAppends(
        _ log: AsyncLog, noting acknowledged: Shared<[LogIndex: Stamp]>
    ) -> Background<[Void]> {
        startTasks(8) { task in
            for step in 0..<100 {
                let stamp = Stamp(task: task, step: step)
                do throws(LogStoreError) {
                    let position = try await log.append(stamp.payload(size: 100), term: 1)
                    acknowledged.update { $0[position.index] = stamp }
                } catch {
                    guard error.code == .poisoned || error.code == .closed else { throw error }
                    return
                }
            }
        }
    }
}
