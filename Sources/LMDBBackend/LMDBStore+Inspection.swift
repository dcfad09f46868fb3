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
        /// - Returns: what can be told; of a damaged store with all that is wrong.
        /// - Throws: `unavailable` if there is no store; `unsupportedFormat`, `io`.
        /// - Complexity: O(bytes).
        public static func describe(at path: String) throws(LogStoreError) -> StoreDescription {
            var options = Options()
            options.access = .readOnly
            let description: StoreDescription
            do throws(LogStoreError) {
                description = try describe(LMDBStore(at: path, options: options))
            } catch {
                guard error.code == .corrupt else { throw error }
                return try describeDamaged(path, try verify(at: path).findings)
            }
            let findings = try verify(at: path).findings
            return findings.isEmpty ? description : try describeDamaged(path, findings)
        }

        private static func describe(_ store: LMDBStore) throws(LogStoreError) -> StoreDescription {
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
                    entryCount: record.logState.count, liveByteCount: pages.used,
                    deadByteCount: pages.known - pages.used,
                    freeByteCount: pages.file - pages.known, fileByteCount: pages.file)
            ]
            return description
        }

        /// Describes the newest state as far as its pages can be read without LMDB.
        private static func describeDamaged(
            _ path: String, _ findings: [VerificationReport.Finding]
        ) throws(LogStoreError) -> StoreDescription {
            var description = StoreDescription(
                backend: "lmdb", formatVersion: StateRecord.formatVersion, storeID: "")
            var segment = StoreDescription.Segment(
                file: DataFile.name, sequence: 0, state: "damaged", first: nil, entryCount: 0,
                liveByteCount: 0, deadByteCount: 0, fileByteCount: 0)
            description.findings = findings
            description.recovery.findings = [.init(.damaged, file: DataFile.name)]
            do throws(LogStoreError) {
                let file = try DataFile(in: path)
                let meta = file.newestMeta
                let check = StoreCheck(file, meta)
                let report = try check.run()
                description.storeID = check.record?.storeIDText ?? ""
                description.state = report.state
                description.metadataKeys = check.metadataKeys.sorted()
                description.recovery.entryCount = report.state.count
                segment.first = report.state.first
                segment.entryCount = report.state.count
                let pageByteCount = UInt64(meta.pageByteCount)
                let pages = Set(
                    report.damages.compactMap(\.context.byteOffset).map { $0 / pageByteCount })
                segment.fileByteCount = file.byteCount
                let known = min((meta.lastPage + 1) * pageByteCount, file.byteCount)
                let used = min(report.checkedByteCount + 2 * pageByteCount, known)
                segment.damagedByteCount = min(UInt64(pages.count) * pageByteCount, used)
                segment.liveByteCount = used - segment.damagedByteCount
                segment.deadByteCount = known - used
                segment.freeByteCount = file.byteCount - known
            } catch {
                // Without its meta pages nothing of the file can be told but its size.
                guard error.code == .corrupt else { throw error }
                segment.fileByteCount = try Self.byteCount(of: DataFile.path(in: path))
                segment.damagedByteCount = segment.fileByteCount
            }
            description.segments = [segment]
            return description
        }

        private static func byteCount(of path: String) throws(LogStoreError) -> UInt64 {
            do throws(SystemCallError) {
                return try Disk.byteCount(of: path)
            } catch {
                throw LogStoreError(error, writing: false)
            }
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
        /// The state record, and the bytes in use, ever used and in all, of one transaction.
        fileprivate func pageCounts() throws(LogStoreError) -> (
            StateRecord, (used: UInt64, known: UInt64, file: UInt64)
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
                let file = try DataFile(in: directory)
                let used = min(UInt64(pageCount * pageByteCount), file.byteCount)
                let lastPage = file.newestMeta.lastPage
                let known = min((lastPage + 1) * UInt64(pageByteCount), file.byteCount)
                return (record, (used, max(used, known), file.byteCount))
            }
        }
    }
#endif
