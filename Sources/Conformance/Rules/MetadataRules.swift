import WALProtocol

extension Rule {
    /// Term, vote, and other small values that must never be forgotten.
    static let metadata: [Rule] = [
        Rule(
            "metadata.values", 121,
            contract:
                "Values are set, read, listed and removed; an empty value is not a missing one."
        ) { trial in
            let log = try trial.log()
            try log.setMetadata([], for: "empty")
            try log.setMetadata([0], for: "zero")
            try log.setMetadata([UInt8](0...255), for: "all")
            try log.setMetadata([1], for: "gone")
            try log.setMetadata(nil, for: "gone")
            try log.setMetadata(nil, for: "never there")
            try log.setMetadata([2], for: "åäö / \n key")
            // They look alike, and are equal as strings.
            try log.setMetadata([3], for: "caf\u{E9}")
            try log.setMetadata([4], for: "cafe\u{301}")
            try log.check("after setting")
            try trial.expect(log.store().metadata(for: "empty") == [], "an empty value is missing")
            try trial.expect(log.store().metadata(for: "gone") == nil, "a removed value is there")
            try log.reopen()
            try log.check("after opening again")
            try log.setMetadata(nil, for: "all")
            try log.reopen()
            try log.check("after removing one and opening again")
        },
        Rule(
            "metadata.limits", 121,
            contract:
                "Values up to the declared limit are taken, longer ones and long keys refused."
        ) { trial in
            let capabilities = try trial.capabilities()
            let limit = capabilities.maximumMetadataValueByteCount
            try trial.require(limit <= 64 << 20, "the limit is more than this check has memory for")
            let log = try trial.log()
            try log.setMetadata([UInt8](repeating: 5, count: limit), for: "largest")
            let longKey = String(repeating: "k", count: MetadataKey.maximumByteCount)
            try log.setMetadata([1], for: MetadataKey(longKey))
            let error = try log.refuses(.metadataTooLarge, "a value of \(limit + 1) bytes") {
                store in
                try store.setMetadata([UInt8](repeating: 5, count: limit + 1), for: "larger")
            }
            try trial.expect(
                error.context.limit == UInt64(limit), "the error does not name the limit: \(error)")
            try log.refuses(.metadataTooLarge, "a key of 256 bytes") { store in
                try store.setMetadata([1], for: MetadataKey(longKey + "k"))
            }
            try log.refuses(.invalidArgument, "a key without a name") { store in
                try store.setMetadata([1], for: "")
            }
            try log.reopen()
            try log.check("after opening again")
        },
        Rule(
            "metadata.totalLimit", 121,
            contract: "All values together stay within the declared limit; removing makes room."
        ) { trial in
            let capabilities = try trial.capabilities()
            let total = capabilities.maximumMetadataTotalByteCount
            let size = min(capabilities.maximumMetadataValueByteCount, total)
            try trial.require(
                total <= 64 << 20, "the limit is more than this check has memory for")
            let log = try trial.log()
            var count = 0
            while (count + 1) * (size + 8) <= total {
                try log.setMetadata(
                    [UInt8](repeating: 1, count: size), for: MetadataKey("k\(count)"))
                count += 1
            }
            try log.refuses(.metadataTooLarge, "one value more than fits") { store in
                var batch = WriteBatch()
                batch.setMetadata([UInt8](repeating: 1, count: size), for: "more")
                batch.setMetadata([UInt8](repeating: 1, count: size), for: "even more")
                try store.write(batch)
            }
            try log.setMetadata(nil, for: "k0")
            try log.setMetadata([UInt8](repeating: 2, count: size), for: "room")
            try log.reopen()
            try log.check("after making room and opening again")
        },
        Rule(
            "metadata.durableOnReturn", 122,
            contract: "setMetadata and setHardState are durable when they return: a vote is kept."
        ) { trial in
            let log = try trial.log()
            for term in 1...20 as ClosedRange<Term> {
                let vote = HardState(currentTerm: term, votedFor: Array("node \(term % 3)".utf8))
                try log.append(term...term, term: term)
                var change = Change()
                change.metadata = vote.changes
                try log.store().setHardState(vote)
                log.noteSyncedWrite(change)
                try log.crash("after voting in term \(term) and a crash")
                let found = try log.store().hardState()
                try trial.expect(found == vote, "the vote of term \(term) reads \(text(found))")
                let durable = try log.store().state.durable
                try trial.expect(
                    durable?.index == term,
                    "the entry before the vote is not durable: \(text(durable))")
            }
        },
        Rule(
            "metadata.damageReported", 123,
            contract: "A damaged value is reported, never read as missing, older or different."
        ) { trial in
            try trial.requireFiles()
            try trial.require(
                try trial.capabilities().detectsBitRot, "the store declares that it does not notice"
            )
            let log = try trial.log()
            try log.setMetadata([UInt8](repeating: 0xA5, count: 40), for: "vote")
            try log.sync()
            let value = Array("the value that counts, forty bytes long..".utf8)
            try log.setMetadata(value, for: "vote")
            try log.close()
            try Self.checkDamage(trial, log.path) { store in
                let found = try store.metadata(for: "vote")
                return found == value ? nil : "the value reads \(brief(found))"
            }
        },
        Rule(
            "metadata.rawBytes", 124,
            contract:
                "Values come back as raw bytes; what they mean is decoded by others, who throw."
        ) { trial in
            let log = try trial.log()
            try log.setMetadata([1, 2, 3], for: .currentTerm)
            try log.setMetadata([0xff, 0xfe], for: .votedFor)
            try log.reopen()
            try log.check("after opening again")
            try trial.expectError(.corrupt, "hardState() of a term of three bytes") {
                _ = try log.store().hardState()
            }
            try trial.expect(
                log.store().metadata(for: .currentTerm) == [1, 2, 3], "the raw bytes are gone")
        },
        Rule(
            "metadata.overwrite", 125,
            contract: "A value that is overwritten is the old or the new one, never a mixture."
        ) { trial in
            let log = try trial.log()
            let limit = min(try trial.capabilities().maximumMetadataValueByteCount, 60_000)
            for (round, size) in [10, 3, 500, 0, limit, 1, 4096, 17].enumerated() {
                let value = [UInt8](repeating: UInt8(round + 1), count: size)
                try log.setMetadata(value, for: "key")
                try log.check("after writing \(size) bytes")
                if round % 2 == 0 { try log.sync() }
                try log.crash("after writing \(size) bytes and a crash")
            }
            try log.reopen()
            try log.check("after opening again")
        },
        Rule(
            "metadata.firstCreationIsAtomic", 126,
            contract: "A crash anywhere in the very first opening leaves a store that opens."
        ) { trial in
            // No sequence at all: every crash of the opening on an empty disk, and of the recovery.
            var bounds = CrashExploration.Bounds()
            bounds.length = 0
            bounds.outcomeLimit = 64
            bounds.recoveryDepth = 1
            bounds.startsEmptyOnly = true
            try trial.explore(bounds)
        },
        Rule(
            "metadata.severalKeysAtOnce", 127,
            contract: "Term and vote change together: a new term never keeps the old vote."
        ) { trial in
            let log = try trial.log()
            try log.store().setHardState(HardState(currentTerm: 5, votedFor: [1]))
            try log.store().setHardState(HardState(currentTerm: 6, votedFor: nil))
            var found = try log.store().hardState()
            try trial.expect(
                found == HardState(currentTerm: 6), "after a new term the state is \(text(found))")
            try log.close()
            found = try log.store().hardState()
            try trial.expect(
                found == HardState(currentTerm: 6), "after opening again it is \(text(found))")
            // Unsynced, and lost or kept by a crash: both keys or neither.
            for term in 7...20 as ClosedRange<Term> {
                var batch = WriteBatch()
                batch.setHardState(HardState(currentTerm: term, votedFor: [UInt8(term)]))
                try log.store().write(batch)
                let before = try log.store().hardState()
                try trial.expect(
                    before?.votedFor == [UInt8(term)], "the vote is not visible at once")
                log.abandon()
                found = try log.store().hardState()
                let vote = found?.votedFor
                try trial.expect(
                    found?.currentTerm == 6 && vote == nil
                        || vote == found.map { [UInt8($0.currentTerm)] },
                    "after a crash the state is \(text(found))")
            }
        },
        Rule(
            "metadata.failedSetKeepsOld", 130,
            contract: "A value that is refused leaves the old one, in memory and after a crash."
        ) { trial in
            let limit = try trial.capabilities().maximumMetadataValueByteCount
            try trial.require(limit <= 64 << 20, "the limit is more than this check has memory for")
            let log = try trial.log()
            try log.setMetadata([1, 2, 3], for: "key")
            try log.sync()
            let large = [UInt8](repeating: 9, count: limit + 1)
            for round in 0..<3 {
                try log.refuses(.metadataTooLarge, "a value that is too long, round \(round)") {
                    try $0.setMetadata(large, for: "key")
                }
                try log.sync()
                try log.crash("after a refused value and a crash")
                try trial.expect(
                    log.store().metadata(for: "key") == [1, 2, 3], "the old value is gone")
            }
        },
        Rule(
            "metadata.manyWrites", 129,
            contract: "Any number of overwrites takes bounded space, and loses nothing beside it."
        ) { trial in
            let log = try trial.log()
            try log.append(1...5)
            var peak = 0
            var batch = WriteBatch()
            for round in 0..<20 as Range<UInt64> {
                for number in 0..<400 as Range<UInt64> {
                    batch.removeAll()
                    batch.setHardState(
                        HardState(currentTerm: round * 400 + number, votedFor: [UInt8(number % 3)]))
                    try log.store().write(batch)
                }
                try log.store().close()
                log.abandon()
                let space = Files.allocatedByteCount(below: log.path)
                if round == 9 { peak = space }
                try trial.expect(
                    round < 10 || space <= 2 * peak,
                    "4,000 overwrites take \(peak) bytes, \((round + 1) * 400) take \(space)")
                let found = try log.store().hardState()?.currentTerm
                try trial.expect(
                    found == round * 400 + 399, "after opening again the term is \(text(found))")
            }
            let entries = try log.store().entries(in: 1..<6)
            try trial.expect(entries == log.model.entries, "the entries beside it changed")
        },
        Rule(
            "metadata.apartFromEntries", 121,
            contract: "Truncation, compaction and reset leave metadata alone."
        ) { trial in
            let log = try trial.log()
            try log.append(1...30, size: 700)
            try log.setMetadata([1, 2, 3], for: "key")
            try log.truncate(from: 20)
            try log.check("after truncating")
            try log.compact(through: 19)
            try log.check("after compacting")
            try log.reset(to: LogPosition(term: 3, index: 7))
            try log.check("after a reset")
            try log.reset(to: nil)
            try log.check("after a reset to nothing")
            try log.reopen()
            try log.check("after opening again")
            try log.append(1...300, size: 700)
            try log.compact(through: 299)
            try log.reopen()
            try log.check("after many files came and went")
        },
    ]
}

extension HardState {
    /// The changes that ``LogStore/setHardState(_:)`` makes.
    fileprivate var changes: [(key: MetadataKey, value: [UInt8]?)] {
        let term = withUnsafeBytes(of: currentTerm.littleEndian) { [UInt8]($0) }
        return [(.currentTerm, term), (.votedFor, votedFor)]
    }
}
