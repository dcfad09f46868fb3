#if LMDB
    import CLMDB
    import WALProtocol

    /// What opening reads of a store: its state record, checked against the databases, and every
    /// metadata value (there is at most one mebibyte of them).
    struct Contents {
        var record: StateRecord
        var transaction: Int
        var metadataSizes: [[UInt8]: Int] = [:]

        /// - Throws: `corrupt`, `unsupportedFormat`, `io`.
        init(_ environment: Environment) throws(LogStoreError) {
            let file = environment.file
            self = try environment.read { (transaction, databases) throws(LogStoreError) in
                try Contents(in: transaction, databases, file: file)
            }
        }

        private init(
            in transaction: OpaquePointer, _ databases: Databases, file: String
        ) throws(LogStoreError) {
            record = try StateRecord.get(in: transaction, databases, file: file)
            self.transaction = mdb_txn_id(transaction)
            var sizes: [[UInt8]: Int] = [:]
            try Transaction.forEach(in: databases.metadata, transaction, file: file) {
                (key, stored) throws(LogStoreError) in
                let value = try MetadataRecord.decode(stored, for: key, file: file)
                sizes[[UInt8](key)] = key.count + value.count
                return true
            }
            metadataSizes = sizes
            guard sizes.count == record.metadataKeyCount,
                sizes.values.reduce(0, +) == record.metadataByteCount
            else {
                throw .corrupt(
                    "metadata keys are missing", file: file,
                    expected: UInt64(record.metadataKeyCount), found: UInt64(sizes.count))
            }
            try checkEnds(in: transaction, databases, file: file)
        }

        /// The first and the last entry are where the state record says.
        private func checkEnds(
            in transaction: OpaquePointer, _ databases: Databases, file: String
        ) throws(LogStoreError) {
            try databases.leafGuard?.checkEnds(in: transaction)
            let ends: (LogIndex?, LogIndex?, Int)
            do throws(LMDBFailure) {
                var statistics = MDB_stat()
                try LMDBFailure.check(
                    "mdb_stat", mdb_stat(transaction, databases.entries, &statistics))
                let cursor = try Transaction.openCursor(databases.entries, transaction)
                defer { mdb_cursor_close(cursor) }
                ends = (
                    try Self.key(cursor, MDB_FIRST), try Self.key(cursor, MDB_LAST),
                    statistics.ms_entries
                )
            } catch {
                throw error.meaning(file: file)
            }
            guard ends.0 == record.first, ends.1 == record.last?.index,
                UInt64(ends.2) == record.logState.count
            else {
                throw .corrupt(
                    "entries are missing or too many", file: file,
                    index: record.first != ends.0 ? record.first : record.last?.index,
                    expected: record.logState.count, found: UInt64(ends.2))
            }
        }

        private static func key(
            _ cursor: OpaquePointer, _ operation: MDB_cursor_op
        ) throws(LMDBFailure) -> LogIndex? {
            var key = MDB_val()
            let result = mdb_cursor_get(cursor, &key, nil, operation)
            if result == MDB_NOTFOUND { return nil }
            try LMDBFailure.check("mdb_cursor_get", result)
            guard key.mv_size == MemoryLayout<LogIndex>.size, let bytes = key.mv_data else {
                throw LMDBFailure("mdb_cursor_get", MDB_CORRUPTED)
            }
            return bytes.loadUnaligned(as: LogIndex.self)
        }
    }
#endif
