#if RocksDB
    import CRocksDB
    import WALProtocol

    extension RocksDBStore {
        /// How a store is opened.
        ///
        /// Any of it may differ from one opening to the next.
        public struct Options: Sendable {
            /// What a table in memory takes before it is written out: 64 KiB to 4 GiB.
            ///
            /// There are three of them at most. Entries that are compacted before then never are
            /// written to a table on disk.
            public var memoryTableByteCount = 128 << 20
            /// What the cache of blocks of tables on disk takes: up to 64 GiB.
            public var cacheByteCount = 64 << 20

            /// The defaults.
            public init() {}

            /// - Throws: `invalidArgument`.
            func validate() throws(LogStoreError) {
                guard (64 << 10...4 << 30).contains(memoryTableByteCount) else {
                    throw .invalidArgument("memoryTableByteCount has to be 64 KiB to 4 GiB")
                }
                guard (0...64 << 30).contains(cacheByteCount) else {
                    throw .invalidArgument("cacheByteCount has to be 0 to 64 GiB")
                }
            }
        }
    }

    /// How RocksDB is set up for a log: what TiKV set for its own before it had a log engine, where
    /// entries that are written once, read back soon and dropped in order differ from other data.
    final class DatabaseOptions {
        let pointer = rocksdb_options_create()

        init(_ options: RocksDBStore.Options) {
            rocksdb_options_set_create_if_missing(pointer, 1)
            // Writes wait in a buffer; `flush()` and `sync()` write it out. Otherwise each write is a
            // system call of its own.
            rocksdb_options_set_manual_wal_flush(pointer, 1)
            // What was not synced may be lost; what is recovered is a prefix of what was written.
            rocksdb_options_set_wal_recovery_mode(
                pointer, Int32(rocksdb_point_in_time_recovery))
            rocksdb_options_set_wal_bytes_per_sync(pointer, 1 << 20)
            rocksdb_options_set_bytes_per_sync(pointer, 1 << 20)

            rocksdb_options_set_write_buffer_size(pointer, options.memoryTableByteCount)
            rocksdb_options_set_max_write_buffer_number(pointer, 3)
            rocksdb_options_set_max_background_jobs(pointer, 4)
            rocksdb_options_set_compaction_style(pointer, Int32(rocksdb_level_compaction))
            rocksdb_options_set_level_compaction_dynamic_level_bytes(pointer, 1)
            rocksdb_options_set_max_bytes_for_level_base(pointer, 512 << 20)
            // Commands are often compressed or encrypted already, and live shortly.
            rocksdb_options_set_compression(pointer, Int32(rocksdb_no_compression))

            let tables = rocksdb_block_based_options_create()
            let cache = rocksdb_cache_create_lru(options.cacheByteCount)
            defer { rocksdb_cache_destroy(cache) }
            rocksdb_block_based_options_set_block_cache(tables, cache)
            // Entries are read in order more often than alone. No bloom filter: every index that is
            // asked for is there.
            rocksdb_block_based_options_set_block_size(tables, 16 << 10)
            rocksdb_block_based_options_set_format_version(tables, 5)
            rocksdb_options_set_block_based_table_factory(pointer, tables)
            rocksdb_block_based_options_destroy(tables)

            // Its diary: errors only, in one file.
            rocksdb_options_set_info_log_level(pointer, 3)
            rocksdb_options_set_keep_log_file_num(pointer, 1)
            rocksdb_options_set_stats_dump_period_sec(pointer, 0)
            rocksdb_options_set_stats_persist_period_sec(pointer, 0)
        }

        deinit { rocksdb_options_destroy(pointer) }
    }
#endif
