internal import WALProtocol

/// One record that was found valid.
struct ScannedRecord: Hashable, Sendable {
    var offset: Int
    var header: RecordHeader

    var end: Int { offset + header.recordByteCount }
}

/// What the records of one segment say, without believing anything but checksums.
///
/// Entries that follow each other are one item, whatever their number: beside four bytes for each
/// entry, memory grows with what is not an ordinary append.
struct SegmentScan: Sendable {
    /// What says something of the log.
    enum Item: Sendable {
        case entries(Run)
        /// A truncation, compaction, reset or metadata record.
        case change(ScannedRecord)
    }

    /// Entries of one term with consecutive indexes, and perhaps records between them that change
    /// nothing.
    struct Run: Sendable {
        var first: LogPosition
        /// Where their offsets stand in ``SegmentScan/offsets``.
        var places: Range<Int>
    }

    /// What is remembered of a record for its place in the order.
    struct Mark: Sendable {
        var type: RecordType
        var offset: Int
    }

    /// In order of the records.
    private(set) var items: [Item] = []
    /// Where the entries stand, ascending.
    private(set) var offsets: [UInt32] = []
    /// The first record.
    private(set) var first: Mark?
    /// The last record, and the one before it.
    private(set) var last: Mark?
    private(set) var beforeLast: Mark?
    /// The end of the last valid record; from the start of the body on there is no gap.
    private(set) var end = SegmentFormat.headerBlockByteCount
    /// The end of the last unit that is whole.
    private(set) var unitsEnd = SegmentFormat.headerBlockByteCount
    /// The end of the bytes behind them that are not zero; `end` if all are.
    var garbageEnd = 0
    /// The greatest place that any watermark, before or behind `end`, says was durable.
    private(set) var watermark: StreamOffset?
    /// The size of the file, as far as it was to be looked at.
    var fileByteCount = 0
    /// The bytes read.
    var byteCount: UInt64 = 0
    /// The bytes of the entries that were to be counted.
    private(set) var countedByteCount = 0
    private var counted: Range<LogIndex> = 0..<0

    init() {}

    /// A scan that has found nothing yet.
    ///
    /// - Parameter counted: The entries whose bytes are to be added up.
    init(from start: Int, counting counted: Range<LogIndex>) {
        end = start
        unitsEnd = start
        self.counted = counted
    }

    /// Whether the records end where something was torn or damaged, not at zeros.
    var isTorn: Bool { garbageEnd > end }

    /// Whether the last record is a footer: the log went on in the next segment.
    ///
    /// A clean close leaves an index too, right behind a checkpoint. A store that went on from
    /// there, and lost what it wrote, must not be taken for one that was sealed.
    var endsWithFooter: Bool { Self.isFooter(last, after: beforeLast) }

    static func isFooter(_ last: Mark?, after beforeLast: Mark?) -> Bool {
        guard last?.type == .index else { return false }
        return beforeLast?.type != .checkpoint
            || beforeLast?.offset == SegmentFormat.headerBlockByteCount
    }

    /// Forgets where the entries stand, once that is known elsewhere.
    mutating func dropEntries() {
        items = []
        offsets = []
    }

    // MARK: - Adding records

    /// Adds the record at ``end``.
    mutating func add(_ header: RecordHeader) {
        let offset = end
        if header.type == .entry {
            let place = UInt32(truncatingIfNeeded: offset)
            withUnsafePointer(to: place) {
                addEntries(
                    from: LogPosition(term: header.term, index: header.index),
                    at: UnsafeBufferPointer(start: $0, count: 1),
                    end: offset + header.recordByteCount)
            }
        } else {
            note(Mark(type: header.type, offset: offset))
            end = offset + header.recordByteCount
            switch header.type {
            case .truncate, .compact, .reset, .metadata:
                items.append(.change(ScannedRecord(offset: offset, header: header)))
            case .watermark:
                noteWatermark(header)
            case .entry, .checkpoint, .index:
                break
            }
        }
        if !header.hasMore { unitsEnd = end }
    }

    /// Adds entries of one term with consecutive indexes that stand behind each other from ``end``
    /// on.
    mutating func addEntries(
        from position: LogPosition, at places: UnsafeBufferPointer<UInt32>, end: Int
    ) {
        guard let lastPlace = places.last else { return }
        if places.count > 1 { note(Mark(type: .entry, offset: Int(places[places.count - 2]))) }
        note(Mark(type: .entry, offset: Int(lastPlace)))
        if case .entries(var run) = items.last, run.first.term == position.term,
            run.first.index + LogIndex(run.places.count) == position.index
        {
            run.places = run.places.lowerBound..<run.places.upperBound + places.count
            items[items.count - 1] = .entries(run)
        } else {
            items.append(
                .entries(
                    Run(first: position, places: offsets.count..<offsets.count + places.count)))
        }
        offsets.append(contentsOf: places)
        count(position.index, places, end)
        self.end = end
    }

    private mutating func note(_ mark: Mark) {
        if first == nil { first = mark }
        (beforeLast, last) = (last, mark)
    }

    /// Notes what a watermark says, which may also stand behind ``end``.
    mutating func noteWatermark(_ header: RecordHeader) {
        let found = StreamOffset(sequence: header.index, offset: header.term)
        watermark = max(watermark ?? found, found)
    }

    mutating func endUnit(at end: Int) { unitsEnd = end }

    /// Adds up the bytes of those entries that are to be counted.
    private mutating func count(
        _ first: LogIndex, _ places: UnsafeBufferPointer<UInt32>, _ end: Int
    ) {
        let wanted = counted.clamped(to: first..<first + LogIndex(places.count))
        guard !wanted.isEmpty else { return }
        let upper = Int(wanted.upperBound - first)
        let upperOffset = upper < places.count ? Int(places[upper]) : end
        countedByteCount += upperOffset - Int(places[Int(wanted.lowerBound - first)])
    }
}
