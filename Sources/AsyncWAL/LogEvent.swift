public import WALProtocol

/// What happens in a log, for metrics and tests.
public enum LogEvent: Sendable {
    /// A sync ended well.
    case synced(SyncEvent)
    /// The store could not be synced for now; what was accepted is still pending.
    case syncFailed(LogStoreError)
    /// A sync failed for good: nothing is accepted any more.
    case poisoned(LogStoreError)
    /// A caller had to wait because too many bytes were pending.
    case writerHeldBack(pendingByteCount: Int)
    /// The log was closed; the error if that lost durability.
    case closed(LogStoreError?)
}

/// One sync and the group that it served.
public struct SyncEvent: Hashable, Sendable {
    /// Writes that it made durable: calls, not entries.
    public var writeCount: Int
    /// Bytes of payloads, keys and values among them.
    public var byteCount: Int
    /// Callers that were waiting for it.
    public var waiterCount: Int
    /// From the first write it covers to its beginning.
    public var queueing: Duration
    /// From its beginning to its end.
    public var duration: Duration
    /// Whether it took longer than ``AsyncLog/Options/slowSyncThreshold``.
    public var isSlow: Bool
}

/// Counters of an ``AsyncLog`` since it was made.
public struct LogStatistics: Hashable, Sendable {
    /// Writes that were accepted.
    public var acceptedWriteCount: UInt64 = 0
    /// Their bytes.
    public var acceptedByteCount: UInt64 = 0
    /// Writes that are durable.
    public var durableWriteCount: UInt64 = 0
    /// Writes that the store refused.
    public var refusedWriteCount: UInt64 = 0
    /// Syncs that ended well.
    public var syncCount: UInt64 = 0
    /// Syncs that took longer than ``AsyncLog/Options/slowSyncThreshold``.
    public var slowSyncCount: UInt64 = 0
    /// The time that syncs took, in all.
    public var syncDuration: Duration = .zero
    /// The longest sync.
    public var longestSync: Duration = .zero
    /// The most writes that one sync made durable.
    public var largestGroup: UInt64 = 0
    /// Callers that had to wait because too many bytes were pending.
    public var heldBackCount: UInt64 = 0
    /// Bytes that are accepted and not durable.
    public var pendingByteCount: Int = 0
    /// Callers that wait to be accepted.
    public var queueDepth: Int = 0
    /// Callers that wait for durability.
    public var waiterCount: Int = 0
    /// What the store says of itself; of one that only the worker touches, as of the last sync.
    public var store = StoreStatistics()

    /// Makes counters of a log that did nothing.
    public init() {}
}
