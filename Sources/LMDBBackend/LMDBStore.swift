#if LMDB
    public import WALProtocol

    /// A log store on liblmdb, the baseline that the native store is compared with.
    ///
    /// Entries, metadata and state are three databases of one environment. What is written is
    /// visible at once and waits in memory; ``flush()`` and ``sync()`` commit all of it in one
    /// transaction, so both make it durable. If more than
    /// ``Options/pendingByteLimit`` bytes wait, they are committed early, before the write that
    /// finds so; a batch is never split.
    ///
    /// LMDB has no checksums: every value carries one of ours, so that a flipped bit in an entry,
    /// a metadata value or the state is reported (`corrupt`) and never returned. LMDB believes its
    /// own pages, and a damaged one can end the process: each is checked before LMDB comes to it
    /// for the first time. Damage that appears afterwards, under the open store, is found when it
    /// is opened again, and by ``verify(at:)``, which does without LMDB's help.
    ///
    /// A damaged value costs that entry alone. A damaged page costs the opening or, in a file that
    /// is not checked as a whole, every read and commit that comes to it; ``LMDBSalvage`` reads what
    /// is left, and ``repair(at:_:from:)`` makes a working store of it. A replica with `corrupt`
    /// state or metadata must not vote before it has caught up.
    ///
    /// Readers copy an entry out of the map in a transaction of its own, so that no reader keeps
    /// the writer from reusing pages. The map grows on demand. It is not counted in
    /// ``memoryFootprint``: it is the kernel's page cache, which gives way when memory is short.
    ///
    /// LMDB does not give space back to the file system: after a compaction the pages are reused.
    /// It needs free pages even to delete: on a full disk with none, compaction fails with
    /// `noSpace`.
    ///
    /// Concurrency: one owner, as for every store; readers run on any thread. A process forked
    /// from the owner can neither read nor write the store (`locked`).
    public final class LMDBStore: LogStore {
        let core: LogCore
        var loan = ReadBufferLoan()

        /// What opening found and did.
        ///
        /// LMDB has nothing to recover.
        public let recoveryReport: RecoveryReport

        /// What the backend declares about itself.
        public var capabilities: LogStoreCapabilities { core.capabilities }

        /// Opens the store in a directory; for writing, creates it if there is none.
        ///
        /// A store is made in a subdirectory, synced, and renamed into place, and the names of the
        /// directories it lies in are synced: a crash in the middle leaves no store or an empty
        /// one.
        ///
        /// - Parameters:
        ///   - path: The store's directory.
        ///   - options: How to open it.
        /// - Throws: `locked` if another writer has it; `unavailable` if there is no store and
        ///   `options.access` is `.readOnly`; `readOnly` if it cannot be written; `corrupt`,
        ///   `unsupportedFormat`, `invalidArgument`, `noSpace`, `io`. Nothing stays open.
        public init(at path: String, options: Options = Options()) throws(LogStoreError) {
            let clock = ContinuousClock()
            let start = clock.now
            try options.validate()
            let directory = StoreDirectory(path: path)
            let lock: WriterLock?
            switch options.access {
            case .readWrite:
                lock = try directory.prepareForWriting(options)
            case .readOnly:
                lock = nil
                try directory.checkPresent()
            }
            if options.verifiesOnOpen {
                let damages = try LMDBStore.verify(at: path).damages
                if let refusal = LogStoreError.refusal(for: damages) { throw refusal }
            }
            let environment = try EnvironmentRegistry.acquire(
                path, writable: options.access == .readWrite,
                EnvironmentSettings(options))
            do throws(LogStoreError) {
                core = try LogCore(
                    directory: path, options: options, environment: environment, lock: lock)
            } catch {
                EnvironmentRegistry.release(environment)
                throw error
            }
            var report = RecoveryReport()
            report.entryCount = core.state.count
            report.duration = clock.now - start
            recoveryReport = report
        }

        deinit {
            // Dropped without close: what was not committed is lost, as when the process dies.
            core.release()
        }

        /// Appends one entry; it is visible at once and durable after the next ``flush()`` or
        /// ``sync()``.
        ///
        /// - Throws: as ``LogStore/append(_:at:kind:)``; an early commit that failed throws what
        ///   ``sync()`` throws. A refused append has no effect.
        /// - Complexity: O(payload); a commit every ``Options/pendingByteLimit`` bytes.
        public func append(
            _ payload: RawSpan, at position: LogPosition, kind: EntryKind
        ) throws(LogStoreError) {
            try payload.withUnsafeBytes { (bytes) throws(LogStoreError) in
                try core.append(bytes, at: position, kind: kind)
            }
        }

        /// Applies a batch as one unit, whose effect on disk lies in one transaction.
        ///
        /// - Throws: as ``LogStore/write(_:)``; an early commit that failed throws what ``sync()``
        ///   throws. A refused batch has no effect.
        public func write(_ batch: WriteBatch) throws(LogStoreError) { try core.write(batch) }

        /// Commits everything written; the same as ``sync()``, for LMDB knows nothing in between.
        ///
        /// - Throws: as ``sync()``.
        public func flush() throws(LogStoreError) { try core.commit() }

        /// Commits everything written since the last commit, in one transaction.
        ///
        /// - Throws: `noSpace` if the disk is full: everything is still there, and the call may be
        ///   repeated. `io` if a sync failed: the store is `poisoned` from then on.
        /// - Durability: durable, unless ``Options/durability`` is `.noSync`.
        public func sync() throws(LogStoreError) { try core.commit() }

        /// Makes a reader that runs beside the writer, on any thread.
        public func makeReader() -> sending any LogReader { LMDBReader(core) }

        /// The bytes of pending entries, of the read buffer, and of a list of pages to check.
        ///
        /// LMDB's map is page cache.
        public var memoryFootprint: Int {
            core.lock.withLock { core.pending.byteCount } + loan.byteCount
                + (core.environment.leafGuard?.byteCount ?? 0)
        }

        /// The bytes of address space that LMDB's map takes.
        public var mapByteCount: Int { core.environment.mapByteCount }

        /// Commits everything, makes it durable and gives the directory up; closing twice is no
        /// error.
        ///
        /// - Throws: what ``sync()`` throws; the directory is given up all the same.
        public func close() throws(LogStoreError) { try core.close() }

        static func capabilities(_ options: Options) -> LogStoreCapabilities {
            var capabilities = LogStoreCapabilities(
                name: options.durability == .full ? "lmdb" : "lmdb-nosync",
                maximumEntryByteCount: 64 << 20, maximumBatchByteCount: 256 << 20,
                maximumMetadataValueByteCount: 64 << 10,
                maximumMetadataTotalByteCount: 1 << 20)
            capabilities.syncIsDurable = options.durability == .full
            // A transaction is there or it is not: there is no tail that could be torn.
            capabilities.distinguishesTornTail = false
            return capabilities
        }
    }
#endif
