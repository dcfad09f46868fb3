#if LMDB
    import CLMDB
    public import WALProtocol

    extension LMDBStore {
        /// Whether a directory holds an LMDB store.
        public static func exists(at path: String) -> Bool {
            (try? Disk.isFile(DataFile.path(in: path))) ?? false
        }

        /// Reads and checks every page in use: the trees, every entry, every metadata value and the
        /// state.
        ///
        /// Changes nothing, and works beside a live writer.
        ///
        /// The pages are read without LMDB, which would follow a damaged page wherever it leads.
        ///
        /// - Returns: every damage found, with file, offset and, where known, index.
        /// - Throws: `unavailable` if there is no store; `unsupportedFormat`; `io`.
        public static func verify(
            at path: String, options: VerificationOptions = VerificationOptions()
        ) throws(LogStoreError) -> VerificationReport {
            try StoreDirectory(path: path).checkPresent()
            let meter = ReadMeter(options, pause: Disk.pause)
            do throws(LogStoreError) {
                return try withSnapshot(at: path) { (file, meta) throws(LogStoreError) in
                    try StoreCheck(file, meta, meter: meter).run()
                }
            } catch {
                guard error.code == .corrupt else { throw error }
                return try verifyWithoutOpening(path, meter, refusedFor: error)
            }
        }

        /// When LMDB is not given the file, the newest state is walked all the same.
        ///
        /// A writer that is at work all the same may reuse pages under the walk, which are reported
        /// then; the store is damaged anyway.
        private static func verifyWithoutOpening(
            _ path: String, _ meter: ReadMeter, refusedFor reason: LogStoreError
        ) throws(LogStoreError) -> VerificationReport {
            var report = VerificationReport()
            do throws(LogStoreError) {
                let file = try DataFile(in: path)
                report = try StoreCheck(file, file.newestMeta, meter: meter).run()
            } catch {
                // Without a meta page there is nothing to walk.
                guard error.code == .corrupt else { throw error }
            }
            if !report.damages.contains(where: { $0.context == reason.context }) {
                report.findings.insert(.init(.page, reason), at: 0)
            }
            return report
        }

        /// What the directory holds.
        ///
        /// Changes nothing, and works beside a live writer.
        ///
        /// - Throws: `unavailable` if there is no store; `corrupt`, `unsupportedFormat`, `io`.
        public static func describe(at path: String) throws(LogStoreError) -> StoreDescription {
            var options = Options()
            options.access = .readOnly
            let store = try LMDBStore(at: path, options: options)
            defer { store.core.release() }
            let (record, pages) = try store.core.pageCounts()
            var description = StoreDescription(
                backend: "lmdb", formatVersion: StateRecord.formatVersion,
                storeID: record.storeIDText)
            description.state = record.logState
            description.metadataKeys = try store.metadataKeys()
            description.recovery = store.recoveryReport
            description.segments = [
                StoreDescription.Segment(
                    file: DataFile.name, sequence: 0, state: "clean", first: record.first,
                    entryCount: record.logState.count,
                    liveByteCount: pages.used, deadByteCount: pages.file - pages.used,
                    fileByteCount: pages.file)
            ]
            return description
        }

        /// Runs `body` on the file as it was at one commit, whose pages stay as they are meanwhile.
        private static func withSnapshot<R>(
            at path: String, _ body: (DataFile, DataFile.Meta) throws(LogStoreError) -> R
        ) throws(LogStoreError) -> R {
            let environment = try EnvironmentRegistry.acquire(path, writable: false, .reading)
            defer { EnvironmentRegistry.release(environment) }
            return try environment.read { (transaction, _) throws(LogStoreError) in
                let number = Transaction.number(transaction)
                let file = try DataFile(in: path)
                guard let meta = file.metas.first(where: { $0.transaction == number }) else {
                    throw LogStoreError(
                        .io, "the store changed while it was opened; try again",
                        context: .init(file: file.path))
                }
                return try body(file, meta)
            }
        }
    }

    extension LogCore {
        /// The state record, and the bytes in use and in all, of one transaction.
        fileprivate func pageCounts() throws(LogStoreError) -> (
            StateRecord, (used: UInt64, file: UInt64)
        ) {
            let file = environment.file
            return try environment.read { (transaction, databases) throws(LogStoreError) in
                let record = try StateRecord.get(in: transaction, databases, file: file)
                var pageCount = 2
                var pageByteCount = 0
                // 0 and 1 are the list of free pages and the database of databases.
                for database in [0, 1, databases.entries, databases.metadata, databases.state] {
                    var found = MDB_stat()
                    let result = mdb_stat(transaction, database, &found)
                    guard result == MDB_SUCCESS else {
                        throw LMDBFailure("mdb_stat", result).meaning(file: file)
                    }
                    pageByteCount = Int(found.ms_psize)
                    pageCount +=
                        found.ms_branch_pages + found.ms_leaf_pages + found.ms_overflow_pages
                }
                let fileByteCount = try DataFile(in: directory).byteCount
                let used = min(UInt64(pageCount * pageByteCount), fileByteCount)
                return (record, (used, fileByteCount))
            }
        }
    }
#endif
