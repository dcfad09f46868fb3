/// What a store says of itself while it works, for dashboards.
///
/// ``LogStore/statistics`` gives it.
public struct StoreStatistics: Hashable, Sendable {
    /// The bytes of entries and indexes that are held in memory.
    public var memoryFootprint: Int
    /// The files that hold the log.
    public var segmentCount: Int
    /// The entries that were read, by all readers; `nil` if the store does not count them.
    ///
    /// Readers count for themselves and tell now and then: at the latest when the log begins
    /// another block of its cache or another file, when they read from a file, and when they go.
    public var readCount: UInt64?
    /// The times that readers had to ask the file system, for one entry or for many behind each
    /// other; `nil` if the store does not count them.
    public var fileReadCount: UInt64?
    /// The bytes that they got; `nil` if the store does not count them.
    public var fileReadByteCount: UInt64?

    /// The entries that were read without asking the file system, as far as it is counted.
    public var cacheHitCount: UInt64? {
        guard let readCount, let fileReadCount else { return nil }
        return readCount - min(readCount, fileReadCount)
    }

    /// Makes what a store knows that counts nothing.
    public init(memoryFootprint: Int = 0, segmentCount: Int = 1) {
        self.memoryFootprint = memoryFootprint
        self.segmentCount = segmentCount
    }
}
