import WALProtocol

extension Rule {
    /// What an acknowledgement is worth, as far as it shows without cutting the power.
    static let durability: [Rule] = [
        Rule(
            "sync.coversEverything", 44,
            contract: "A sync covers everything written before it, files finished since included."
        ) { trial in
            let rotation = try trial.rotationByteCount()
            let log = try trial.log()
            for round in 0..<6 as Range<UInt64> {
                let next = log.model.next ?? 1
                try log.append(next...(next + 24), term: round, size: rotation / 8)
                try log.setMetadata([UInt8(round)], for: "round")
                try log.sync()
                let state = try log.store().state
                try trial.expect(
                    state.durable == state.last,
                    "after a sync durable is \(text(state.durable)), last \(text(state.last))")
                try log.crash("after sync \(round) and a crash")
                try log.check("after sync \(round) and a crash")
            }
        },
        Rule(
            "sync.durableIsHonest", 42,
            contract: "`durable` never says more than was synced, and never more than is there."
        ) { trial in
            let log = try trial.log()
            try trial.expect(log.store().state.durable == nil, "a fresh log has a durable entry")
            try log.append(1...10)
            try log.sync()
            try trial.expect(log.store().state.durable?.index == 10, "10 is not durable")
            try log.append(11...15, term: 2)
            let durable = try log.store().state.durable
            try trial.expect((durable?.index ?? 0) <= 15, "durable is \(text(durable))")
            try log.truncate(from: 8)
            try trial.expect(
                (log.store().state.durable?.index ?? 0) <= 7, "what was truncated is called durable"
            )
            try log.sync()
            try log.append(8...9, term: 3)
            try log.sync()
            try trial.expect(
                log.store().state.durable == LogPosition(term: 3, index: 9), "3.9 is not durable")
            try log.check("at the end")
            // Whatever is called durable without a sync has to be there after a crash.
            try log.append(10...30, term: 3, size: 500)
            let claimed = try log.store().state.durable
            try log.crash("after appending without a sync and a crash")
            let found = try log.store().state.last
            try trial.expect(
                (claimed?.index ?? 0) <= (found?.index ?? 0),
                "durable was \(text(claimed)), and after a crash last is \(text(found))")
        },
        Rule(
            "sync.reachesTheDevice", 46,
            contract: "A sync makes the device write: what only the kernel has is lost with it."
        ) { trial in
            try trial.requireFiles()
            try trial.require(
                try trial.capabilities().syncIsDurable, "the store declares that it does not sync")
            let count = trial.suite.deviceWriteCount
            let before = count(trial.scratch.path)
            // Files in memory, and devices that nobody counts for.
            guard let before, Files.writeDurably([1], to: trial.scratch.path + "/control"),
                count(trial.scratch.path) ?? 0 > before
            else { throw NotChecked("nobody counts the writes of the device here") }
            let log = try trial.log()
            try log.append(1...1)
            try log.sync()
            let start = count(trial.scratch.path) ?? 0
            for index in 2...33 as ClosedRange<LogIndex> {
                try log.append(index...index)
                try log.sync()
            }
            let written = (count(trial.scratch.path) ?? 0) - start
            // Others write as well: more says nothing.
            try trial.expect(
                written >= 32, "32 appends were synced, and the device wrote \(written) times")
            try log.check("in the end")
        },
        Rule(
            "flush.survivesTheProcess", 42,
            contract: "What was flushed is there after the death of the process."
        ) { trial in
            let log = try trial.log()
            for round in 0..<8 as Range<UInt64> {
                let next = log.model.next ?? 1
                try log.append(next...(next + 9), term: round, size: 700)
                try log.store().flush()
                let last = log.model.last
                log.abandon()
                try trial.expect(
                    log.store().state.last == last,
                    "flushed \(text(last)), found \(text(log.store().state.last))")
                try log.check("after flush \(round) and a crash")
            }
        },
        Rule(
            "crash.prefixOfHistory", 42,
            contract: "After a crash the log is what was synced and a prefix of what came after."
        ) { trial in
            let log = try trial.log()
            for round in 0..<25 as Range<UInt64> {
                let next = log.model.next ?? 1
                try log.append(next...(next + 2), term: round, size: 400)
                try log.sync()
                try log.setMetadata([UInt8(round)], for: "round")
                try log.append((next + 3)...(next + 5), term: round, size: 400, salt: round)
                if round % 3 == 0 { try log.truncate(from: next + 4) }
                if round % 5 == 0 { try log.compact(through: next, term: round) }
                if round % 7 == 0 { try log.store().flush() }
                try log.crash("after crash \(round)")
            }
        },
        Rule(
            "crash.recoveryIsIdempotent", 83,
            contract: "Opening after a crash and dying before any write finds the same log again."
        ) { trial in
            let log = try trial.log()
            try log.append(1...60, size: 400)
            try log.sync()
            try log.setMetadata([1], for: "key")
            try log.append(61...80, size: 400)
            try log.truncate(from: 75)
            try log.store().flush()
            try log.crash("after a crash")
            for round in 1...6 {
                log.abandon()
                try log.check("after opening it \(round) more times, and dying each time")
            }
            let next = log.model.next ?? 1
            try log.append(next...(next + 5), term: 2)
            try log.reopen()
            try log.check("after appending behind it")
        },
        Rule(
            "close.makesDurable", 48,
            contract: "Closing makes everything durable, and the next opening says it was clean."
        ) { trial in
            let log = try trial.log()
            try log.append(1...100, size: 300)
            try log.setMetadata([1], for: "key")
            try log.close()
            try log.check("after closing and opening again")
            let report = try log.store().recoveryReport
            try trial.expect(
                report.stoppedCleanly && report.tornByteCount == 0,
                "after a clean close recovery reports \(report)")
        },
        Rule(
            "close.thenClosed", 48,
            contract: "Closing twice is no error; every use after it is `closed`."
        ) { trial in
            let path = trial.freshPath()
            let store = try trial.open(path)
            try store.append([1], at: LogPosition(term: 1, index: 1))
            let reader = store.makeReader()
            try store.close()
            try store.close()
            let uses: [(String, () throws -> Void)] = [
                ("append", { try store.append([1], at: LogPosition(term: 1, index: 2)) }),
                ("write", { try store.truncate(from: 1) }),
                ("flush", { try store.flush() }),
                ("sync", { try store.sync() }),
                ("setMetadata", { try store.setMetadata([1], for: "key") }),
                ("entry", { _ = try store.entry(at: 1) }),
                ("entries", { _ = try store.entries(in: 1..<2) }),
                ("term", { _ = try store.term(at: 1) }),
                ("metadata", { _ = try store.metadata(for: "key") }),
                ("metadataKeys", { _ = try store.metadataKeys() }),
                ("a reader's entry", { _ = try reader.entry(at: 1) }),
                ("a reader's entries", { _ = try reader.entries(in: 1..<2) }),
            ]
            for (what, use) in uses {
                try trial.expectError(.closed, "\(what) after closing", body: use)
            }
            try store.close()
            let again = try trial.open(path)
            try trial.expect(
                again.state.last == LogPosition(term: 1, index: 1),
                "a use after closing did something")
        },
        Rule(
            "close.dropLeaksNothing", 48, 119,
            contract: "A store that is dropped without closing leaves no open file and no lock."
        ) { trial in
            try trial.requireFiles()
            guard let before = Files.openDescriptorCount(below: trial.scratch.path) else {
                throw NotChecked("this system does not tell which files are open")
            }
            let path = trial.freshPath()
            for round in 0..<30 as Range<UInt64> {
                let store = try trial.open(path)
                let next = store.state.next ?? 1
                try store.append([1, 2, 3], at: LogPosition(term: 1, index: next))
                if round % 2 == 0 { try store.sync() }
                _ = store.makeReader().state
            }
            // What runs in the background may still be at it, and holds its files meanwhile.
            try trial.expectSoon("no file is open any more") {
                Files.openDescriptorCount(below: trial.scratch.path) == before
            }
        },
        Rule(
            "damage.reported", 28, 71, 72,
            contract: "A flipped bit in any file is reported, or changes no answer."
        ) { trial in
            try trial.requireFiles()
            try trial.require(
                try trial.capabilities().detectsBitRot, "the store declares that it does not notice"
            )
            let log = try trial.log()
            try log.append(1...12, size: 60)
            try log.compact(through: 2)
            try log.setMetadata([7, 7, 7], for: "key")
            try log.close()
            try Self.checkDamage(trial, log.path) { store in
                // A read may be refused; what succeeds has to be right.
                do {
                    try trial.expect(store, holds: log.model, "", at: .here())
                    return nil
                } catch let failure as Failure where failure.message.contains("failed: corrupt") {
                    return nil
                } catch let failure as Failure {
                    return "reading finds this:\(failure.message)"
                }
            }
        },
    ]
}
