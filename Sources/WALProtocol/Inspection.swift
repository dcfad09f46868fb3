/// What checking every byte of a store found.
///
/// Made without changing anything.
public struct VerificationReport: Sendable {
    /// Where the log begins and ends, as far as it can be known.
    public var state = LogState()
    /// The bytes that were read and checked.
    public var checkedByteCount: UInt64 = 0
    /// The bytes at the end that a writer would cut when it opens the store.
    public var tornByteCount: UInt64 = 0
    /// Every damage found, each with file, offset and, where known, index; empty if there is none.
    public var damages: [LogStoreError] = []

    /// Makes the report of an empty store.
    public init() {}
}

/// What a store's directory holds, for people and tools.
///
/// Made without changing anything.
public struct StoreDescription: Sendable {
    /// One segment file, or the one data file of a backend that has no segments.
    public struct Segment: Sendable {
        /// The file's name in the directory.
        public var file: String
        /// The sequence number; 0 for a backend without segments.
        public var sequence: UInt64
        /// `open`, `clean`, `sealed`, `prepared`, `leftover` or `damaged`.
        public var state: String
        /// The first live entry in it; `nil` if it has none.
        public var first: LogIndex?
        /// The number of live entries in it.
        public var entryCount: UInt64
        /// Bytes of live entries, headers included.
        public var liveByteCount: UInt64
        /// Bytes of records that nothing needs any more.
        public var deadByteCount: UInt64
        /// The size of the file.
        public var fileByteCount: UInt64

        /// Describes a file.
        public init(
            file: String, sequence: UInt64, state: String, first: LogIndex?, entryCount: UInt64,
            liveByteCount: UInt64, deadByteCount: UInt64, fileByteCount: UInt64
        ) {
            self.file = file
            self.sequence = sequence
            self.state = state
            self.first = first
            self.entryCount = entryCount
            self.liveByteCount = liveByteCount
            self.deadByteCount = deadByteCount
            self.fileByteCount = fileByteCount
        }
    }

    /// The backend: `segment` or `lmdb`.
    public var backend: String
    /// The version of the on-disk format.
    public var formatVersion: UInt32
    /// The store's identity, in hexadecimal.
    public var storeID: String
    /// Positions; `durable` is the watermark that the files prove.
    public var state = LogState()
    /// The metadata keys that have a value.
    public var metadataKeys: [MetadataKey] = []
    /// The files, oldest first.
    public var segments: [Segment] = []
    /// What opening the store for writing would find.
    public var recovery = RecoveryReport()

    /// Describes a store.
    public init(backend: String, formatVersion: UInt32, storeID: String) {
        self.backend = backend
        self.formatVersion = formatVersion
        self.storeID = storeID
    }
}
