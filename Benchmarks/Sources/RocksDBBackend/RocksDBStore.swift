#if RocksDB
    public import WALProtocol

    /// A log in a RocksDB database, as an engine that has no log of its own would keep it: the
    /// general-purpose store that teams would otherwise pick.
    ///
    /// Each write is one batch, which RocksDB appends to the buffer of its own log and puts into a
    /// table in memory; ``flush()`` writes the buffer out, and ``sync()`` waits for the disk. Both are
    /// one call of RocksDB's and may run beside appends. Tables are written out, merged and
    /// given up by threads of RocksDB's, some time after compaction.
    ///
    /// After a crash RocksDB recovers a prefix of what was written, up to the first record of its log
    /// that is not whole: a flipped bit there ends the log early, and nobody is told.
    ///
    /// If a write or a sync fails, RocksDB refuses to write on, and so does the store: `poisoned`. That
    /// includes a full disk, which a retry after some space was freed does not mend; what was not
    /// synced by then is lost.
    ///
    /// Debian's library is built with RocksDB's assertions and the hooks of its tests: what does not wait
    /// for the disk is faster elsewhere.
    ///
    /// Concurrency: one owner, as for every store; readers run on any thread.
    public final class RocksDBStore: LogStore {
        private let log: RocksDBLog
        private let changes = Changes()

        /// Opens the log in a directory, and creates both if there is none.
        ///
        /// - Parameters:
        ///   - path: The store's directory.
        ///   - options: How to open it.
        /// - Throws: `locked` if it is open already; `readOnly`, `corrupt`, `unsupportedFormat`,
        ///   `invalidArgument`, `noSpace`, `io`.
        public init(at path: String, options: Options = Options()) throws(LogStoreError) {
            var capabilities = LogStoreCapabilities(
                name: "rocksdb", maximumEntryByteCount: 64 << 20,
                maximumBatchByteCount: 256 << 20, maximumMetadataValueByteCount: 64 << 10,
                maximumMetadataTotalByteCount: 1 << 20)
            // It has checksums, and takes damage in its log for the log's end.
            capabilities.detectsBitRot = false
            capabilities.distinguishesTornTail = false
            log = try RocksDBLog(at: path, options, capabilities)
        }

        /// A store that is dropped gives everything up, even if readers still hold on to the log.
        deinit { log.release() }

        /// What it declares.
        public var capabilities: LogStoreCapabilities { log.capabilities }

        /// Appends one entry.
        ///
        /// - Throws: as ``LogStore/append(_:at:kind:)``.
        /// - Complexity: O(payload + log entries).
        public func append(
            _ payload: RawSpan, at position: LogPosition, kind: EntryKind
        ) throws(LogStoreError) {
            try log.append(payload, at: position, kind: kind, changes)
        }

        /// Applies a batch as one unit.
        ///
        /// - Throws: as ``LogStore/write(_:)``.
        public func write(_ batch: WriteBatch) throws(LogStoreError) {
            try log.write(batch, changes)
        }

        /// Hands everything written to the operating system.
        ///
        /// - Throws: `noSpace`, `io`; the store is `poisoned` from then on.
        public func flush() throws(LogStoreError) { try log.flush() }

        /// Brings everything written to stable storage.
        ///
        /// - Throws: as ``flush()``.
        public func sync() throws(LogStoreError) { try log.sync() }

        /// Syncs, and gives the directory up; closing twice is no error.
        ///
        /// - Throws: what ``sync()`` throws; the directory is given up all the same.
        public func close() throws(LogStoreError) { try log.close() }

        /// The bytes of RocksDB's tables in memory and of its cache.
        public var memoryFootprint: Int { log.database.memoryByteCount }

        /// Makes a reader that runs beside the writer, on any thread.
        public func makeReader() -> sending any LogReader { RocksDBReader(log) }

        /// Where the log begins and ends.
        public var state: LogState { log.state }

        /// The term of an entry, or of the compacted position.
        ///
        /// - Throws: as ``LogReading/term(at:)``.
        public func term(at index: LogIndex) throws(LogStoreError) -> Term {
            try log.term(at: index)
        }

        /// Calls `body` with a copy of an entry.
        ///
        /// - Throws: as ``LogReading/withEntry(at:_:)``.
        public func withEntry<R>(
            at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
        ) throws(LogStoreError) -> R {
            try log.withEntry(at: index, body)
        }

        /// Calls `body` with each entry of a range, as the log was when the visit began.
        ///
        /// - Throws: as ``LogReading/visitEntries(in:maxByteCount:_:)``.
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
        public func metadataKeys() throws(LogStoreError) -> [MetadataKey] {
            try log.metadataKeys()
        }
    }

    /// Syncs that run beside appends.
    extension RocksDBStore: SplitSync {
        /// Hands everything written to the operating system and names what has to reach the disk.
        ///
        /// - Throws: as ``flush()``.
        public func beginSync() throws(LogStoreError) -> any PendingSync {
            try log.flush()
            return RocksDBSync(log: log, point: log.syncPoint)
        }

        /// Ends a sync that was performed: advances ``LogState/durable``, or poisons the store.
        ///
        /// - Throws: the failure of `outcome`, as `poisoned` from then on; `closed`;
        ///   `invalidArgument` if another store began the sync.
        public func endSync(
            _ finished: any PendingSync, _ outcome: Result<Void, LogStoreError>
        ) throws(LogStoreError) {
            guard let finished = finished as? RocksDBSync, finished.log === log else {
                throw .invalidArgument("the sync was begun by another store")
            }
            try log.checkWritable()
            switch outcome {
            case .success: log.finishSync(finished.point)
            case .failure(let error): throw log.poison(error)
            }
        }
    }

    /// The slow half of a sync.
    private struct RocksDBSync: PendingSync {
        let log: RocksDBLog
        let point: RocksDBLog.SyncPoint

        func perform() throws(LogStoreError) { try log.database.syncLog() }
    }
#endif
