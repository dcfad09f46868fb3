internal import Synchronization
public import WALProtocol

/// The native log store: segment files, one stream of checksummed records, one `fdatasync` a sync.
///
/// DESIGN.md explains the decisions, FORMAT.md every byte. Appending checks, takes the checksum,
/// copies the payload once into the tail block and returns: no allocation, no system call, no lock.
/// Blocks go to the operating system when they are full, on ``flush()`` and on ``sync()``, and stay
/// in memory as the read cache.
///
/// - Concurrency: one owner writes; any number of readers (``makeReader()``) run beside it.
public final class SegmentStore: LogStore {
    /// The limits and promises of this store.
    public let capabilities: LogStoreCapabilities
    /// What opening found and did.
    public internal(set) var recoveryReport = RecoveryReport()

    let directory: StoreDirectory
    let storeID: StoreID
    let options: Options
    let shared: SharedLog
    @usableFromInline let cursor: LogCursor
    let preparation: SegmentPreparation

    /// What every append touches, behind a pointer so that no access is checked at run time.
    let hot: UnsafeMutablePointer<HotState>

    // The structure of the log, as the writer sees it; readers see the last published `LogView`.
    var segments: [SegmentSpan]
    var blocks: [BlockSpan] { didSet { blockTable = nil } }
    /// What readers find them by; made when it is published.
    private var blockTable: BlockTable?
    var tail: Block?
    var start: LogIndex?
    var compacted: LogPosition?
    var lastBeforeTail: LogPosition?
    var hasLast: Bool
    var durable: LogPosition?
    var metadata: [MetadataKey: [UInt8]]
    var metadataByteCount: Int

    /// Where the records end that were taken in, if the store was opened for reading.
    let streamStart: RecordStream.Start?
    var active: ActiveSegment
    /// Closed blocks with bytes that the operating system does not have yet, in stream order.
    var unwritten: [Block] = []
    /// Segments with bytes that no finished sync covers, in stream order.
    var dirty: [WrittenSegment] = []
    /// Writes to files so far, and changes that took entries from the end of the log.
    var writeCount: UInt64 = 0
    var rewriteCount: UInt64 = 0
    /// Sealed segments whose status slot is not written yet: their records are not durable yet.
    var sealing: [SealedSegment] = []
    /// Segments that hold nothing live, to be removed once the record that says so is durable.
    var doomed: [Segment] = []
    /// Everything before this place is durable, and no record says so yet if `owesWatermark`.
    var watermark: StreamOffset
    var owesWatermark = false
    /// The first write to a segment whose name is not durable yet.
    var owedDirectorySync: UInt64?
    /// Bytes that no finished sync covers.
    var unsyncedByteCount = 0
    /// Blocks that left the cache; their memory is used again once no reader looks at them.
    var retired: [Block] = []
    /// Memory that was never used.
    var spare: [BlockMemory] = []
    var cachedByteCount = 0

    /// Why nothing can be written any more.
    var obstacle: LogStoreError?
    var isClosed = false
    var writerLock: (any FileLock)?

