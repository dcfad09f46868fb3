internal import Synchronization
public import WALProtocol

/// Reads a log through its current view: what the writer and every reader have one of.
///
/// Not thread-safe: it remembers the view, where it found the last entry, and the last bytes it
/// read from a file.
@usableFromInline
final class LogCursor {
    let shared: SharedLog
    // One thread at a time, and no property is held while foreign code runs: the checks that the
    // compiler adds for shared objects would cost more than a read from memory does.
    @exclusivity(unchecked) private(set) var view: LogView
    @exclusivity(unchecked) var window = ReadWindow()
    /// Views and windows that closures were looking at when they were left.
    @exclusivity(unchecked) private var held: [AnyObject] = []
    /// How many of the reads the others know about.
    @exclusivity(unchecked) private var toldReads: UInt64 = 0
    @usableFromInline let finder: UnsafeMutablePointer<EntryFinder>

    init(_ shared: SharedLog) {
        self.shared = shared
        let version: UInt64
        (view, version) = shared.current()
        finder = .allocateApart()
        finder.initialize(to: view.finder(version: version, of: shared))
    }

    deinit {
        tellReads()
        finder.deinitialize(count: 1)
        finder.deallocate()
    }

    /// Sees to it that the view is the current one; it costs one load while the structure stays as
    /// it is.
    @inline(__always)
    private func look() {
        let current = shared.version.pointee.load(ordering: .acquiring)
        if current != finder.pointee.version { lookAgain() }
    }

    private func lookAgain() {
        hold(view)
        let version: UInt64
        (view, version) = shared.current()
        let before = finder.pointee
        finder.pointee = view.finder(version: version, of: shared)
        finder.pointee.readsBegun = before.readsBegun
        finder.pointee.readsEnded = before.readsEnded
        tellReads()
    }

    /// Adds what this cursor has read to what all have.
    private func tellReads() {
        let ended = finder.pointee.readsEnded
        shared.reads.entries.add(ended &- toldReads, ordering: .relaxed)
        toldReads = ended
    }

    /// Keeps memory for the closures that are looking at it; without any, what was kept goes.
    private func hold(_ memory: AnyObject) {
        if finder.pointee.isBeingRead {
            held.append(memory)
        } else if !held.isEmpty {
            held.removeAll()
        }
    }

    private func currentView() -> LogView {
        look()
        return view
    }

    var state: LogState { currentView().state }

    func openView() throws(LogStoreError) -> LogView {
        let view = currentView()
        guard !view.isClosed else { throw .closed }
        return view
    }

    func metadata() throws(LogStoreError) -> [MetadataKey: [UInt8]] { try openView().metadata }

    // MARK: - Entries

