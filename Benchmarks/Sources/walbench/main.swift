import WALBenchmark

#if RocksDB
    import Conformance
    import RocksDBBackend
    import WALProtocol

    // What the tests kill, in the middle of writing.
    KilledWriter.takeOver { try RocksDBStore(at: $0) }

    WALBench.main(adding: [
        Contestant("rocksdb", rules: { .rocksDB(scratchDirectory: $0) }) {
            (path, cache) throws(LogStoreError) in
            var options = RocksDBStore.Options()
            // Once read, the whole log stays in the cache; the tables in memory are as they were.
            if let cache { options.cacheByteCount = cache }
            return try RocksDBStore(at: path, options: options)
        }
    ])
#else
    WALBench.main()
#endif
