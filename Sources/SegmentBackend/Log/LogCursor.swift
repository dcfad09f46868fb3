internal import Synchronization
internal import WALProtocol

/// Reads a log through its current view: what the writer and every reader have one of.
///
/// Not thread-safe: it caches the view and the last bytes it read.
final class LogCursor {
    let shared: SharedLog
    // One thread at a time, and no property is held while foreign code runs: the checks that the
    // compiler adds for shared objects would cost more than a read from memory does.
    @exclusivity(unchecked) private var view: LogView
    @exclusivity(unchecked) private var version: UInt64
    @exclusivity(unchecked) var window = ReadWindow()

    init(_ shared: SharedLog) {
        self.shared = shared
        (view, version) = shared.current()
    }

    /// The current view; taking it costs one load while the structure stays as it is.
    @inline(__always)
    private func currentView() -> LogView {
        if shared.version.load(ordering: .acquiring) != version {
            (view, version) = shared.current()
        }
        return view
    }

    var state: LogState { currentView().state }

    func openView() throws(LogStoreError) -> LogView {
        let view = currentView()
        guard !view.isClosed else { throw .closed }
        return view
    }

    func metadata() throws(LogStoreError) -> [MetadataKey: [UInt8]] { try openView().metadata }

    func term(at index: LogIndex) throws(LogStoreError) -> Term {
        let view = try openView()
        let state = view.state
        try view.checkLostEnd(index)
        if let compacted = state.compacted, compacted.index == index { return compacted.term }
        if let last = state.last, last.index == index { return last.term }
        try state.checkRead(at: index)
        switch locate(index, in: view) {
        case .memory(let record): return record.u64(24)
        case .file(let segment, let offset, _):
            return try retrying(index) { () throws(LogStoreError) in
                try cold(segment, offset, index, length: nil).bytes.u64(24)
            }
        case .segment(let span):
            return try retrying(index) { () throws(LogStoreError) in
                if let term = span.loss?.terms.term(at: index) { return term }
                let footer = try span.loadIndex(shared.cache, for: index)
                guard let term = footer.term(at: index) else {
                    throw .corrupt(
                        "the footer does not know an entry that is live", file: span.segment.path,
                        index: index)
                }
                return term
            }
        }
    }

    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        let view = try openView()
        if let tail = view.tail, let start = view.start, index >= tail.firstIndex, index >= start {
            let place = Int(truncatingIfNeeded: index &- tail.firstIndex)
            if place < tail.published.pointee.load(ordering: .acquiring), place >= 0 {
                return try withExtendedLifetime(view) { () throws(LogStoreError) in
                    try Self.deliver(tail.record(place), body)
                }
            }
        }
        try view.checkLostEnd(index)
        try view.state.checkRead(at: index)
        let record: ColdRecord
        switch locate(index, in: view) {
        case .memory(let record):
            return try withExtendedLifetime(view) { () throws(LogStoreError) in
                try Self.deliver(record, body)
            }
        case .file(let segment, let offset, let next):
            record = try retrying(index) { () throws(LogStoreError) in
                try cold(segment, offset, index, length: next.map { $0 - offset })
            }
        case .segment(let span):
            record = try retrying(index) { () throws(LogStoreError) in try cold(span, index) }
        }
        return try Self.deliver(record, body)
    }

    // MARK: - Places

    private enum Location {
        case memory(UnsafeRawPointer)
        case file(Segment, offset: Int, next: Int?)
        case segment(SegmentSpan)
    }

    /// Where an entry stands that the view's state says is present.
    @inline(__always)
    private func locate(_ index: LogIndex, in view: LogView) -> Location {
        if let tail = view.tail, index >= tail.firstIndex,
            index - tail.firstIndex < UInt64(tail.published.pointee.load(ordering: .acquiring))
        {
            return .memory(tail.record(Int(index - tail.firstIndex)))
        }
        if let firstBlock = view.blocks.first, index >= firstBlock.first {
            let span = view.blocks[view.blocks.partitionPoint { $0.first > index } - 1]
            let place = Int(index - span.first)
            switch span.place {
            case .memory(let block): return .memory(block.record(place))
            case .file(let cold):
                let next = place + 1 < cold.offsets.count ? Int(cold.offsets[place + 1]) : nil
                return .file(cold.segment, offset: Int(cold.offsets[place]), next: next)
            }
        }
        let span = view.segments[view.segments.partitionPoint { $0.first > index } - 1]
        return .segment(span)
    }

    // MARK: - Cold reads

    /// A verified record outside the view's memory.
    struct ColdRecord {
        var bytes: UnsafeRawPointer
        /// Keeps `bytes` alive.
        var owner: ReadWindow.Buffer?
    }

    /// Reads an entry of a sealed segment, whose footer says where it stands.
    private func cold(
        _ span: SegmentSpan, _ index: LogIndex
    ) throws(LogStoreError) -> ColdRecord {
        let footer = try span.loadIndex(shared.cache, for: index)
        let place = Int(truncatingIfNeeded: index &- footer.first)
        guard footer.offsets.indices.contains(place) else {
            throw .corrupt(
                "the footer does not know an entry that is live", file: span.segment.path,
                index: index)
        }
        let offset = Int(footer.offsets[place])
        let next = place + 1 < footer.offsets.count ? Int(footer.offsets[place + 1]) : nil
        return try cold(span.segment, offset, index, length: next.map { $0 - offset })
    }

    /// Reads and verifies the record of an entry; damage is looked at twice, because a window may
    /// have been filled before the record was written.
    ///
    /// - Parameter length: The bytes to read, if any have to be; `nil` if only the record itself
    ///   says how long it is.
    func cold(
        _ segment: Segment, _ offset: Int, _ index: LogIndex, length: Int?
    ) throws(LogStoreError) -> ColdRecord {
        let file = try segment.file(shared.cache)
        let wanted = length.map { min(max($0, SegmentFormat.recordHeaderByteCount), 1 << 20) }
        for _ in 0..<2 {
            do throws(SystemCallError) {
                let record = try window.entry(
                    index, at: offset, of: file, sequence: segment.sequence, seed: segment.seed,
                    wanted: wanted)
                if let record { return ColdRecord(bytes: record, owner: window.buffer) }
            } catch {
                throw LogStoreError(error, writing: false)
            }
            window.invalidate()
        }
        throw .corrupt(
            "the record of the entry is damaged; repair it from another replica",
            file: segment.path, byteOffset: UInt64(offset), index: index)
    }

    /// A segment that was dropped meanwhile is no I/O error: the entry was compacted.
    func retrying<R>(
        _ index: LogIndex, _ body: () throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        do throws(LogStoreError) {
            return try body()
        } catch {
            guard error.code == .io else { throw error }
            try openView().state.checkRead(at: index)
            throw error
        }
    }

    // MARK: - Delivery

    @inline(__always)
    static func deliver<R>(
        _ record: UnsafeRawPointer, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        let count = Int(record.u32(4))
        let header = EntryHeader(
            position: LogPosition(term: record.u64(24), index: record.u64(16)),
            kind: EntryKind(rawValue: UInt8(truncatingIfNeeded: record.u32(8) >> 16)),
            payloadByteCount: count)
        let payload = UnsafeRawBufferPointer(
            start: record + SegmentFormat.recordHeaderByteCount, count: count)
        return try body(header, payload.bytes)
    }

    private static func deliver<R>(
        _ record: ColdRecord, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        defer { withExtendedLifetime(record.owner) {} }
        return try deliver(record.bytes, body)
    }
}