    /// Opens the store in a directory, and creates both if there is none.
    ///
    /// - Parameters:
    ///   - path: The store's directory. Missing directories above it are created, durably.
    ///   - options: How to open it; the stored log does not depend on them.
    /// - Throws: `locked`, `corrupt`, `unsupportedFormat`, `readOnly`, `noSpace`, `io`,
    ///   `invalidArgument`; `unavailable` if there is nothing to open for reading.
    /// - Complexity: O(segments) after a clean close; plus the records that were written since the
    ///   last seal after a crash.
    public init(at path: String, options: Options = Options()) throws(LogStoreError) {
        let clock = ContinuousClock()
        let began = clock.now
        try options.validate()
        self.options = options
        capabilities = options.capabilities
        directory = StoreDirectory(path: path, fileSystem: options.fileSystem)
        let opened = try StoreOpener(directory: directory, options: options).open()
        storeID = opened.storeID
        writerLock = opened.lock
        recoveryReport = opened.report
        segments = opened.segments
        blocks = opened.blocks
        start = opened.start
        compacted = opened.compacted
        lastBeforeTail = opened.last
        hasLast = opened.last != nil
        durable = opened.last
        metadata = opened.metadata
        metadataByteCount = opened.metadata.byteCount
        active = opened.active
        watermark = opened.watermark
        streamStart = opened.streamStart
        owesWatermark = opened.owesWatermark
        preparation = SegmentPreparation(
            directory: directory, executor: options.executor, adopted: opened.prepared)
        hot = .allocateApart()
        hot.initialize(to: HotState())
        if let last = opened.last {
            hot.pointee.next = last.index + 1
            hot.pointee.term = last.term
        }
        let cache = SegmentCache(
            limit: options.openSegmentLimit, footerByteCountMax: options.footerCacheByteCount)
        shared = SharedLog(
            view: LogView(
                segments: segments, blocks: BlockTable(blocks, tail: nil, start: start),
                start: start, compacted: compacted,
                lastBeforeTail: lastBeforeTail, durable: durable, metadata: metadata,
                isClosed: false, lostEnd: opened.lostEnd),
            cache: cache)
        cursor = LogCursor(shared)
        recoveryReport.duration = clock.now - began
        if options.access == .readOnly {
            obstacle = .readOnly(path: path)
        } else {
            preparation.removal.remove(opened.leftovers)
            prepareSuccessor()
        }
    }

    deinit {
        // Dropping without close keeps what the operating system has, and gives everything back.
        shared.publish(.closed)
        preparation.end()
        writerLock?.release()
        hot.deinitialize(count: 1)
        hot.deallocate()
    }

    // MARK: - State

    /// Where the log begins and ends.
    ///
    /// - Complexity: O(1), no disk access.
    public var state: LogState {
        var state = LogState(compacted: compacted, last: last, durable: durable)
        if let start, let last = state.last, last.index >= start { state.first = start }
        return state
    }

    /// The last position, or the compacted one, or nothing.
    var last: LogPosition? {
        hasLast ? LogPosition(term: hot.pointee.term, index: hot.pointee.next - 1) : nil
    }

    /// The bytes of cached records, indexes and metadata in memory.
    public var memoryFootprint: Int {
        var count = cachedByteCount + shared.cache.memoryFootprint + metadataByteCount
        for block in retired { count += block.memory.byteCount }
        for memory in spare { count += memory.byteCount }
        for span in blocks { count += span.coldByteCount }
        return count
    }

    /// Memory, files, and what readers found in memory.
    ///
    /// - Complexity: O(segments) at most, no disk access.
    public var statistics: StoreStatistics {
        var statistics = StoreStatistics(
            memoryFootprint: memoryFootprint, segmentCount: segments.count + 1)
        statistics.readCount = shared.reads.entries.load(ordering: .relaxed)
        statistics.fileReadCount = shared.reads.fileReads.load(ordering: .relaxed)
        statistics.fileReadByteCount = shared.reads.fileBytes.load(ordering: .relaxed)
        return statistics
    }

    /// Publishes the structure to the readers.
    func publish() {
        let blockTable =
            blockTable.flatMap { $0.start == start && $0.tail === tail ? $0 : nil }
            ?? BlockTable(blocks, tail: tail, start: start)
        self.blockTable = blockTable
        shared.publish(
            LogView(
                segments: segments, blocks: blockTable, start: start, compacted: compacted,
                lastBeforeTail: lastBeforeTail, durable: durable, metadata: metadata,
                isClosed: isClosed))
    }

    // MARK: - Reading

    /// The term of an entry, or of the compacted position.
    ///
    /// - Complexity: O(1) in the cache; outside it O(log segments), by a footer that may have to be
    ///   read. No payload is.
    @inlinable
    @inline(__always)
    public func term(at index: LogIndex) throws(LogStoreError) -> Term {
        try cursor.term(at: index)
    }

