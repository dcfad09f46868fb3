#if RocksDB
    import CRocksDB
    import Foundation
    import RocksDBBackend
    import Testing
    import WALProtocol

    /// What the kit does not know to ask of this backend.
    @Suite final class RocksDBStoreTests {
        private let path = NSTemporaryDirectory() + "rocksdb-" + UUID().uuidString

        deinit { try? FileManager.default.removeItem(atPath: path) }

        /// The iterator of a visit goes with the database, and the visit is told.
        @Test func closingEndsAVisit() throws {
            try withStore { store in
                try fill(store, through: 5000)
                var count = 0
                let code = refusal {
                    _ = try store.visitEntries(in: 1..<5001) { (_, _) throws(LogStoreError) in
                        count += 1
                        if count == 1 { try store.close() }
                    }
                }
                #expect(code == .closed)
                // The step that was read before.
                #expect(count == 4096)
            }
        }

        /// What a visit has begun to read is not mixed with what came in its place.
        @Test func aVisitSeesTheLogItBeganWith() throws {
            try withStore { store in
                try fill(store, through: 5000)
                var terms: Set<Term> = []
                let next = try store.visitEntries(in: 1..<5001) {
                    (header, _) throws(LogStoreError) in
                    terms.insert(header.position.term)
                    guard header.position.index == 1 else { return }
                    try store.truncate(from: 4500)
                    try store.append([9], at: LogPosition(term: 2, index: 4500))
                }
                #expect(next == 5001 && terms == [1])
                let term = try store.term(at: 4500)
                #expect(term == 2)
            }
        }

        @Test func aForeignDatabaseIsUnsupported() throws {
            try withDatabase { put($0, "somebody's", [1]) }
            #expect(refusal { _ = try RocksDBStore(at: path) } == .unsupportedFormat)
        }

        @Test func aLaterVersionIsUnsupported() throws {
            try withStore { try $0.append([1], at: LogPosition(term: 1, index: 1)) }
            try withDatabase { put($0, "v", [2]) }
            #expect(refusal { _ = try RocksDBStore(at: path) } == .unsupportedFormat)
        }

        /// Neither a position cut short, nor one with no index behind it, nor one that belongs to
        /// other entries.
        @Test(arguments: [
            [1, 2, 3], [UInt8](repeating: 0xFF, count: 16), [4] + [UInt8](repeating: 0, count: 15),
        ]) func aWrongCompactedPositionIsCorrupt(_ record: [UInt8]) throws {
            try withStore { store in
                try fill(store, through: 10)
                try store.compact(through: LogPosition(term: 1, index: 5))
            }
            try withDatabase { put($0, "c", record) }
            #expect(refusal { _ = try RocksDBStore(at: path) } == .corrupt)
        }

        @Test func aMissingEntryIsCorrupt() throws {
            try withStore { try fill($0, through: 10) }
            try withDatabase { database in
                let key = [UInt8(ascii: "e"), 0, 0, 0, 0, 0, 0, 0, 5].map { CChar($0) }
                let options = rocksdb_writeoptions_create()
                defer { rocksdb_writeoptions_destroy(options) }
                var error: UnsafeMutablePointer<CChar>?
                rocksdb_delete(database, options, key, key.count, &error)
                #expect(error == nil)
            }
            try withStore { store in
                #expect(refusal { _ = try store.entry(at: 5) } == .corrupt)
                #expect(refusal { _ = try store.entries(in: 1..<8) } == .corrupt)
                let before = try store.entries(in: 1..<5)
                #expect(before.count == 4)
            }
        }

        @Test func optionsThatMakeNoSenseAreRefused() {
            var options = RocksDBStore.Options()
            options.memoryTableByteCount = -1
            #expect(
                refusal { _ = try RocksDBStore(at: path, options: options) } == .invalidArgument)
            options = RocksDBStore.Options()
            options.cacheByteCount = .max
            #expect(
                refusal { _ = try RocksDBStore(at: path, options: options) } == .invalidArgument)
        }

        // MARK: -

        private func withStore(_ body: (RocksDBStore) throws -> Void) throws {
            let store = try RocksDBStore(at: path)
            try body(store)
            try store.close()
        }

        private func fill(_ store: RocksDBStore, through last: LogIndex) throws {
            for index in 1...last { try store.append([1], at: LogPosition(term: 1, index: index)) }
        }

        private func refusal(_ body: () throws -> Void) -> LogStoreError.Code? {
            do {
                try body()
                return nil
            } catch {
                return (error as? LogStoreError)?.code
            }
        }

        /// Opens the database without the store.
        private func withDatabase(_ body: (OpaquePointer) -> Void) throws {
            let options = rocksdb_options_create()
            defer { rocksdb_options_destroy(options) }
            rocksdb_options_set_create_if_missing(options, 1)
            var error: UnsafeMutablePointer<CChar>?
            let database = try #require(rocksdb_open(options, path, &error))
            body(database)
            rocksdb_close(database)
        }

        private func put(_ database: OpaquePointer, _ key: String, _ value: [UInt8]) {
            let options = rocksdb_writeoptions_create()
            defer { rocksdb_writeoptions_destroy(options) }
            let bytes = value.map { CChar(bitPattern: $0) }
            var error: UnsafeMutablePointer<CChar>?
            rocksdb_put(database, options, key, key.utf8.count, bytes, bytes.count, &error)
            #expect(error == nil)
        }
    }
#endif
