public import WALProtocol

/// A log in an SQLite database: a worked example of a backend, and a second general-purpose baseline.
///
/// Writes go into one open transaction, which ``sync()`` commits; with a write-ahead log and
/// `synchronous=FULL` that is one `fsync`. Everybody reads through the writer's connection, because
/// no other one sees what is not committed.
///
/// - Complexity: reads and writes are O(log entries) and take a lock.
public final class SQLiteStore: LogStore {
    /// What it declares.
    public let capabilities: LogStoreCapabilities
    private let log: SQLiteLog

    /// Opens the log in a directory, and creates both if there is none.
    ///
    /// - Throws: `locked` if it is open already; `corrupt`, `unsupportedFormat`, `noSpace`, `io`.
    public init(at path: String) throws(LogStoreError) {
        var capabilities = LogStoreCapabilities(
            name: "sqlite", maximumEntryByteCount: 64 << 20, maximumBatchByteCount: 256 << 20,
            maximumMetadataValueByteCount: 1 << 20, maximumMetadataTotalByteCount: 16 << 20)
        // SQLite has checksums in its write-ahead log, but none in the database; and it takes
        // damage in the former for the end.
        capabilities.detectsBitRot = false
        capabilities.distinguishesTornTail = false
        self.capabilities = capabilities
        log = try SQLiteLog(at: path)
    }

    /// A store that is dropped gives everything up, even if readers still hold on to the log.
    deinit { log.release() }

    /// Applies a batch as one unit.
    public func write(_ batch: WriteBatch) throws(LogStoreError) {
        try log.write(batch, capabilities)
    }

    /// Commits everything written since the last commit.
    ///
    /// - Throws: `noSpace` if the disk is full: nothing is lost, and the call may be repeated.
    ///   `poisoned` if it failed in any other way.
    public func sync() throws(LogStoreError) { try log.commit() }

    /// Commits everything and gives the directory up; closing twice is no error.
    public func close() throws(LogStoreError) { try log.close() }

    /// SQLite's page cache is not counted.
    public var memoryFootprint: Int { 0 }

    /// Makes a reader, which uses the same connection.
    public func makeReader() -> sending any LogReader { SQLiteReader(log) }

    /// Where the log begins and ends.
    public var state: LogState { log.state }

    /// Calls `body` with an entry.
    public func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        try log.withEntry(at: index, body)
    }

    /// Calls `body` with each entry of a range.
    ///
    /// - Complexity: memory for all of them: `maxByteCount` bounds it.
    public func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try log.visitEntries(in: range, maxByteCount: maxByteCount, body)
    }

    /// The value of a metadata key.
    public func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try log.metadata(for: key)
    }

    /// Every metadata key that has a value.
    public func metadataKeys() throws(LogStoreError) -> [MetadataKey] { try log.metadataKeys() }
}

/// Reads the log of an ``SQLiteStore`` beside its writer.
final class SQLiteReader: LogReader {
    private let log: SQLiteLog

    init(_ log: SQLiteLog) { self.log = log }

    var state: LogState { log.state }
    func makeReader() -> sending any LogReader { SQLiteReader(log) }

    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        try log.withEntry(at: index, body)
    }

    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try log.visitEntries(in: range, maxByteCount: maxByteCount, body)
    }

    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try log.metadata(for: key)
    }

    func metadataKeys() throws(LogStoreError) -> [MetadataKey] { try log.metadataKeys() }
}
