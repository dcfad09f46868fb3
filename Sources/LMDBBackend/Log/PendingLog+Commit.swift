#if LMDB
    import CLMDB
    import WALProtocol

    extension PendingLog {
        /// Puts everything pending into a transaction.
        ///
        /// Changes nothing here, so that a transaction that failed can be made again.
        func carryOut(
            in transaction: OpaquePointer, _ databases: Databases
        ) throws(LMDBFailure) {
            if kept.isEmpty {
                if !stored.isEmpty {
                    try LMDBFailure.check(
                        "mdb_drop", mdb_drop(transaction, databases.entries, 0))
                }
            } else {
                try Transaction.delete(
                    stored.lowerBound..<kept.lowerBound, in: databases.entries, transaction)
                try Transaction.delete(
                    kept.upperBound..<stored.upperBound, in: databases.entries, transaction)
            }
            try putEntries(in: transaction, databases)
            for (key, value) in metadata {
                if let value {
                    try Transaction.put(
                        MetadataRecord.encode(value, for: key), for: key,
                        in: databases.metadata, transaction)
                } else {
                    try Transaction.delete(key, in: databases.metadata, transaction)
                }
            }
        }

        /// Appends: every key is greater than all that are there, which LMDB checks.
        private func putEntries(
            in transaction: OpaquePointer, _ databases: Databases
        ) throws(LMDBFailure) {
            guard !slots.isEmpty else { return }
            let cursor = try Transaction.openCursor(databases.entries, transaction)
            defer { mdb_cursor_close(cursor) }
            var index = firstIndex
            for slot in slots {
                var value = MDB_val()
                value.mv_size = EntryRecord.headerByteCount + slot.payload.count
                let result = withUnsafeMutableBytes(of: &index) { bytes in
                    var key = MDB_val(UnsafeRawBufferPointer(bytes))
                    return mdb_cursor_put(
                        cursor, &key, &value, UInt32(MDB_APPEND) | UInt32(MDB_RESERVE))
                }
                try LMDBFailure.check("mdb_cursor_put", result)
                guard let destination = value.mv_data else {
                    throw LMDBFailure("mdb_cursor_put", MDB_CORRUPTED)
                }
                EntryRecord.encode(
                    LogPosition(term: slot.term, index: index), slot.kind,
                    checksum: slot.checksum, slot.payload, to: destination)
                index += 1
            }
        }
    }
#endif
