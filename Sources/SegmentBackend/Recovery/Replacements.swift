internal import WALProtocol

/// Entries of another replica that take the place of lost ones.
struct Replacements {
    /// The entries that were lost.
    private(set) var entries: [LogIndex: Entry] = [:]
    /// Entries that may be those that were lost, or others.
    ///
    /// The term of what was lost is not known, and the other log was not seen to agree with this one
    /// behind it: it may hold what a leader left there that never had a majority. Only a checksum
    /// that has survived can prove such an entry.
    private(set) var unconfirmed: [LogIndex: Entry] = [:]

    /// Takes the entries that are lost, after checking that each can be the one that was.
    ///
    /// - Throws: `positionConflict`.
    init(_ offered: [LogIndex: Entry], for outcome: Salvage.Outcome) throws(LogStoreError) {
        let log = outcome.log
        let indexes = offered.keys.sorted()
        // Logs that have an entry of one index and term are the same up to it (Raft, §5.3).
        let agreement = offered.values.filter { log.term(at: $0.index) == $0.term }.map(\.index)
            .max()
        var floor = log.compacted?.term ?? 0
        /// What the term is not below for certain.
        var knownFloor = floor
        for (place, run) in log.runs.enumerated() {
            guard run.loss != nil else {
                floor = run.terms.last?.term ?? floor
                knownFloor = floor
                continue
            }
            let ceiling = Self.nextTerm(after: place, in: log)
            let first = indexes.partitionPoint { $0 >= run.first }
            let end = indexes.partitionPoint { $0 >= run.end }
            for index in indexes[first..<end] {
                guard let entry = offered[index] else { continue }
                if let term = run.terms.term(at: index), term != entry.term {
                    throw .positionConflict(index: index, expected: term, found: entry.term)
                }
                guard entry.term >= floor, entry.term <= ceiling ?? .max else {
                    throw .positionConflict(
                        index: index, expected: entry.term < floor ? floor : ceiling ?? floor,
                        found: entry.term)
                }
                floor = entry.term
                if run.terms.term(at: index) != nil || knownFloor == ceiling
                    || agreement ?? 0 > index
                {
                    knownFloor = entry.term
                    entries[index] = entry
                } else {
                    unconfirmed[index] = entry
                }
            }
            floor = run.terms.last?.term ?? floor
            knownFloor = max(knownFloor, run.terms.last?.term ?? 0)
        }
        try compare(offered, with: log)
        try takeEnd(offered, outcome, floor: log.last?.term ?? floor)
    }

    /// What is not lost has to be the same on every replica.
    private func compare(
        _ offered: [LogIndex: Entry], with log: SalvagedLog
    ) throws(LogStoreError) {
        for (index, entry) in offered where entries[index] == nil && unconfirmed[index] == nil {
            if let term = log.term(at: index), term != entry.term {
                throw .positionConflict(index: index, expected: term, found: entry.term)
            }
        }
    }

    /// Replacements may go on where the log ends in the unknown.
    private mutating func takeEnd(
        _ offered: [LogIndex: Entry], _ outcome: Salvage.Outcome, floor: Term
    ) throws(LogStoreError) {
        guard var index = outcome.lostFrom else { return }
        var floor = floor
        while let entry = offered[index], index < .max {
            guard entry.term >= floor else {
                throw .positionConflict(index: index, expected: floor, found: entry.term)
            }
            floor = entry.term
            entries[index] = entry
            index += 1
        }
    }

    /// The term of the next entry of which it is known.
    private static func nextTerm(after place: Int, in log: SalvagedLog) -> Term? {
        for run in log.runs[place...].dropFirst() {
            if let first = run.terms.first { return first.term }
        }
        return log.last?.term
    }
}
