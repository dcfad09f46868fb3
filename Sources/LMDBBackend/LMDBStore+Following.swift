#if LMDB
    package import WALProtocol

    extension LMDBStore {
        /// The number of the newest commit: as long as it stays, so does the log.
        ///
        /// - Throws: `io`, `corrupt`, `closed`.
        /// - Complexity: O(1).
        package func commitNumber() throws(LogStoreError) -> UInt64 {
            try core.environment.read { (transaction, _) throws(LogStoreError) in
                UInt64(clamping: Transaction.number(transaction))
            }
        }
    }
#endif
