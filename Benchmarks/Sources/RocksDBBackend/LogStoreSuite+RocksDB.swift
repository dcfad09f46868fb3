#if RocksDB
    public import Conformance
    import WALProtocol

    extension LogStoreSuite {
        /// The rules for the RocksDB store, with small tables in memory, so that RocksDB writes them
        /// out and merges them.
        ///
        /// - Parameter scratchDirectory: Where stores are made; the system's place if it is left out.
        public static func rocksDB(scratchDirectory: String? = nil) -> LogStoreSuite {
            @Sendable func open(
                _ path: String, table: Int, cache: Int
            ) throws(LogStoreError) -> any LogStore {
                var options = RocksDBStore.Options()
                options.memoryTableByteCount = table
                options.cacheByteCount = cache
                return try RocksDBStore(at: path, options: options)
            }
            return LogStoreSuite(
                opening: { try open($0, table: 4 << 20, cache: 4 << 20) },
                variants: [
                    { try open($0, table: 64 << 10, cache: 0) },
                    { try RocksDBStore(at: $0) },
                ],
                scratchDirectory: scratchDirectory)
        }
    }
#endif