    /// Calls `body` with an entry.
    @inlinable
    @inline(__always)
    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        let record: UnsafeRawPointer
        if let found = finder.pointee.record(of: index) {
            record = found
        } else {
            record = try self.record(of: index)
        }
        finder.pointee.readsBegun &+= 1
        defer { finder.pointee.readsEnded &+= 1 }
        let entry = StoredEntry(record: record)
        return try body(entry.header(index: index), entry.payload.bytes)
    }

    /// The term of an entry, or of the compacted position.
    @inlinable
    @inline(__always)
    func term(at index: LogIndex) throws(LogStoreError) -> Term {
        if let record = finder.pointee.record(of: index) { return StoredEntry(record: record).term }
        return try findTerm(at: index)
    }

    /// The record of an entry, in memory or read from its file; it stays there until something else
    /// is read, or for as long as a closure looks at it.
    @usableFromInline
    func record(of index: LogIndex) throws(LogStoreError) -> UnsafeRawPointer {
        let view = currentView()
        if let record = find(index, in: view) { return record }
        if let record = try readQuickly(index, of: view) { return record }
        return try readFromFile(index)
    }

    /// The record of an entry in a file, if it is plain where it stands: its offset is in memory, or
    /// the segment's file and footer are at hand.
    ///
    /// - Returns: `nil` if anything is not as usual.
    /// - Throws: `io`; `corrupt`.
    private func readQuickly(
        _ index: LogIndex, of view: LogView
    ) throws(LogStoreError) -> UnsafeRawPointer? {
        guard !view.isClosed, view.lostEnd == nil, let start = view.start, index >= start else {
            return nil
        }
        if let segment = view.segment(of: index) {
            guard let place = segment.place(of: index) else { return nil }
            let length = place.next.map { Int($0) - Int(place.offset) }
            return try retrying(index) { () throws(LogStoreError) in
                try cold(segment, Int(place.offset), index, length: length, of: place.file)
            }
        }
        guard let span = view.blocks.span(of: index), case .file(let block) = span.place else {
            return nil
        }
        return try retrying(index) { () throws(LogStoreError) in
            try cold(block.segment, block.offsets, Int(index - span.first), index)
        }
    }

    /// The record of an entry that is in memory by now.
    private func find(_ index: LogIndex, in view: LogView) -> UnsafeRawPointer? {
        guard !view.isClosed else { return nil }
        finder.pointee.count = view.blocks.count()
        return finder.pointee.record(of: index)
    }

    private func readFromFile(_ index: LogIndex) throws(LogStoreError) -> UnsafeRawPointer {
        let view = try openView()
        try view.checkLostEnd(index)
        try view.state.checkRead(at: index)
        switch run(at: index, in: view) {
        case .memory(let block, _):
            // It was published a moment ago; the view holds it.
            return block.record(Int(index - block.firstIndex))
        case .file(let block, let first, _):
            return try retrying(index) { () throws(LogStoreError) in
                try cold(block.segment, block.offsets, Int(index - first), index)
            }
        case .segment(let span):
            return try retrying(index) { () throws(LogStoreError) in try cold(span, index) }
        }
    }

    @usableFromInline
    func findTerm(at index: LogIndex) throws(LogStoreError) -> Term {
        let view = try openView()
        if let record = find(index, in: view) { return StoredEntry(record: record).term }
        let state = view.state
        try view.checkLostEnd(index)
        if let compacted = state.compacted, compacted.index == index { return compacted.term }
        if let last = state.last, last.index == index { return last.term }
        try state.checkRead(at: index)
        switch run(at: index, in: view) {
        case .memory(let block, _):
            return StoredEntry(record: block.record(Int(index - block.firstIndex))).term
        case .file(let block, _, _):
            if let term = block.terms.term(at: index) { return term }
            return StoredEntry(record: try readFromFile(index)).term
        case .segment(let span):
            return try retrying(index) { () throws(LogStoreError) in
                try span.term(at: index, shared.cache)
            }
        }
    }

    // MARK: - Places

    /// Entries behind each other in one place.
    enum Run {
        case memory(Block, end: LogIndex)
        case file(BlockSpan.Cold, first: LogIndex, end: LogIndex)
        case segment(SegmentSpan)
    }

    /// The entries from an index on that stand in the same place; the view's state says it is present.
    func run(at index: LogIndex, in view: LogView) -> Run {
        if let tail = view.blocks.tail, index >= tail.firstIndex {
            let end =
                tail.firstIndex + LogIndex(tail.published.pointee.load(ordering: .acquiring))
            if index < end { return .memory(tail, end: end) }
        }
        if let span = view.blocks.span(of: index) {
            switch span.place {
            case .memory(let block): return .memory(block, end: span.end)
            case .file(let cold): return .file(cold, first: span.first, end: span.end)
            }
        }
        return .segment(view.segments[view.segments.partitionPoint { $0.first > index } - 1])
    }

    // MARK: - Cold reads

    /// Reads an entry of a sealed segment, whose footer says where it stands.
    private func cold(
        _ span: SegmentSpan, _ index: LogIndex
    ) throws(LogStoreError) -> UnsafeRawPointer {
        let footer = try span.places(from: index, shared.cache)
        let place = Int(truncatingIfNeeded: index &- footer.first)
        guard footer.offsets.indices.contains(place) else {
            throw .corrupt(
                "the footer does not know an entry that is live", file: span.segment.path,
                index: index)
        }
        return try cold(span.segment, footer.offsets, place, index)
    }

    /// Reads the entry at a place among the offsets of a segment; the next one says how long it is.
    private func cold(
        _ segment: Segment, _ offsets: [UInt32], _ place: Int, _ index: LogIndex
    ) throws(LogStoreError) -> UnsafeRawPointer {
        let offset = Int(offsets[place])
        let length = place + 1 < offsets.count ? Int(offsets[place + 1]) - offset : nil
        return try cold(segment, offset, index, length: length)
    }

    /// Reads and verifies the record of an entry; damage is looked at twice, because a window may
    /// have been filled before the record was written.
    ///
    /// - Parameter length: The bytes to read, if any have to be; `nil` if only the record itself
    ///   says how long it is.
    func cold(
        _ segment: Segment, _ offset: Int, _ index: LogIndex, length: Int?
    ) throws(LogStoreError) -> UnsafeRawPointer {
        try cold(segment, offset, index, length: length, of: try segment.file(shared.cache))
    }

    private func cold(
        _ segment: Segment, _ offset: Int, _ index: LogIndex, length: Int?, of file: any File
    ) throws(LogStoreError) -> UnsafeRawPointer {
        if finder.pointee.isBeingRead || !held.isEmpty, let buffer = window.buffer {
            hold(buffer)
        }
        tellReads()
        let wanted = length.map { min(max($0, SegmentFormat.recordHeaderByteCount), 1 << 20) }
        for _ in 0..<2 {
            do throws(SystemCallError) {
                let record = try window.entry(
                    index, at: offset, of: file, sequence: segment.sequence, seed: segment.seed,
                    wanted: wanted, counting: shared.reads)
                if let record { return record }
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
}
