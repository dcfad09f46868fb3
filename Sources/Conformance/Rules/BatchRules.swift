import WALProtocol

extension Rule {
    /// Several changes as one.
    static let batches: [Rule] = [
        Rule(
            "batch.order", 49,
            contract:
                "The parts of a batch apply in the documented order, however they were put in."
        ) { trial in
            let log = try trial.log()
            try log.append(1...10)
            try log.write(
                Change(
                    truncatesFrom: 6,
                    entries: TestedLog.entries(6...12, term: 2, salt: 1),
                    compactsThrough: LogPosition(term: 2, index: 7),
                    metadata: [("a", [1]), ("b", [2]), ("a", [3])]))
            try log.check("after truncating, appending and compacting in one batch")
            try trial.expect(log.store().metadata(for: "a") == [3], "the last change did not win")
            try log.write(
                Change(
                    reset: WriteBatch.Reset(to: LogPosition(term: 4, index: 100)),
                    entries: TestedLog.entries(101...104, term: 5),
                    compactsThrough: LogPosition(term: 5, index: 102),
                    metadata: [("b", nil), ("c", [])]))
            try log.check("after resetting, appending and compacting in one batch")
            try log.write(
                Change(
                    entries: TestedLog.entries(105...108, term: 6),
                    compactsThrough: LogPosition(term: 9, index: 200)))
            try log.check("after appending and compacting beyond it in one batch")
            // The segment store once took 201 for the next entry of the block that held 108.
            try log.append(201...203, term: 9)
            try log.check("after appending behind that")
            try log.reopen()
            try log.check("after opening again")
        },
        Rule(
            "batch.refusedWhole", 9, 17,
            contract:
                "If any part of a batch is refused, none of it happens, and it can be retried."
        ) { trial in
            let log = try trial.log()
            try log.append(1...10, term: 2)
            try log.compact(through: 3, term: 2)
            try log.setMetadata([1], for: "key")
            let valid = Change(
                truncatesFrom: 9, entries: TestedLog.entries(9...11, term: 3, salt: 1),
                metadata: [("key", [9]), ("other", [9])])
            let spoilers: [(String, LogStoreError.Code, (inout Change) -> Void)] = [
                ("a gap", .notContiguous, { $0.entries.append(Self.entry(13, 3)) }),
                ("a lower term", .termRegression, { $0.entries.append(Self.entry(12, 2)) }),
                ("a truncation of what is compacted", .compacted, { $0.truncatesFrom = 3 }),
                (
                    "a compaction with a wrong term", .positionConflict,
                    { $0.compactsThrough = LogPosition(term: 7, index: 9) }
                ),
                (
                    "a value that is too long", .metadataTooLarge,
                    {
                        $0.metadata.append(
                            ("large", [UInt8](repeating: 0, count: 64 << 20)))
                    }
                ),
                ("a key without a name", .invalidArgument, { $0.metadata.append(("", [1])) }),
            ]
            for (what, code, spoil) in spoilers {
                var change = valid
                spoil(&change)
                let batch = change.batch
                try log.refuses(code, "a batch with \(what)") { try $0.write(batch) }
            }
            try log.write(valid)
            try log.check("after the batch without them")
            try log.reopen()
            try log.check("after opening again")
        },
        Rule(
            "batch.reuse", 2,
            contract: "A batch can be emptied and used again; nothing of its first life remains."
        ) { trial in
            let log = try trial.log()
            var batch = WriteBatch()
            for round in 0..<5 as Range<UInt64> {
                batch.removeAll()
                let entries = TestedLog.entries((round * 10 + 1)...(round * 10 + 10), size: 60)
                for entry in entries { batch.append(entry.payload, at: entry.position) }
                if round == 0 { batch.setMetadata([1], for: "first") }
                try log.store().write(batch)
                if round == 0 { try log.store().removeMetadata(for: "first") }
            }
            let store = try log.store()
            let expected = TestedLog.entries(1...50, size: 60)
            try trial.expect(
                store.entries(in: 1...50) == expected, "the entries are not those put in")
            try trial.expect(
                store.metadataKeys().isEmpty, "metadata of an earlier life was written again")
        },
        Rule(
            "batch.unsyncedIsWholeOrNot", 49,
            contract: "A batch that a crash interrupts is there whole afterwards, or not at all."
        ) { trial in
            try trial.require(
                try trial.capabilities().batchAtomicity == .atomic, "the store declares prefixes")
            let log = try trial.log()
            for round in 0..<12 as Range<UInt64> {
                let next = log.model.next ?? 1
                try log.append(next...next, term: round + 1)
                if round % 3 == 0 { try log.sync() }
                try log.write(
                    Change(
                        truncatesFrom: next,
                        entries: TestedLog.entries(next...(next + 3), term: round + 1, salt: 1),
                        compactsThrough: LogPosition(term: round + 1, index: next),
                        metadata: [("round", [UInt8(round)])]))
                if round % 4 == 0 { try log.store().flush() }
                try log.crash("after crash \(round)")
            }
        },
    ]
}
