#if RocksDB
    import CRocksDB
    import Synchronization
    import WALProtocol

    /// The database of one store: whoever uses it finds it open until he is done.
    ///
    /// Reads run beside each other and beside appends. What takes entries away, and closing, waits
    /// until no read is under way.
    final class Database: Sendable {
        /// The database's directory.
        let file: String
        private let gate = Gate()
        /// Held by syncs, which closing has to wait for, and nothing else.
        private let syncing = Mutex(())
        private let cursors = Mutex<[ObjectIdentifier: Cursor]>([:])
        private let readOptions = SharedPointer(rocksdb_readoptions_create())
        private let writeOptions = SharedPointer(rocksdb_writeoptions_create())
        /// `nil` once it is closed: changes only while nobody else is in the gate.
        private nonisolated(unsafe) var pointer: OpaquePointer?

        /// Opens the database in a directory, and makes it if there is none.
        ///
        /// - Throws: `locked`, `readOnly`, `corrupt`, `noSpace`, `io`.
        init(at path: String, _ options: RocksDBStore.Options) throws(LogStoreError) {
            file = path
            let options = DatabaseOptions(options)
            pointer = try checked(file: path) { rocksdb_open(options.pointer, path, $0) }
            StoreDirectory.removeEmptyLogs(in: path)
        }

        deinit {
            close()
            rocksdb_readoptions_destroy(readOptions.value)
            rocksdb_writeoptions_destroy(writeOptions.value)
        }

        /// Gives the directory up; closing twice does nothing.
        func close() {
            syncing.withLock { _ in
                gate.alone {
                    guard let pointer else { return }
                    self.pointer = nil
                    // Iterators have to go first.
                    cursors.withLock { cursors in
                        for cursor in cursors.values { cursor.destroy() }
                        cursors.removeAll()
                    }
                    rocksdb_close(pointer)
                }
            }
        }

        // MARK: - Writing

        /// Writes a batch into the log's buffer and into memory, where reads see all of it or
        /// nothing.
        ///
        /// - Parameters:
        ///   - alone: Whether no read may be under way, because the batch takes entries away.
        ///   - publish: Called when the batch is visible, before reads go on.
        func write(
            _ batch: OpaquePointer, alone: Bool, publish: () -> Void
        ) throws(LogStoreError) {
            func write() throws(LogStoreError) {
                let pointer = try opened()
                try checked(file: file) { rocksdb_write(pointer, writeOptions.value, batch, $0) }
                publish()
            }
            if alone { try gate.alone(write) } else { try gate.together(write) }
        }

        /// Hands the log's buffer to the operating system.
        func flushLog() throws(LogStoreError) {
            try use { (pointer) throws(LogStoreError) in
                try checked(file: file) { rocksdb_flush_wal(pointer, 0, $0) }
            }
        }

        /// Brings everything written to stable storage; may run beside reads and writes.
        func syncLog() throws(LogStoreError) {
            try syncing.withLock { (_) throws(LogStoreError) in
                // Not in the gate, where a truncation would wait for the disk: who closes has to
                // hold this lock, too.
                let pointer = try gate.together { () throws(LogStoreError) in try opened() }
                try checked(file: file) { rocksdb_flush_wal(pointer, 1, $0) }
            }
        }

        /// Writes the table in memory out, so that the next opening has no log to read.
        ///
        /// What was synced is safe without it, so that a failure costs nothing but time.
        func writeOutTable() {
            gate.together {
                guard let pointer else { return }
                let options = rocksdb_flushoptions_create()
                defer { rocksdb_flushoptions_destroy(options) }
                rocksdb_flushoptions_set_wait(options, 1)
                try? checked(file: file) { rocksdb_flush(pointer, options, $0) }
            }
        }

        // MARK: - Reading

        /// Runs `body` while the database is open and no entry is taken away.
        func use<R>(
            _ body: (OpaquePointer) throws(LogStoreError) -> R
        ) throws(LogStoreError) -> R {
            try gate.together { () throws(LogStoreError) in try body(try opened()) }
        }

        /// Lends the value of a key to `body`; `nil` if there is none.
        ///
        /// To be called within ``use(_:)``.
        func value<R>(
            _ key: UnsafeRawBufferPointer, in pointer: OpaquePointer,
            _ body: (UnsafeRawBufferPointer) throws(LogStoreError) -> R
        ) throws(LogStoreError) -> R? {
            let found = try checked(file: file) {
                rocksdb_get_pinned(
                    pointer, readOptions.value, key.characters,
                    key.count, $0)
            }
            guard let found else { return nil }
            defer { rocksdb_pinnableslice_destroy(found) }
            var count = 0
            let start = rocksdb_pinnableslice_value(found, &count)
            return try body(UnsafeRawBufferPointer(start: start, count: count))
        }

        /// A copy of the value of a key; `nil` if there is none.
        ///
        /// To be called within ``use(_:)``.
        func value(
            _ key: [UInt8], in pointer: OpaquePointer
        ) throws(LogStoreError) -> [UInt8]? {
            try key.span.bytes.withUnsafeBytes { (key) throws(LogStoreError) in
                try value(key, in: pointer) { (value) throws(LogStoreError) in [UInt8](value) }
            }
        }

        /// Makes a cursor, to be ended with ``end(_:)``; what it sees does not change any more.
        ///
        /// To be called within ``use(_:)``.
        func cursor(in pointer: OpaquePointer) -> Cursor {
            let cursor = Cursor(rocksdb_create_iterator(pointer, readOptions.value), file: file)
            cursors.withLock { $0[ObjectIdentifier(cursor)] = cursor }
            return cursor
        }

        /// Lends a cursor that is gone afterwards.
        ///
        /// To be called within ``use(_:)``.
        func withCursor<R>(
            in pointer: OpaquePointer, _ body: (Cursor) throws(LogStoreError) -> R
        ) throws(LogStoreError) -> R {
            let cursor = Cursor(rocksdb_create_iterator(pointer, readOptions.value), file: file)
            defer { cursor.destroy() }
            return try body(cursor)
        }

        /// Ends a cursor, unless closing has done so.
        ///
        /// Not to be called within ``use(_:)``.
        func end(_ cursor: Cursor) {
            gate.together {
                _ = cursors.withLock { $0.removeValue(forKey: ObjectIdentifier(cursor)) }
                cursor.destroy()
            }
        }

        /// The bytes that the database holds in memory: tables not written out yet, and its cache.
        var memoryByteCount: Int {
            gate.together {
                guard let pointer else { return 0 }
                let names = [
                    "rocksdb.cur-size-all-mem-tables", "rocksdb.estimate-table-readers-mem",
                    "rocksdb.block-cache-usage",
                ]
                return names.reduce(0) {
                    var value: UInt64 = 0
                    return rocksdb_property_int(pointer, $1, &value) == 0
                        ? $0 + Int(clamping: value) : $0
                }
            }
        }

        private func opened() throws(LogStoreError) -> OpaquePointer {
            guard let pointer else { throw .closed }
            return pointer
        }
    }

    /// A pointer to what RocksDB lets any thread use.
    struct SharedPointer: @unchecked Sendable {
        let value: OpaquePointer?

        init(_ value: OpaquePointer?) { self.value = value }
    }

    /// An iterator.
    ///
    /// Used by one thread, within ``Database/use(_:)``; destroyed by any when nobody uses it.
    final class Cursor: @unchecked Sendable {
        private let file: String
        private var pointer: OpaquePointer?

        init(_ pointer: OpaquePointer?, file: String) {
            self.pointer = pointer
            self.file = file
        }

        func destroy() {
            if let pointer { rocksdb_iter_destroy(pointer) }
            pointer = nil
        }

        /// Moves to the first key that is not lower.
        func seek(_ key: UnsafeRawBufferPointer) {
            rocksdb_iter_seek(
                pointer, key.characters, key.count)
        }

        /// Moves to the first key that is not lower.
        func seek(_ key: [UInt8]) { key.withUnsafeBytes { seek($0) } }

        /// Moves to the last key that is not higher.
        func seekBack(_ key: UnsafeRawBufferPointer) {
            rocksdb_iter_seek_for_prev(
                pointer, key.characters, key.count)
        }

        func moveOn() { rocksdb_iter_next(pointer) }

        /// Lends the key and the value it stands at; `nil` at the end.
        func current<R>(
            _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(LogStoreError) -> R
        ) throws(LogStoreError) -> R? {
            guard rocksdb_iter_valid(pointer) != 0 else {
                try checked(file: file) { rocksdb_iter_get_error(pointer, $0) }
                return nil
            }
            var keyByteCount = 0
            let key = rocksdb_iter_key(pointer, &keyByteCount)
            var valueByteCount = 0
            let value = rocksdb_iter_value(pointer, &valueByteCount)
            return try body(
                UnsafeRawBufferPointer(start: key, count: keyByteCount),
                UnsafeRawBufferPointer(start: value, count: valueByteCount))
        }
    }
#endif
