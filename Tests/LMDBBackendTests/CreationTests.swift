#if LMDB
    import CLMDB
    import LMDBBackend
    import Testing
    import WALProtocol

    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// How a store comes to be in a directory, whatever is there before (P66, P116, P126).
    @Suite struct CreationTests {
        let scratch = Scratch()

        private func opening(_ path: String) -> LogStoreError? {
            failure { () throws(LogStoreError) in try LMDBStore(at: path).close() }
        }

        @Test func aNewStoreLeavesNothingOfItsCreation() throws {
            let path = scratch.child("a/b/c")
            try LMDBStore(at: path).close()
            #expect(names(in: path) == ["LOCK", "data.mdb", "lock.mdb"])
            #expect(LMDBStore.exists(at: path))
        }

        /// The process died before the data file was renamed into place: whatever it left is made
        /// anew.
        @Test(arguments: [nil, [], [1, 2, 3], [UInt8](repeating: 0, count: 32768)] as [[UInt8]?])
        func aCreationThatDiedIsMadeAnew(_ leftover: [UInt8]?) throws {
            let path = scratch.child("store")
            mkdir(path, 0o755)
            mkdir(path + "/.creating", 0o755)
            writeFile(path + "/LOCK", [])
            if let leftover {
                writeFile(path + "/.creating/data.mdb", leftover)
                writeFile(path + "/.creating/lock.mdb", [9, 9])
            }
            #expect(!LMDBStore.exists(at: path))
            let store = try LMDBStore(at: path)
            #expect(store.state == LogState())
            try store.fill(1...3)
            try store.close()
            #expect(names(in: path) == ["LOCK", "data.mdb", "lock.mdb"])
            #expect(try LMDBStore(at: path).count == 3)
        }

        /// The process died after that, before it removed the directory: the store is there.
        @Test func aCreationThatDiedAtTheEndIsFinished() throws {
            let path = scratch.child("store")
            let store = try LMDBStore(at: path)
            try store.fill(1...3)
            try store.close()
            mkdir(path + "/.creating", 0o755)
            writeFile(path + "/.creating/lock.mdb", [9, 9])
            #expect(try LMDBStore(at: path).count == 3)
            #expect(names(in: path) == ["LOCK", "data.mdb", "lock.mdb"])
        }

        /// A lock file says that a store was in use here: an empty one in its place would have
        /// forgotten a vote.
        @Test func aDataFileThatIsGoneIsCorruptAndNotANewStore() throws {
            let path = scratch.child("store")
            let store = try LMDBStore(at: path)
            try store.setHardState(HardState(currentTerm: 7, votedFor: [1]))
            try store.close()
            unlink(path + "/data.mdb")
            #expect(opening(path)?.code == .corrupt)
            #expect(names(in: path) == ["LOCK", "lock.mdb"])
        }

        // MARK: What is not ours

        @Test(
            arguments: [
                [], [1], Array("not a database, but a text that somebody put here".utf8),
                [UInt8](repeating: 0, count: 8192), [UInt8](repeating: 0xFF, count: 100_000),
            ] as [[UInt8]])
        func aForeignFileInPlaceIsRefusedAndUnchanged(_ bytes: [UInt8]) {
            let path = scratch.child("store")
            mkdir(path, 0o755)
            writeFile(path + "/data.mdb", bytes)
            let before = opening(path)
            #expect(before?.code == .corrupt)
            #expect(before?.context.file == path + "/data.mdb")
            #expect(readFile(path + "/data.mdb") == bytes)
            let reading = failure { () throws(LogStoreError) in
                try LMDBStore(at: path, options: options { $0.access = .readOnly })
            }
            #expect(reading?.code == .corrupt)
        }

        @Test func anotherProgramsEnvironmentIsRefusedAndUnchanged() throws {
            let path = scratch.child("store")
            mkdir(path, 0o755)
            let foreign = try RawEnvironment(path)
            try foreign.put([1, 2, 3], for: [4, 5], in: "theirs")
            foreign.close()
            let bytes = readFile(path + "/data.mdb")
            #expect(opening(path)?.code == .corrupt)
            #expect(readFile(path + "/data.mdb") == bytes)
        }

        @Test func directoriesWhereFilesBelongAreTypedErrors() {
            let path = scratch.child("store")
            mkdir(path, 0o755)
            mkdir(path + "/data.mdb", 0o755)
            #expect(opening(path)?.code == .io)
            #expect(names(in: path + "/data.mdb") == [])
            rmdir(path + "/data.mdb")
            #expect(opening(path) == nil)

            let other = scratch.child("other")
            mkdir(other, 0o755)
            mkdir(other + "/LOCK", 0o755)
            #expect(opening(other)?.code == .io)
        }

        @Test func filesWhereDirectoriesBelongAreTypedErrors() {
            let file = scratch.child("file")
            writeFile(file, [1, 2, 3])
            for path in [file, file + "/store"] {
                #expect(opening(path)?.code == .io)
                #expect(opening(path)?.cause?.errno == ENOTDIR)
                let reading = failure { () throws(LogStoreError) in
                    try LMDBStore(at: path, options: options { $0.access = .readOnly })
                }
                #expect(reading?.code == .unavailable)
            }
            #expect(readFile(file) == [1, 2, 3])

            let path = scratch.child("store")
            mkdir(path, 0o755)
            writeFile(path + "/.creating", [])
            #expect(opening(path)?.code == .io)
        }

        // MARK: Versions

        @Test func anotherVersionOfOurFormatIsUnsupportedNotCorrupt() throws {
            let path = scratch.child("store")
            let store = try LMDBStore(at: path)
            try store.fill(1...3)
            try store.close()
            var bytes = readFile(path + "/data.mdb")
            #expect(StateRecords.setVersion(2, in: &bytes) > 0)
            writeFile(path + "/data.mdb", bytes)
            let error = opening(path)
            #expect(error?.code == .unsupportedFormat)
            #expect(error?.context.found == 2)
            #expect(error?.context.expected == 1)
            #expect(readFile(path + "/data.mdb") == bytes)
            let verifying = failure { () throws(LogStoreError) in try LMDBStore.verify(at: path) }
            #expect(verifying?.code == .unsupportedFormat)
        }
    }

    /// An LMDB environment opened beside the store's own, as another process would.
    final class RawEnvironment {
        private var handle: OpaquePointer?

        struct Failure: Error { var code: Int32 }

        init(_ path: String, mapByteCount: Int = 64 << 20) throws {
            try check(mdb_env_create(&handle))
            try check(mdb_env_set_maxdbs(handle, 8))
            try check(mdb_env_set_mapsize(handle, mapByteCount))
            try check(mdb_env_open(handle, path, UInt32(MDB_NOTLS), 0o644))
        }

        func close() {
            if let handle { mdb_env_close(handle) }
            handle = nil
        }

        func put(_ value: [UInt8], for key: [UInt8], in database: String) throws {
            var (value, key) = (value, key)
            var transaction: OpaquePointer?
            try check(mdb_txn_begin(handle, nil, 0, &transaction))
            var dbi: MDB_dbi = 0
            try check(mdb_dbi_open(transaction, database, UInt32(MDB_CREATE), &dbi))
            try check(
                key.withUnsafeMutableBytes { key in
                    value.withUnsafeMutableBytes { value in
                        var keyView = MDB_val(mv_size: key.count, mv_data: key.baseAddress)
                        var valueView = MDB_val(mv_size: value.count, mv_data: value.baseAddress)
                        return mdb_put(transaction, dbi, &keyView, &valueView, 0)
                    }
                })
            try check(mdb_txn_commit(transaction))
        }

        /// Writes a value again as it is, which moves it to another page.
        func touch(_ index: UInt64, in database: String) throws {
            var transaction: OpaquePointer?
            try check(mdb_txn_begin(handle, nil, 0, &transaction))
            var dbi: MDB_dbi = 0
            try check(mdb_dbi_open(transaction, database, 0, &dbi))
            var key = index
            try check(
                withUnsafeMutableBytes(of: &key) { key in
                    var keyView = MDB_val(mv_size: key.count, mv_data: key.baseAddress)
                    var found = MDB_val()
                    let result = mdb_get(transaction, dbi, &keyView, &found)
                    if result != MDB_SUCCESS { return result }
                    let copy = UnsafeMutableRawPointer.allocate(
                        byteCount: found.mv_size, alignment: 8)
                    defer { copy.deallocate() }
                    if let bytes = found.mv_data {
                        copy.copyMemory(from: bytes, byteCount: found.mv_size)
                    }
                    var value = MDB_val(mv_size: found.mv_size, mv_data: copy)
                    return mdb_put(transaction, dbi, &keyView, &value, 0)
                })
            try check(mdb_txn_commit(transaction))
        }

        /// Begins read transactions until there is no slot for another one; says how many.
        func takeAllReaderSlots() throws -> Int {
            var count = 0
            while true {
                var transaction: OpaquePointer?
                let result = mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &transaction)
                if result == MDB_READERS_FULL { return count }
                try check(result)
                count += 1
            }
        }

        private func check(_ code: Int32) throws {
            if code != MDB_SUCCESS { throw Failure(code: code) }
        }
    }

    /// The state records in the bytes of a data file.
    enum StateRecords {
        /// Changes the format version of each, and its checksum; says how many there are.
        static func setVersion(_ version: UInt8, in bytes: inout [UInt8]) -> Int {
            let key = Array("state".utf8)
            var count = 0
            // The key stands right before the value, of which bytes 4…7 are the version.
            for start in 0..<(bytes.count - 101) where Array(bytes[start..<start + 5]) == key {
                let value = start + 5
                guard Array(bytes[value + 4..<value + 8]) == [1, 0, 0, 0] else { continue }
                bytes[value + 4] = version
                let checksum = crc32c(bytes[value + 4..<value + 96])
                for byte in 0..<4 {
                    bytes[value + byte] = UInt8(truncatingIfNeeded: checksum >> (8 * byte))
                }
                count += 1
            }
            return count
        }

        /// CRC-32C (RFC 3720, appendix B.4), bit by bit.
        private static func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 {
            ~bytes.reduce(UInt32.max) { state, byte in
                (0..<8).reduce(state ^ UInt32(byte)) { state, _ in
                    state & 1 == 1 ? state >> 1 ^ 0x82F6_3B78 : state >> 1
                }
            }
        }
    }
#endif
