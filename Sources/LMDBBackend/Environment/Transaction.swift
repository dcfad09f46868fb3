#if LMDB
    import CLMDB
    import WALProtocol

    /// The few things that are done in a transaction, over the C calls.
    enum Transaction {
        /// The number of a transaction; one that was read from a damaged page can be any.
        static func number(_ transaction: OpaquePointer) -> UInt64 {
            UInt64(truncatingIfNeeded: mdb_txn_id(transaction))
        }

        /// The value of a key: a view into the map, valid until the transaction ends.
        static func value(
            of key: UnsafeRawBufferPointer, in database: MDB_dbi, _ transaction: OpaquePointer
        ) throws(LMDBFailure) -> UnsafeRawBufferPointer? {
            var key = MDB_val(key)
            var value = MDB_val()
            let result = mdb_get(transaction, database, &key, &value)
            if result == MDB_NOTFOUND { return nil }
            try LMDBFailure.check("mdb_get", result)
            return UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)
        }

        /// The value of an entry.
        @inline(__always)
        static func value(
            at index: LogIndex, in database: MDB_dbi, _ transaction: OpaquePointer
        ) throws(LMDBFailure) -> UnsafeRawBufferPointer? {
            let key = index
            return try withUnsafeBytes(of: key) { (bytes) throws(LMDBFailure) in
                try value(of: bytes, in: database, transaction)
            }
        }

        static func put(
            _ value: [UInt8], for key: [UInt8], in database: MDB_dbi, _ transaction: OpaquePointer
        ) throws(LMDBFailure) {
            let result = key.withUnsafeBytes { key in
                value.withUnsafeBytes { value in
                    var (key, value) = (MDB_val(key), MDB_val(value))
                    return mdb_put(transaction, database, &key, &value, 0)
                }
            }
            try LMDBFailure.check("mdb_put", result)
        }

        static func delete(
            _ key: [UInt8], in database: MDB_dbi, _ transaction: OpaquePointer
        ) throws(LMDBFailure) {
            let result = key.withUnsafeBytes { key in
                var key = MDB_val(key)
                return mdb_del(transaction, database, &key, nil)
            }
            if result != MDB_NOTFOUND { try LMDBFailure.check("mdb_del", result) }
        }

        /// Calls `body` with every key and value from `start` on, until it returns false.
        static func forEach(
            in database: MDB_dbi, from start: LogIndex? = nil, _ transaction: OpaquePointer,
            file: String,
            _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(LogStoreError) -> Bool
        ) throws(LogStoreError) {
            let cursor: OpaquePointer
            do throws(LMDBFailure) {
                cursor = try openCursor(database, transaction)
            } catch {
                throw error.meaning(file: file)
            }
            defer { mdb_cursor_close(cursor) }
            var value = MDB_val()
            var startKey = start ?? 0
            var key = MDB_val()
            var result = withUnsafeMutableBytes(of: &startKey) { bytes in
                key = MDB_val(UnsafeRawBufferPointer(bytes))
                return mdb_cursor_get(
                    cursor, &key, &value, start == nil ? MDB_FIRST : MDB_SET_RANGE)
            }
            while result == MDB_SUCCESS {
                let goesOn = try body(
                    UnsafeRawBufferPointer(start: key.mv_data, count: key.mv_size),
                    UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size))
                guard goesOn else { return }
                result = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
            }
            if result != MDB_NOTFOUND {
                throw LMDBFailure("mdb_cursor_get", result).meaning(file: file)
            }
        }

        /// Deletes the entries of a range, one by one: LMDB knows no other way.
        static func delete(
            _ range: Range<LogIndex>, in database: MDB_dbi, _ transaction: OpaquePointer
        ) throws(LMDBFailure) {
            guard !range.isEmpty else { return }
            let cursor = try openCursor(database, transaction)
            defer { mdb_cursor_close(cursor) }
            var start = range.lowerBound
            var key = MDB_val()
            var result = withUnsafeMutableBytes(of: &start) { bytes in
                key = MDB_val(UnsafeRawBufferPointer(bytes))
                return mdb_cursor_get(cursor, &key, nil, MDB_SET_RANGE)
            }
            while result == MDB_SUCCESS {
                guard key.mv_size == MemoryLayout<LogIndex>.size, let bytes = key.mv_data,
                    bytes.loadUnaligned(as: LogIndex.self) < range.upperBound
                else { return }
                try LMDBFailure.check("mdb_cursor_del", mdb_cursor_del(cursor, 0))
                // After a deletion the cursor stands before the next key.
                result = mdb_cursor_get(cursor, &key, nil, MDB_NEXT)
            }
            if result != MDB_NOTFOUND { try LMDBFailure.check("mdb_cursor_get", result) }
        }

        static func openCursor(
            _ database: MDB_dbi, _ transaction: OpaquePointer
        ) throws(LMDBFailure) -> OpaquePointer {
            var cursor: OpaquePointer?
            try LMDBFailure.check(
                "mdb_cursor_open", mdb_cursor_open(transaction, database, &cursor))
            guard let cursor else { throw LMDBFailure("mdb_cursor_open", MDB_PANIC) }
            return cursor
        }
    }

    extension MDB_val {
        /// A view of bytes, which LMDB does not write to although the type says it could.
        init(_ bytes: UnsafeRawBufferPointer) {
            self.init(
                mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
        }
    }

    extension StateRecord {
        func put(
            in transaction: OpaquePointer, _ databases: Databases
        ) throws(LMDBFailure) {
            var record = self
            record.transaction = Transaction.number(transaction)
            try Transaction.put(record.encoded(), for: Self.key, in: databases.state, transaction)
        }

        static func get(
            in transaction: OpaquePointer, _ databases: Databases, file: String
        ) throws(LogStoreError) -> StateRecord {
            let stored: [UInt8]?
            let key = Self.key
            do throws(LMDBFailure) {
                stored = try key.span.bytes.withUnsafeBytes { (key) throws(LMDBFailure) in
                    try Transaction.value(of: key, in: databases.state, transaction)
                        .map { [UInt8]($0) }
                }
            } catch {
                throw error.meaning(file: file)
            }
            guard let stored else { throw .corrupt("the state record is missing", file: file) }
            return try StateRecord(stored, file: file)
        }
    }
#endif
