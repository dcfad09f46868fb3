public import WALProtocol

/// A log as lines of JSON: every change is one, and a batch is one write.
///
/// The fifth attempt: what it says is durable is, and what it cannot promise it does not declare.
public final class JSONStore: LogStore {
    /// What it declares.
    public let capabilities: LogStoreCapabilities
    private let log: JSONLog

    /// Opens the log in a directory, and creates both if there is none.
    public init(at path: String) throws(LogStoreError) {
        var capabilities = LogStoreCapabilities(
            name: "json", maximumEntryByteCount: 1 << 20, maximumBatchByteCount: 8 << 20,
            maximumMetadataValueByteCount: 64 << 10, maximumMetadataTotalByteCount: 1 << 20)
        // The lines have no checksums: a digit that flips is another digit.
        capabilities.detectsBitRot = false
        capabilities.distinguishesTornTail = false
        capabilities.reclaimGranularityByteCount = Int(JSONFiles.toleratedByteCount)
        self.capabilities = capabilities
        log = JSONLog(try JSONFiles(at: path))
    }

    /// Ends what readers still have; nothing is synced, since nobody asked for it.
    deinit { log.release() }

    /// Applies a batch.
    public func write(_ batch: WriteBatch) throws(LogStoreError) {
        try log.use { (files) throws(LogStoreError) in try files.write(batch, capabilities) }
    }

    /// Makes everything written durable.
    public func sync() throws(LogStoreError) {
        try log.use { (files) throws(LogStoreError) in try files.sync() }
    }

    /// Gives the files up.
    public func close() throws(LogStoreError) { try log.close() }

    /// Where the log begins and ends.
    public var state: LogState { log.state }
    /// The bytes that are held.
    public var memoryFootprint: Int { log.memoryFootprint }
    /// Makes a reader.
    public func makeReader() -> sending any LogReader { JSONReader(log) }

    /// Calls `body` with an entry.
    public func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        try log.withEntry(at: index, body)
    }

    /// Calls `body` with each entry of a range.
    public func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try log.visitEntries(in: range, maxByteCount: maxByteCount, body)
    }

    /// The value of a key.
    public func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try log.use { (files) throws(LogStoreError) in files.values[key] }
    }

    /// Every key that has a value.
    public func metadataKeys() throws(LogStoreError) -> [MetadataKey] {
        try log.use { (files) throws(LogStoreError) in files.values.keys.sorted() }
    }
}

/// Reads the log beside the writer.
final class JSONReader: LogReader {
    private let log: JSONLog

    init(_ log: JSONLog) { self.log = log }

    var state: LogState { log.state }
    func makeReader() -> sending any LogReader { JSONReader(log) }

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
        try log.use { (files) throws(LogStoreError) in files.values[key] }
    }

    func metadataKeys() throws(LogStoreError) -> [MetadataKey] {
        try log.use { (files) throws(LogStoreError) in files.values.keys.sorted() }
    }
}
