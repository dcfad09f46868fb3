internal import WALProtocol

/// The log as damaged files tell it: runs of entries that are there and of entries that are lost.
struct SalvagedLog {
    /// Where entries are that cannot be read.
    struct Loss: Hashable, Sendable {
        /// Where the damage begins that swallowed them; `nil` if there is no such file.
        var byteOffset: UInt64?
    }

    /// Entries behind each other, in one segment, with one fate.
    struct Run {
        var sequence: UInt64
        var first: LogIndex
        var count: UInt64
        /// Where their records stand, or stood; `nil` if the segment's footer has to tell, or
        /// nothing does.
        var offsets: [UInt32]?
        /// Their terms; empty if they are not known.
        var terms: [SegmentIndex.TermRun] = []
        /// Set if they are lost.
        var loss: Loss?

        var end: LogIndex { first + count }

        /// The part of the run in a range, which has to overlap it.
        func clamped(to range: Range<LogIndex>) -> Run {
            let kept = (first..<end).clamped(to: range)
            var run = self
            run.first = kept.lowerBound
            run.count = kept.upperBound - kept.lowerBound
            if let offsets {
                let skip = Int(kept.lowerBound - first)
                run.offsets = Array(offsets.dropFirst(skip).prefix(Int(run.count)))
            }
            run.terms = terms.clamped(to: kept)
            return run
        }
    }

    var compacted: LogPosition?
    var start: LogIndex?
    var last: LogPosition?
    var metadata: [MetadataKey: [UInt8]] = [:]
    /// Ascending, without a gap between them.
    var runs: [Run] = []

    /// The index that the next entry should have; `nil` if it may be any.
    var next: LogIndex? {
        var next = last.map { $0.index + 1 }
        if let end = runs.last?.end { next = max(next ?? 0, end) }
        return next
    }

    /// The term of an entry, lost or not, or of the last or the compacted position.
    func term(at index: LogIndex) -> Term? {
        if let last, last.index == index { return last.term }
        if let compacted, compacted.index == index { return compacted.term }
        let place = runs.partitionPoint { $0.first > index } - 1
        guard place >= 0, index < runs[place].end else { return nil }
        return runs[place].terms.term(at: index)
    }

    // MARK: - Adding

    /// Adds a valid entry behind what is there.
    mutating func append(_ position: LogPosition, sequence: UInt64, offset: Int) {
        if start == nil { start = position.index }
        last = position
        let offset = UInt32(truncatingIfNeeded: offset)
        let place = runs.count - 1
        if place >= 0, runs[place].sequence == sequence, runs[place].loss == nil,
            runs[place].offsets != nil
        {
            runs[place].offsets?.append(offset)
            runs[place].count += 1
            runs[place].terms.note(position)
            return
        }
        runs.append(
            Run(
                sequence: sequence, first: position.index, count: 1, offsets: [offset],
                terms: [.init(first: position.index, term: position.term)]))
    }

    /// Adds lost entries whose places are known.
    mutating func appendLost(offsets: [UInt32], sequence: UInt64) {
        guard let first = next, let offset = offsets.first,
            first < .max - UInt64(offsets.count)
        else { return }
        if start == nil { start = first }
        runs.append(
            Run(
                sequence: sequence, first: first, count: UInt64(offsets.count), offsets: offsets,
                loss: Loss(byteOffset: UInt64(offset))))
    }

    /// Adds entries that are lost, up to an index.
    mutating func appendLost(upTo end: LogIndex, sequence: UInt64, _ loss: Loss) {
        guard let next, next < end else { return }
        if start == nil { start = next }
        runs.append(Run(sequence: sequence, first: next, count: end - next, loss: loss))
    }

    // MARK: - Removing

    mutating func truncate(from index: LogIndex, lastTerm: Term) {
        clamp(to: 0..<index)
        if let start, index > start {
            last = LogPosition(term: lastTerm, index: index - 1)
        } else {
            last = compacted
            start = compacted.map { $0.index &+ 1 }
        }
    }

    mutating func compact(through position: LogPosition) {
        compacted = position
        start = position.index &+ 1
        if last.map({ $0.index <= position.index }) ?? true { last = position }
        clamp(to: (position.index &+ 1)..<LogIndex.max)
    }

    mutating func reset(to position: LogPosition?) {
        compacted = position
        start = position.map { $0.index &+ 1 }
        last = position
        runs = []
    }

    /// Keeps the entries of a range.
    mutating func clamp(to range: Range<LogIndex>) {
        runs = runs.compactMap { run in
            guard run.first < range.upperBound, run.end > range.lowerBound else { return nil }
            if run.first >= range.lowerBound, run.end <= range.upperBound { return run }
            return run.clamped(to: range)
        }
    }

    // MARK: - Doubting

    /// Gives up the entries of a range whose term is not the one given: a truncation that damage
    /// hides may have replaced them.
    ///
    /// An entry of the term that the log goes on with was not replaced: terms never decrease, and
    /// what takes a place has a greater one.
    mutating func doubt(_ range: Range<LogIndex>, exceptOf term: Term, _ loss: Loss) {
        guard !range.isEmpty else { return }
        var result: [Run] = []
        for run in runs {
            guard run.loss == nil, run.first < range.upperBound, run.end > range.lowerBound else {
                result.append(run)
                continue
            }
            for (part, partTerm) in run.split(at: range) {
                var part = part
                if range.contains(part.first), partTerm != term {
                    part.offsets = nil
                    part.terms = []
                    part.loss = loss
                }
                result.append(part)
            }
        }
        runs = result
    }
}

extension SalvagedLog {
    /// The first entry that has a greater term.
    func firstIndex(ofTermAbove term: Term) -> LogIndex? {
        for run in runs {
            if let found = run.terms.first(where: { $0.term > term }) { return found.first }
        }
        return nil
    }
}

extension SalvagedLog.Run {
    /// The run in parts of one term that lie inside a range or outside.
    fileprivate func split(at range: Range<LogIndex>) -> [(SalvagedLog.Run, Term?)] {
        var bounds: Set<LogIndex> = [first, end]
        for bound in [range.lowerBound, range.upperBound] where bound > first && bound < end {
            bounds.insert(bound)
        }
        for run in terms where run.first > first && run.first < end { bounds.insert(run.first) }
        let sorted = bounds.sorted()
        return zip(sorted, sorted.dropFirst()).map { from, to in
            (clamped(to: from..<to), terms.term(at: from))
        }
    }
}

extension [SegmentIndex.TermRun] {
    /// The runs of the entries of a range, the first of which starts with it.
    func clamped(to range: Range<LogIndex>) -> [SegmentIndex.TermRun] {
        guard !range.isEmpty, let term = term(at: range.lowerBound) else { return [] }
        return [.init(first: range.lowerBound, term: term)]
            + filter { $0.first > range.lowerBound && $0.first < range.upperBound }
    }
}
