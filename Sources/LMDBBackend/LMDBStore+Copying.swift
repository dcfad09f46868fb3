#if LMDB
    package import WALProtocol

    extension LMDBStore {
        /// What a store holds besides its entries, as of one commit.
        package struct Picture: Sendable {
            package var state: LogState
            package var metadata: [MetadataKey: [UInt8]] = [:]
            package var number: StoreNumber
            /// How often a suffix was dropped: as long as it stays, an entry that was there is the
            /// same, or was compacted.
            package var truncationCount: UInt64
        }

        /// Reads positions and metadata in one transaction.
        ///
        /// - Throws: `corrupt`, `io`, `closed`.
        package func picture() throws(LogStoreError) -> Picture {
            let file = core.environment.file
            return try core.environment.read { (transaction, databases) throws(LogStoreError) in
                let record = try StateRecord.get(in: transaction, databases, file: file)
                var picture = Picture(
                    state: record.logState,
                    number: StoreNumber(high: record.storeID.0, low: record.storeID.1),
                    truncationCount: record.truncationCount)
                try Transaction.forEach(in: databases.metadata, transaction, file: file) {
                    (key, stored) throws(LogStoreError) in
                    let name = MetadataKey(String(decoding: key, as: UTF8.self))
                    picture.metadata[name] = try MetadataRecord.decode(stored, for: key, file: file)
                    return true
                }
                return picture
            }
        }
    }
#endif
