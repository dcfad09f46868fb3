import WALProtocol

extension Rule {
    /// Dropping a prefix.
    static let compacting: [Rule] = [
        Rule(
            "compact.everyIndex", 31,
            contract: "Compaction drops its index and all before it, and leaves the rest as it was."
        ) { trial in
            let rotation = try trial.rotationByteCount()
            let log = try trial.log()
            try log.append(1...36, size: max(16, rotation / 12))
            try log.sync()
            for index in 1...36 as ClosedRange<LogIndex> {
                try log.compact(through: index)
                try log.check("after compacting through \(index)")
                if index % 5 == 0 {
                    try log.reopen()
                    try log.check("after compacting through \(index) and opening again")
                }
            }
        },
        Rule(
            "compact.toTheEnd", 32,
            contract: "A log compacted to its end is empty and remembers the position exactly."
        ) { trial in
            for when in ["opening again", "a crash"] {
                let log = try trial.log()
                try log.append(1...9, term: 3)
                try log.append(10...10, term: 7)
                try log.compact(through: 10, term: 7)
                try log.check("after compacting to the end")
                try log.sync()
                if when == "a crash" { try log.crash("after a crash") } else { try log.reopen() }
                try log.check("after compacting to the end and \(when)")
                let state = try log.store().state
                let position = LogPosition(term: 7, index: 10)
                try trial.expect(
                    state.last == position && state.compacted == position && state.isEmpty,
                    "after \(when) the state is \(state)")
            }
        },
        Rule(
            "compact.thenAppend", 33,
            contract: "After compaction to the end, the log goes on with the next index only."
        ) { trial in
            let log = try trial.log()
            try log.append(1...10)
            try log.compact(through: 10)
            for _ in 0..<2 {
                try log.refuses(.compacted, "appending 1") {
                    try $0.append([1], at: LogPosition(term: 1, index: 1))
                }
                try log.refuses(.notContiguous, "appending 12") {
                    try $0.append([1], at: LogPosition(term: 1, index: 12))
                }
                try log.reopen()
            }
            try log.append(11...15, term: 2)
            try log.check("after appending what is next")
            try log.reopen()
            try log.check("after opening again")
        },
        Rule(
            "compact.beyondTheEnd", 34,
            contract: "A snapshot ahead of the log drops all of it; the log goes on behind it."
        ) { trial in
            let log = try trial.log()
            try log.append(1...10)
            try log.compact(through: 50, term: 4)
            try log.check("after compacting through 50")
            try log.refuses(.notContiguous, "appending 11") {
                try $0.append([1], at: LogPosition(term: 4, index: 52))
            }
            try log.refuses(.compacted, "appending 11") {
                try $0.append([1], at: LogPosition(term: 4, index: 11))
            }
            try log.sync()
            try log.crash("after a crash")
            try log.append(51...55, term: 4)
            try log.reopen()
            try log.check("after appending 51...55 and opening again")
            try log.compact(through: 1 << 40, term: 9)
            try log.reopen()
            try log.check("after compacting far ahead and opening again")
        },
        Rule(
            "compact.neverGoesBack", 35,
            contract:
                "Compaction at or below the compacted position does nothing, whatever its term."
        ) { trial in
            let log = try trial.log()
            try log.append(1...10, term: 2)
            try log.compact(through: 6, term: 2)
            for (index, term) in [(6, 2), (5, 2), (1, 2), (6, 1), (6, 9), (3, 9), (0, 0)]
                as [(LogIndex, Term)]
            {
                try log.compact(through: index, term: term)
                try log.check("after compacting through \(term).\(index) again")
            }
            try log.reopen()
            try log.check("after opening again")
            try trial.expect(
                log.store().state.compacted == LogPosition(term: 2, index: 6),
                "compacted became \(text(log.store().state.compacted))")
        },
        Rule(
            "compact.belowFirst", 35,
            contract:
                "Below a first index other than 1, only the position right before it is taken."
        ) { trial in
            let log = try trial.log()
            try log.append(10...15, term: 3)
            try log.compact(through: 5, term: 1)
            try log.check("after compacting through 5, below 10")
            try trial.expect(log.store().state.compacted == nil, "a hole was declared")
            try log.compact(through: 9, term: 2)
            try log.check("after compacting through 9")
            try trial.expect(
                log.store().state.compacted == LogPosition(term: 2, index: 9),
                "the position right before the first entry was not recorded")
            try trial.expect(log.store().term(at: 9) == 2, "its term is not known")
            try log.reopen()
            try log.check("after opening again")
        },
        Rule(
            "compact.conflictRefused", 36,
            contract:
                "A position whose term contradicts the log is refused, and nothing is dropped."
        ) { trial in
            let log = try trial.log()
            try log.append(1...5, term: 1)
            try log.append(6...10, term: 3)
            for (index, term) in [(3, 2), (6, 1), (10, 2), (10, 4), (1, 0)] as [(LogIndex, Term)] {
                try log.refuses(.positionConflict, "compacting through \(term).\(index)") {
                    try $0.compact(through: LogPosition(term: term, index: index))
                }
            }
            try log.compact(through: 6, term: 3)
            try log.reopen()
            try log.check("after compacting through the right position and opening again")
        },
        Rule(
            "compact.positionStays", 37,
            contract: "Nothing but compaction and reset changes the compacted position."
        ) { trial in
            let rotation = try trial.rotationByteCount()
            let log = try trial.log()
            try log.append(1...10)
            try log.compact(through: 4)
            let position = LogPosition(term: 1, index: 4)
            let changes: [(String, () throws -> Void)] = [
                ("truncating", { try log.truncate(from: 8) }),
                ("appending", { try log.append(8...12, term: 2) }),
                ("writing metadata", { try log.setMetadata([1], for: "key") }),
                ("many files", { try log.append(13...60, term: 2, size: rotation / 8) }),
                ("truncating all", { try log.truncate(from: 5) }),
                ("syncing", { try log.sync() }),
                ("opening again", { try log.reopen() }),
            ]
            for (what, change) in changes {
                try change()
                try trial.expect(
                    log.store().state.compacted == position,
                    "\(what) changed it to \(text(log.store().state.compacted))")
                try log.check("after \(what)")
            }
        },
        Rule(
            "compact.neverWritten", 38,
            contract:
                "A log that was never written takes a snapshot's position and goes on behind it."
        ) { trial in
            let log = try trial.log()
            try log.compact(through: 100, term: 5)
            try log.check("after compacting a fresh log through 100")
            try log.sync()
            try log.crash("after a crash")
            try log.refuses(.notContiguous, "appending 102") {
                try $0.append([1], at: LogPosition(term: 5, index: 102))
            }
            try log.append(101...103, term: 5)
            try log.reopen()
            try log.check("after appending and opening again")
        },
        Rule(
            "compact.cycles", 38,
            contract: "Appending and compacting for ever keeps positions, contents and space."
        ) { trial in
            let rotation = try trial.rotationByteCount()
            let log = try trial.log()
            var next: LogIndex = 1
            var peak = 0
            for cycle in 0..<60 {
                let count = UInt64(6)
                try log.append(next...(next + count - 1), size: rotation / 4)
                next += count
                try log.compact(through: next - 1 - UInt64(cycle % 3))
                if cycle % 10 == 9 {
                    try log.reopen()
                    try log.check("after \(cycle + 1) cycles")
                }
                if cycle % 7 == 6 { try log.sync() }
                if cycle == 19 {
                    try log.close()
                    peak = Files.allocatedByteCount(below: log.path)
                }
            }
            try log.close()
            let end = Files.allocatedByteCount(below: log.path)
            try trial.expect(
                end <= 2 * peak + 2 * rotation,
                "20 cycles take \(peak) bytes on disk, 60 take \(end)")
        },
        Rule(
            "compact.reclaimsSpace", 39,
            contract: "Compaction gives the space back, up to the granularity that is declared."
        ) { trial in
            try trial.requireFiles()
            let declared = try trial.capabilities().reclaimGranularityByteCount
            guard let granularity = declared else {
                throw NotChecked("the store declares that space is only reused within it")
            }
            let rotation = try trial.rotationByteCount()
            let log = try trial.log()
            try log.append(1...200, size: rotation / 5)
            try log.sync()
            let before = Files.allocatedByteCount(below: log.path)
            try log.compact(through: 200)
            try log.close()
            let after = Files.allocatedByteCount(below: log.path)
            let allowed = 2 * granularity + 64 << 10
            try trial.expect(
                after <= allowed,
                "of \(before) bytes, \(after) remain after compacting everything; allowed \(allowed)"
            )
            try log.check("after compacting everything")
        },
    ]
}
