internal import WALProtocol

/// The log as the records rebuild it: entries as places in files, everything else in memory.
struct ReplayedLog {
    /// The live entries of one segment.
    struct Span {
        var sequence: UInt64
        /// The end of the segment's records that count.
        var end: UInt64
        var first: LogIndex
        var count: UInt64
        /// Where the entries stand; `nil` if the segment's footer has to tell.
        var offsets: [UInt32]?
        var runs: [SegmentIndex.TermRun] = []
        /// Where the segment's footer stands that recovery found or wrote.
        var indexOffset: UInt64?

        var endIndex: LogIndex { first + count }
    }

    var compacted: LogPosition?
    var start: LogIndex?
    var last: LogPosition?
    var metadata: [MetadataKey: [UInt8]] = [:]
    var spans: [Span] = []

    init() {}

    /// Starts from a checkpoint.
    init(_ checkpoint: Checkpoint) {
        compacted = checkpoint.compacted
        last = checkpoint.last
        start = checkpoint.first ?? checkpoint.compacted.map { $0.index + 1 }
        metadata = checkpoint.metadata
        spans = checkpoint.segments.map {
            Span(sequence: $0.sequence, end: $0.end, first: $0.first, count: $0.count)
        }
    }

    /// Whether a checkpoint says the same of positions.
    func agrees(with checkpoint: Checkpoint) -> Bool {
        compacted == checkpoint.compacted && last == checkpoint.last
    }

    var entryCount: UInt64 {
        guard let start, let last, last.index >= start else { return 0 }
        return last.index - start + 1
    }

    /// Whether the spans are the entries between the log's ends, without a gap.
    var isWhole: Bool {
        guard let start, let last, start <= last.index else { return spans.isEmpty }
        var next = start
        for span in spans {
            guard span.first == next, span.count > 0,
                !span.first.addingReportingOverflow(span.count).overflow
            else { return false }
            next = span.endIndex
        }
        return last.index < .max && next == last.index + 1
    }

    /// Adds entries of one term with consecutive indexes; `false` if they are not the next ones.
    mutating func append(
        from position: LogPosition, at offsets: ArraySlice<UInt32>, sequence: UInt64
    ) -> Bool {
        if let last, position.index != last.index &+ 1 || position.term < last.term { return false }
        let (end, overflow) = position.index.addingReportingOverflow(LogIndex(offsets.count))
        guard !offsets.isEmpty, !overflow else { return false }
        if start == nil { start = position.index }
        if spans.last?.sequence != sequence {
            spans.append(
                Span(
                    sequence: sequence, end: 0, first: position.index, count: 0, offsets: []))
        }
        let place = spans.count - 1
        spans[place].offsets?.append(contentsOf: offsets)
        spans[place].count += UInt64(offsets.count)
        spans[place].runs.note(position)
        last = LogPosition(term: position.term, index: end - 1)
        return true
    }

    /// Forgets the entries from an index on; `false` if there is no such entry.
    mutating func truncate(from index: LogIndex, lastTerm: Term) -> Bool {
        guard let start, let last, start <= index, index <= last.index else { return false }
        while let span = spans.last, span.first >= index { spans.removeLast() }
        if let span = spans.last, span.endIndex > index {
            let place = spans.count - 1
            let count = index - span.first
            spans[place].count = count
            spans[place].runs.truncate(from: index)
            if let offsets = spans[place].offsets {
                spans[place].offsets = Array(offsets.prefix(Int(count)))
            }
        }
        if index > start {
            self.last = LogPosition(term: lastTerm, index: index - 1)
        } else {
            self.last = compacted
            self.start = compacted.map { $0.index + 1 }
        }
        return true
    }

    /// Forgets the entries through a position; `false` if it stands before the log's start.
    mutating func compact(through position: LogPosition) -> Bool {
        guard position.index < .max, start.map({ $0 <= position.index + 1 }) ?? true else {
            return false
        }
        compacted = position
        start = position.index + 1
        if last.map({ $0.index <= position.index }) ?? true {
            last = position
            spans = []
        }
        spans.removeAll { $0.endIndex <= position.index + 1 }
        trimFirstSpan()
        return true
    }

    /// Forgets everything; `false` if no entry could follow.
    mutating func reset(to position: LogPosition?) -> Bool {
        if let position, position.index == .max { return false }
        compacted = position
        start = position.map { $0.index + 1 }
        last = position
        spans = []
        return true
    }

    /// Cuts what was compacted from the first span.
    private mutating func trimFirstSpan() {
        guard let start, let span = spans.first, span.first < start else { return }
        let dead = start - span.first
        spans[0].first = start
        spans[0].count = span.count - dead
        if let offsets = span.offsets { spans[0].offsets = Array(offsets.dropFirst(Int(dead))) }
        spans[0].runs.begin(at: start)
    }
}
