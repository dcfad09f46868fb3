internal import Synchronization
internal import WALProtocol

/// An immutable picture of the log.
///
/// The writer replaces it when the structure changes; entries that are appended to the tail block
/// become visible without a new one.
@usableFromInline
final class LogView: Sendable {
    /// Sealed segments with live entries, ascending.
    let segments: [SegmentSpan]
    /// Blocks, ascending and without a gap; the last one is the one that the writer appends to.
    let blocks: BlockTable
    /// The first index that counts, if an entry there is; `nil` if any index may come first.
    let start: LogIndex?
    let compacted: LogPosition?
    /// The last position without the entries of the tail block.
    let lastBeforeTail: LogPosition?
    let durable: LogPosition?
    let metadata: [MetadataKey: [UInt8]]
    let isClosed: Bool
    /// Where a salvaged log ends, if nothing says what stood there and behind it.
    let lostEnd: LostEnd?

    /// Where entries are lost at the end.
    struct LostEnd: Sendable {
        var first: LogIndex
        var file: String
        var byteOffset: UInt64?
    }

    init(
        segments: [SegmentSpan], blocks: BlockTable, start: LogIndex?,
        compacted: LogPosition?, lastBeforeTail: LogPosition?, durable: LogPosition?,
        metadata: [MetadataKey: [UInt8]], isClosed: Bool, lostEnd: LostEnd? = nil
    ) {
        self.segments = segments
        self.blocks = blocks
        self.start = start
        self.compacted = compacted
        self.lastBeforeTail = lastBeforeTail
        self.durable = durable
        self.metadata = metadata
        self.isClosed = isClosed
        self.lostEnd = lostEnd
    }

    /// An entry that is not there because the end of the log is lost was written all the same.
    ///
    /// - Throws: `corrupt`.
    func checkLostEnd(_ index: LogIndex) throws(LogStoreError) {
        guard let lostEnd, index >= lostEnd.first else { return }
        throw .corrupt(
            "the end of the log is lost; repair it from another replica", file: lostEnd.file,
            byteOffset: lostEnd.byteOffset, index: index)
    }

    /// The sealed segment whose footer knows a live entry.
    func segment(of index: LogIndex) -> Segment? {
        let place = segments.partitionPoint { $0.first > index } - 1
        guard place >= 0 else { return nil }
        return segments.withUnsafeBufferPointer {
            let span = $0[place]
            return index < span.end && span.index == nil && span.loss == nil ? span.segment : nil
        }
    }

    /// Where a cursor finds entries in memory; none of the tail block yet.
    func finder(version: UInt64, of shared: SharedLog) -> EntryFinder {
        let table = isClosed ? .empty : blocks
        return EntryFinder(
            table, count: table.lookup.closedCount, version: version, current: shared.version)
    }

    /// The state at this moment: the tail block may have grown when it is asked again.
    var state: LogState {
        var last = lastBeforeTail
        if let tail = blocks.tail {
            let count = tail.published.pointee.load(ordering: .acquiring)
            if count > 0 {
                last = LogPosition(
                    term: tail.record(count - 1).u64(24), index: tail.firstIndex + UInt64(count) - 1
                )
            }
        }
        var state = LogState(compacted: compacted, last: last, durable: durable)
        if let start, let last, last.index >= start { state.first = start }
        return state
    }
}

extension UnsafeMutablePointer where Pointee: ~Copyable {
    /// Allocates one value in cache lines of its own, two at a time as processors fetch them: what
    /// one thread writes there does not slow down another one's reads of something else.
    static func allocateApart() -> Self {
        let byteCount = (MemoryLayout<Pointee>.stride + 127) & ~127
        return UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 128)
            .bindMemory(to: Pointee.self, capacity: 1)
    }
}

/// Where the current view is found by readers on other threads.
final class SharedLog: @unchecked Sendable {
    private let lock = Lock()
    private var view: LogView
    /// Grows with every new view, so that a reader that holds the current one takes no lock.
    let version: UnsafeMutablePointer<Atomic<UInt64>>
    let cache: SegmentCache
    let reads = ReadCounts()

    init(view: LogView, cache: SegmentCache) {
        self.view = view
        self.cache = cache
        // Every read loads it: nothing that is written often may be next to it.
        version = .allocateApart()
        version.initialize(to: Atomic(0))
    }

    deinit {
        version.deinitialize(count: 1)
        version.deallocate()
    }

    func publish(_ newView: LogView) {
        let old = lock.withLock {
            defer { view = newView }
            return view
        }
        version.pointee.add(1, ordering: .releasing)
        // The old view goes here, outside the lock.
        withExtendedLifetime(old) {}
    }

    /// The current view and its version, which may be older than the view but never newer.
    func current() -> (LogView, UInt64) {
        let version = version.pointee.load(ordering: .acquiring)
        return (lock.withLock { view }, version)
    }
}
