/// How a store is copied.
public struct CopyOptions: Hashable, Sendable {
    /// The backend of the copy; `nil` for the source's own.
    public var backend: Backend?
    /// Whether segments that are never written again may share their blocks with the source.
    ///
    /// As a clone where the file system has such a thing, else as a second name of the same file:
    /// then damage to one is damage to both. Without it, all bytes are copied.
    public var sharesFiles = true
    /// The largest segment of a copy that is made entry by entry, in bytes; `nil` for the default.
    public var maximumSegmentByteCount: Int?

    /// Makes the defaults: the same backend, sharing what can be shared.
    public init() {}
}

/// How far a copy is.
public struct CopyProgress: Hashable, Sendable {
    /// What is counted.
    public enum Unit: String, Hashable, Sendable {
        /// Bytes of files.
        case bytes
        /// Entries.
        case entries
    }

    /// What is counted.
    public var unit: Unit
    /// How many are done.
    public var done: UInt64
    /// How many there are.
    public var total: UInt64
}

/// What copying a store did.
public struct CopyReport: Sendable {
    /// The backend of the source.
    public var sourceBackend: Backend
    /// The backend of the copy.
    public var backend: Backend
    /// The identity of both stores, in hexadecimal: a copy is the same store.
    public var storeID: String
    /// Where the copy begins and ends.
    public var state = LogState()
    /// The metadata keys that have a value.
    public var metadataKeys: [MetadataKey] = []
    /// The bytes of files that share their blocks with the source until either is written.
    public var clonedByteCount: UInt64 = 0
    /// The bytes of files that are the source's under a second name.
    public var linkedByteCount: UInt64 = 0
    /// The bytes that were written.
    public var copiedByteCount: UInt64 = 0
    /// The bytes of files, or of payloads, that an earlier attempt had copied.
    public var keptByteCount: UInt64 = 0
    /// The bytes of the copy that were read back and checked.
    public var verifiedByteCount: UInt64 = 0
    /// Whether an earlier attempt was continued.
    public var isResumed = false
}