    /// Calls `body` with an entry, in place if it is in the cache.
    ///
    /// - Complexity: O(1) in the cache; otherwise one `pread`, its checksum verified.
    @inlinable
    @inline(__always)
    public func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        try cursor.withEntry(at: index, body)
    }

    /// Calls `body` with each entry of a range, reading what is not in the cache in large pieces.
    ///
    /// - Returns: the index to continue from.
    @inlinable
    @inline(__always)
    public func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try cursor.visitEntries(in: range, maxByteCount: maxByteCount, body)
    }

    /// The value of a metadata key, from memory.
    public func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try cursor.metadata()[key]
    }

    /// Every metadata key that has a value, in ascending order.
    public func metadataKeys() throws(LogStoreError) -> [MetadataKey] {
        try cursor.metadata().keys.sorted()
    }

    /// Makes a reader that runs beside the writer, on any thread.
    ///
    /// - Concurrency: lock-free while the structure of the log stays as it is.
    public func makeReader() -> sending any LogReader { SegmentReader(LogCursor(shared)) }

    // MARK: - Closing

    /// Makes everything durable, marks the store as closed cleanly and gives the directory up.
    ///
    /// - Throws: what ``sync()`` throws; the directory is given up all the same.
    public func close() throws(LogStoreError) {
        guard !isClosed else { return }
        var failure: LogStoreError?
        if obstacle == nil {
            do throws(LogStoreError) {
                try sync()
                try markClean()
            } catch {
                failure = error
            }
        } else if obstacle?.code == .poisoned {
            failure = obstacle
        }
        isClosed = true
        obstacle = .closed
        hot.pointee.room = 0
        durable = state.durable
        publish()
        preparation.end()
        writerLock?.release()
        writerLock = nil
        if let failure { throw failure }
    }
}

/// What every append touches.
struct HotState {
    /// The index that the next entry has to have; meaningless while nothing was ever written.
    var next: LogIndex = 0
    /// The term of the last entry.
    var term: Term = 0
    /// Where the next record goes, in memory and in the file.
    var cursor: UnsafeMutableRawPointer?
    var fileOffset = 0
    /// Where the next entry's offset goes, in memory; they are written downwards.
    var offsetCursor: UnsafeMutablePointer<UInt32>?
    /// The number of entries that readers may see, in the tail block.
    var published: UnsafeMutablePointer<Atomic<Int>>?
    /// The bytes left for records and four for each entry's offset; 0 leaves the fast path.
    var room = 0
    var seed: UInt32 = 0
    /// The number of entries in the tail block.
    var count = 0
}

/// The segment that the writer appends to.
struct ActiveSegment {
    var segment: Segment
    /// Where the next block begins, while there is no tail block.
    var end: Int
    /// The first entry that is in this segment and still counts; `nil` if there is none.
    var first: LogIndex?
    var runs: [SegmentIndex.TermRun] = []
    var slotGeneration: UInt64
    /// The last status slot, if it says clean: to be taken back before anything is written.
    var cleanMark: StatusSlot?
}

/// A segment that the log has left behind, and what its status slot is to say.
struct SealedSegment: Sendable {
    var segment: Segment
    var slot: StatusSlot
}

extension LogView {
    /// What readers see after the store is gone.
    static var closed: LogView {
        LogView(
            segments: [], blocks: .empty, start: nil, compacted: nil,
            lastBeforeTail: nil,
            durable: nil, metadata: [:], isClosed: true)
    }
}

extension BlockSpan {
    var coldByteCount: Int {
        if case .file(let cold) = place { return cold.offsets.count * 4 }
        return 0
    }
}

extension [MetadataKey: [UInt8]] {
    /// The bytes of all keys and values.
    var byteCount: Int { reduce(0) { $0 + $1.key.name.utf8.count + $1.value.count } }
}
