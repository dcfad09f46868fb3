import Synchronization
public import WALProtocol

/// A log in memory, in the plainest code that keeps the contract.
///
/// It checks the kit, serves tests of engines that need no disk, and is the shortest example of a
/// backend: the eleven members that have no default, and `flush`. What was synced or flushed is found again on the same
/// ``ReferenceDisk``, as if it had been written there; nothing survives the process.
///
/// - Complexity: appends and reads are O(1); a sync is O(entries).
public final class ReferenceStore: LogStore {
    /// What it declares: no files, no lasting durability.
    public let capabilities: LogStoreCapabilities
    private let path: String
    private let disk: ReferenceDisk
    private let contents: ReferenceContents
    private let access: StoreAccess

    /// Opens the log at a path, which is only a name here.
    ///
    /// - Throws: `locked` if a writer has it open already; `unavailable` if it is to be read and
    ///   nobody has written it.
    public init(
        at path: String, on disk: ReferenceDisk, access: StoreAccess = .readWrite
    ) throws(LogStoreError) {
        var capabilities = LogStoreCapabilities(
            name: "reference", maximumEntryByteCount: 4 << 20, maximumBatchByteCount: 16 << 20,
            maximumMetadataValueByteCount: 64 << 10, maximumMetadataTotalByteCount: 1 << 20)
        capabilities.syncIsDurable = false
        capabilities.detectsBitRot = false
        capabilities.distinguishesTornTail = false
        capabilities.isStoredInFiles = false
        self.capabilities = capabilities
        self.path = path
        self.disk = disk
        self.access = access
        contents = ReferenceContents(
            access == .readWrite ? try disk.acquire(path) : try disk.look(path))
    }

    deinit {
        if !contents.isClosed, access == .readWrite { disk.release(path) }
    }

    // MARK: Writing

    /// Applies a batch as one unit.
    ///
    /// - Throws: as the protocol says.
    public func write(_ batch: WriteBatch) throws(LogStoreError) {
        guard access == .readWrite else { throw .readOnly(path: path) }
        try contents.change { (log) throws(LogStoreError) in
            let plan = try batch.plan(on: log.state, capabilities: capabilities) {
                (index) throws(LogStoreError) in try log.entry(at: index).term
            }
            let growth = batch.metadataChanges.reduce(into: log.metadata) { $0[$1.key] = $1.value }
            let byteCount = growth.reduce(0) { $0 + $1.key.name.utf8.count + $1.value.count }
            guard byteCount <= capabilities.maximumMetadataTotalByteCount else {
                throw .metadataTooLarge(
                    "all metadata together", byteCount: byteCount,
                    limit: capabilities.maximumMetadataTotalByteCount)
            }
            log.apply(batch, plan)
        }
    }

    /// As ``sync()``.
    public func flush() throws(LogStoreError) { try save(marksDurable: false) }

    /// Puts everything on the ``ReferenceDisk``.
    public func sync() throws(LogStoreError) { try save(marksDurable: true) }

    private func save(marksDurable: Bool) throws(LogStoreError) {
        guard access == .readWrite else { throw .readOnly(path: path) }
        let log = try contents.change { (log) throws(LogStoreError) in
            if marksDurable, log.state.first != nil { log.state.durable = log.state.last }
            return log
        }
        disk.save(log, at: path)
    }

    /// Saves everything and gives the path up.
    public func close() throws(LogStoreError) {
        guard !contents.isClosed else { return }
        if access == .readWrite {
            try sync()
            disk.release(path)
        }
        contents.close()
    }

    // MARK: Reading

    /// Where the log begins and ends.
    public var state: LogState { contents.log.state }

    /// The bytes of all entries.
    public var memoryFootprint: Int {
        contents.log.entries.reduce(0) { $0 + $1.payload.count + 64 }
    }

    /// Calls `body` with an entry.
    public func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        try contents.withEntry(at: index, body)
    }

    /// Calls `body` with each entry of a range.
    public func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try contents.visitEntries(in: range, maxByteCount: maxByteCount, body)
    }

    /// The value of a metadata key.
    public func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try contents.metadata(for: key)
    }

    /// Every metadata key that has a value.
    public func metadataKeys() throws(LogStoreError) -> [MetadataKey] {
        try contents.metadataKeys()
    }

    /// Makes a reader.
    public func makeReader() -> sending any LogReader { ReferenceReader(contents) }
}

/// A reader of a ``ReferenceStore``: the same contents, under the same lock.
final class ReferenceReader: LogReader {
    private let contents: ReferenceContents

    init(_ contents: ReferenceContents) { self.contents = contents }

    var state: LogState { contents.log.state }

    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        try contents.withEntry(at: index, body)
    }

    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try contents.visitEntries(in: range, maxByteCount: maxByteCount, body)
    }

    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try contents.metadata(for: key)
    }

    func metadataKeys() throws(LogStoreError) -> [MetadataKey] { try contents.metadataKeys() }

    func makeReader() -> sending any LogReader { ReferenceReader(contents) }
}

/// The contents that a store and its readers share, behind a lock.
final class ReferenceContents: Sendable {
    private struct Storage {
        var log: ReferenceLog
        var isClosed = false
    }

    private let storage: Mutex<Storage>

    init(_ log: ReferenceLog) { storage = Mutex(Storage(log: log)) }

    var log: ReferenceLog { storage.withLock { $0.log } }
    var isClosed: Bool { storage.withLock { $0.isClosed } }
    func close() { storage.withLock { $0.isClosed = true } }

    func change<R: Sendable>(
        _ body: (inout ReferenceLog) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        try storage.withLock { (storage) throws(LogStoreError) in
            guard !storage.isClosed else { throw .closed }
            return try body(&storage.log)
        }
    }

    /// Entries are copied out of the lock, so that `body` may do what it likes.
    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        let entry = try change { (log) throws(LogStoreError) in try log.entry(at: index) }
        return try body(EntryHeader(entry), entry.payload.span.bytes)
    }

    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        let entries = try change { (log) throws(LogStoreError) in try log.entries(in: range) }
        var byteCount = 0
        var next = range.lowerBound
        for entry in entries {
            byteCount += entry.payload.count
            guard byteCount <= maxByteCount || next == range.lowerBound else { break }
            try body(EntryHeader(entry), entry.payload.span.bytes)
            next += 1
        }
        return next
    }

    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try change { (log) throws(LogStoreError) in log.metadata[key] }
    }

    func metadataKeys() throws(LogStoreError) -> [MetadataKey] {
        try change { (log) throws(LogStoreError) in log.metadata.keys.sorted() }
    }
}

extension EntryHeader {
    init(_ entry: Entry) {
        self.init(
            position: entry.position, kind: entry.kind, payloadByteCount: entry.payload.count)
    }
}
