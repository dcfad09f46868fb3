public import WALProtocol

extension SegmentStore {
    /// How a segment store is opened.
    ///
    /// Any option may differ from one opening to the next.
    public struct Options: Sendable {
        /// Whether to write or only to look.
        public var access: StoreAccess = .readWrite
        /// What to do about damage.
        public var policy: RecoveryPolicy = .strict
        /// Whether opening reads and checks every byte first, as ``SegmentStore/verify(at:)`` does,
        /// and refuses any damage: the error's message lists all of it.
        ///
        /// Nothing was changed then. Costs O(bytes), on all processors. Only with the policy
        /// `strict`; the others accept damage. A store that is made now has nothing to check.
        public var verifiesOnOpen = false
        /// The largest segment, in bytes; every fourth one is twice as large as the last, up to it.
        ///
        /// At least 8 KiB. A batch that does not fit gets a segment of its own.
        public var maximumSegmentByteCount = 64 << 20
        /// The first segment, in bytes; at least 8 KiB.
        public var minimumSegmentByteCount = 1 << 20
        /// The memory for recent entries, in bytes.
        ///
        /// Never changes an answer.
        public var cacheByteCount = 16 << 20
        /// The memory for footers of sealed segments, in bytes: four bytes for each entry.
        ///
        /// Never changes an answer. A footer that has no room is read in pieces, which costs a
        /// second `pread` for each read of a single entry.
        public var footerCacheByteCount = 8 << 20
        /// The segment files, besides the active one, that are kept open at a time.
        public var openSegmentLimit = 32
        /// The bytes that may be written without a sync before a rotation syncs by itself, which
        /// bounds what recovery may have to copy.
        public var maximumUnsyncedByteCount = 1 << 30
        /// The disk.
        public var fileSystem: any FileSystem
        /// Runs the preparation and removal of segments, off the caller's path.
        public var executor: any BackgroundExecutor
        /// Draws the identity of a new store.
        public var randomNumbers: @Sendable () -> UInt64
        /// The identity of a new store, if it is a copy.
        package var number: StoreNumber?

        /// The defaults: safe, and fast on any disk.
        public init() {
            fileSystem = POSIXFileSystem()
            executor = BackgroundQueue()
            randomNumbers = {
                var generator = SystemRandomNumberGenerator()
                return generator.next()
            }
        }

        /// The longest payload, in bytes.
        static let maximumEntryByteCount = 64 << 20
        /// The largest batch, in bytes.
        static let maximumBatchByteCount = 256 << 20

        var capabilities: LogStoreCapabilities {
            var capabilities = LogStoreCapabilities(
                name: "segment", maximumEntryByteCount: Self.maximumEntryByteCount,
                maximumBatchByteCount: Self.maximumBatchByteCount,
                maximumMetadataValueByteCount: 64 << 10, maximumMetadataTotalByteCount: 1 << 20)
            capabilities.isFaultInjectable = true
            capabilities.reclaimGranularityByteCount = maximumSegmentByteCount
            return capabilities
        }

        func validate() throws(LogStoreError) {
            let smallest = SegmentFormat.minimumSegmentByteCount
            let sizes = smallest...(1 << 30)
            guard sizes.contains(maximumSegmentByteCount) else {
                throw .invalidArgument(
                    "maximumSegmentByteCount has to be from \(smallest) bytes to 1 GiB")
            }
            guard sizes.contains(minimumSegmentByteCount) else {
                throw .invalidArgument(
                    "minimumSegmentByteCount has to be from \(smallest) bytes to 1 GiB")
            }
            guard cacheByteCount >= 0, footerCacheByteCount >= 0, maximumUnsyncedByteCount > 0,
                openSegmentLimit > 0
            else {
                throw .invalidArgument(
                    "caches, unsynced bytes and open segments cannot be negative")
            }
        }

        /// The capacity of a segment that follows one with a capacity, so that `needed` bytes fit.
        ///
        /// Every fourth one is twice as large: while a segment is written its successor is filled
        /// with zeros, which should be about as many bytes.
        func capacity(of sequence: UInt64, after previous: Int?, needed: Int) -> Int {
            let grown =
                previous.map { sequence.isMultiple(of: 4) ? $0 * 2 : $0 }
                ?? min(minimumSegmentByteCount, maximumSegmentByteCount)
            let capacity = max(min(grown, maximumSegmentByteCount), needed)
            return (capacity + 4095) & ~4095
        }
    }
}
