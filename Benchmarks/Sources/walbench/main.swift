import WALBenchmark

#if RocksDB
    import Conformance
    import RocksDBBackend
    import WALProtocol

    // What the tests kill, in the middle of writing.
    KilledWriter.takeOver { try RocksDBStore(at: $0) }

    WALBench.main(adding: [
        Contestant("rocksdb", rules: { .rocksDB(scratchDirectory: $0) }) {
            path throws(LogStoreError) in try RocksDBStore(at: path)
        }
    ])
#else
    WALBench.main()
#endif
