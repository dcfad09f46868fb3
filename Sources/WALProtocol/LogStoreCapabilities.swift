/// What a backend declares about itself, so that the conformance kit checks what was promised and
/// reports the rest as not checked.
public struct LogStoreCapabilities: Hashable, Sendable {
    /// What a crash in the middle of a batch leaves.
    public enum BatchAtomicity: Hashable, Sendable {
        /// All of the batch or nothing.
        case atomic
        /// A prefix of the batch in its documented order.
        case prefix
    }

    /// What the backend's name is in reports.
    public var name: String
    /// The smallest index that can be appended: 0 or 1.
    public var minimumIndex: LogIndex = 0
    /// The longest payload, in bytes.
    public var maximumEntryByteCount: Int
    /// The largest batch, in bytes of payloads, keys and values.
    public var maximumBatchByteCount: Int
    /// The longest metadata value, in bytes.
    public var maximumMetadataValueByteCount: Int
    /// The most bytes that all metadata keys and values may hold together.
    public var maximumMetadataTotalByteCount: Int
    /// Whether an append with a lower term than its predecessor is refused.
    public var enforcesTermOrder = true
    /// What a crash in the middle of a batch leaves.
    public var batchAtomicity: BatchAtomicity = .atomic
    /// Whether `sync()` reaches stable storage: false for a store in memory, or one told not to.
    public var syncIsDurable = true
    /// Whether a flipped bit in a stored entry is reported rather than returned.
    public var detectsBitRot = true
    /// Whether an incomplete last write is told from damage to an earlier one.
    public var distinguishesTornTail = true
    /// Whether readers may run beside the writer, on other threads.
    public var allowsConcurrentReaders = true
    /// Whether a second opener of the same directory is refused.
    public var locksExclusively = true
    /// Whether the store lives in files in its directory, and not in memory or in a service.
    public var isStoredInFiles = true
    /// Whether all file operations go through the `FileSystem` seam, so that faults can be injected.
    public var isFaultInjectable = false
    /// The bytes that compaction can reclaim at a time; `nil` if space is only reused internally.
    public var reclaimGranularityByteCount: Int?

    /// Declares a backend; everything else starts as what a good store does.
    public init(
        name: String, maximumEntryByteCount: Int, maximumBatchByteCount: Int,
        maximumMetadataValueByteCount: Int, maximumMetadataTotalByteCount: Int
    ) {
        self.name = name
        self.maximumEntryByteCount = maximumEntryByteCount
        self.maximumBatchByteCount = maximumBatchByteCount
        self.maximumMetadataValueByteCount = maximumMetadataValueByteCount
        self.maximumMetadataTotalByteCount = maximumMetadataTotalByteCount
    }
}
