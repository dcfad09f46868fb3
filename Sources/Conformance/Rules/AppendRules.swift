import WALProtocol

extension Rule {
    /// Which indexes and terms an append may have.
    static let appending: [Rule] = [
        Rule(
            "append.firstIndex", 8,
            contract: "The first append may have any legal index; the log goes on from there."
        ) { trial in
            for start in [1, 2, 1000, 1 << 40, LogIndex.max - 20] as [LogIndex] {
                let log = try trial.log()
                try log.append(start...start)
                try log.appendBatch((start + 1)...(start + 5))
                try log.check("after starting at \(start)")
                try log.reopen()
                try log.check("after starting at \(start) and opening again")
                try log.append((start + 6)...(start + 7))
                try log.check("after starting at \(start) and appending more")
            }
        },
        Rule(
            "append.gapRefused", 9,
            contract: "An append that would leave a hole is refused and leaves no trace."
        ) { trial in
            let log = try trial.log()
            try log.append(1...5)
            for index in [7, 8, 1000, LogIndex.max - 1] as [LogIndex] {
                let error = try log.refuses(.notContiguous, "appending \(index) after 5") {
                    try $0.append([1], at: LogPosition(term: 1, index: index))
                }
                try trial.expect(
                    error.context.expected == 6, "the error does not say that 6 is next: \(error)")
            }
            try log.refuses(.notContiguous, "a batch of 6, 7, 9") { store in
                try store.append(contentsOf: [6, 7, 9].map { Self.entry($0) })
            }
            try log.refuses(.notContiguous, "a batch of 6, 8, 7") { store in
                try store.append(contentsOf: [6, 8, 7].map { Self.entry($0) })
            }
            try log.append(6...8)
            try log.reopen()
            try log.check("after appending what is next")
            // A log that was never written has no next index, but a batch has.
            let fresh = try trial.log()
            try fresh.refuses(.notContiguous, "a batch of 5, 7 into a fresh log") { store in
                try store.append(contentsOf: [5, 7].map { Self.entry($0) })
            }
            try fresh.append(3...4)
            try fresh.check("after starting at 3")
        },
        Rule(
            "append.overwriteRefused", 10,
            contract: "An append never overwrites: truncation has to be asked for."
        ) { trial in
            let log = try trial.log()
            try log.append(1...5)
            for index in 1...5 as ClosedRange<LogIndex> {
                for term in [1, 2] as [Term] {
                    try log.refuses(.notContiguous, "appending \(index) again") {
                        try $0.append([9], at: LogPosition(term: term, index: index))
                    }
                }
            }
            try log.refuses(.notContiguous, "a batch of 6, 6") { store in
                try store.append(contentsOf: [6, 6].map { Self.entry($0) })
            }
            try log.append(6...6)
            try log.reopen()
            try log.check("after opening again")
        },
        Rule(
            "append.compactedRefused", 11,
            contract: "An index that was compacted away cannot be appended again."
        ) { trial in
            let log = try trial.log()
            try log.append(1...10)
            try log.compact(through: 10)
            for index in [1, 9, 10] as [LogIndex] {
                try log.refuses(.compacted, "appending \(index) after compacting 10") {
                    try $0.append([9], at: LogPosition(term: 1, index: index))
                }
            }
            try log.append(11...12)
            try log.refuses(.compacted, "appending 10 before 11...12") {
                try $0.append([9], at: LogPosition(term: 1, index: 10))
            }
            try log.check("at the end")
        },
        Rule(
            "append.lastIndex", 12,
            contract: "UInt64.max is not an index; the one before it is, and is the last."
        ) { trial in
            let log = try trial.log()
            try log.refuses(.indexOutOfRange, "appending UInt64.max first") {
                try $0.append([1], at: LogPosition(term: 1, index: .max))
            }
            try log.append((LogIndex.max - 3)...(LogIndex.max - 3))
            try log.refuses(.indexOutOfRange, "a batch through UInt64.max") {
                try $0.append(
                    contentsOf: ((LogIndex.max - 2)...LogIndex.max).map {
                        Entry(position: LogPosition(term: 1, index: $0), payload: [])
                    })
            }
            try log.appendBatch((LogIndex.max - 2)...(LogIndex.max - 1))
            try log.check("after appending UInt64.max - 1")
            try log.refuses(.indexOutOfRange, "appending UInt64.max next") {
                try $0.append([1], at: LogPosition(term: 1, index: .max))
            }
            try log.refuses(.indexOutOfRange, "compacting through UInt64.max") {
                try $0.compact(through: LogPosition(term: 1, index: .max))
            }
            try log.refuses(.indexOutOfRange, "resetting to UInt64.max") {
                try $0.reset(to: LogPosition(term: 1, index: .max))
            }
            let entries = try log.store().entries(in: (LogIndex.max - 1)...LogIndex.max)
            try trial.expect(entries.count == 1, "the range up to UInt64.max lacks the last entry")
            try log.reopen()
            try log.check("after opening again")
            try log.compact(through: LogIndex.max - 1)
            try log.truncate(from: .max)
            try log.reopen()
            try log.check("after compacting through the last index there is")
        },
        Rule(
            "append.indexZero", 13,
            contract: "Index 0 is an entry like any other, or is refused, as the store declares."
        ) { trial in
            let log = try trial.log()
            guard try trial.capabilities().minimumIndex == 0 else {
                try log.refuses(.indexOutOfRange, "appending 0") {
                    try $0.append([1], at: LogPosition(term: 1, index: 0))
                }
                return
            }
            try log.append(0...3)
            try log.check("after starting at 0")
            try log.reopen()
            try log.compact(through: 0)
            try log.check("after compacting through 0")
            try log.reopen()
            try log.check("after opening again")
            try trial.expect(
                log.store().state.compacted == LogPosition(term: 1, index: 0),
                "compacted through 0 reads \(text(log.store().state.compacted))")
            try log.truncate(from: 1)
            try log.append(1...2, term: 2)
            try log.check("after truncating from 1 and appending")
        },
        Rule(
            "append.termRegressionRefused", 14,
            contract:
                "Terms never decrease along the log, neither across compaction nor in a batch."
        ) { trial in
            try trial.require(
                try trial.capabilities().enforcesTermOrder, "the store takes terms as they come")
            let log = try trial.log()
            try log.append(1...3, term: 5)
            try log.refuses(.termRegression, "appending term 4 after 5") {
                try $0.append([1], at: LogPosition(term: 4, index: 4))
            }
            try log.refuses(.termRegression, "a batch with terms 5, 6, 5") { store in
                try store.append(contentsOf: [(4, 5), (5, 6), (6, 5)].map { Self.entry($0, $1) })
            }
            try log.append(4...4, term: 5)
            try log.append(5...5, term: 7)
            try log.compact(through: 5, term: 7)
            try log.refuses(.termRegression, "appending term 6 after compacting term 7") {
                try $0.append([1], at: LogPosition(term: 6, index: 6))
            }
            try log.reopen()
            try log.refuses(.termRegression, "the same after opening again") {
                try $0.append([1], at: LogPosition(term: 6, index: 6))
            }
            try log.append(6...6, term: 7)
            // A truncation takes the higher term away with the entry that had it.
            try log.append(7...7, term: 9)
            try log.truncate(from: 7)
            try log.append(7...7, term: 8)
            try log.check("at the end")
        },
        Rule(
            "append.anyTerm", 14,
            contract: "Every term is legal, from 0 to UInt64.max."
        ) { trial in
            let log = try trial.log()
            var index: LogIndex = 1
            for term in [0, 0, 1, 255, 1 << 32, Term.max - 1, .max, .max] as [Term] {
                try log.append(index...index, term: term)
                index += 1
            }
            try log.check("after appending terms 0 to UInt64.max")
            try log.reopen()
            try log.check("after opening again")
            try log.compact(through: 8, term: .max)
            try log.append(9...9, term: .max)
            try log.reopen()
            try log.check("after compacting through term UInt64.max")
        },
    ]

    /// A small entry.
    static func entry(_ index: LogIndex, _ term: Term = 1) -> Entry {
        Entry(position: LogPosition(term: term, index: index), payload: [UInt8(index & 0xff)])
    }
}
