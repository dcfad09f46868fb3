import Foundation
import RaftWAL
import Testing

/// A directory that goes when the test ends.
final class Scratch {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "raftwal-" + UUID().uuidString
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct OpenLogStoreTests {
    let scratch = Scratch()

    @Test(arguments: Backend.available)
    func opensWritesAndDetects(_ backend: Backend) throws {
        #expect(Backend.detect(at: scratch.path) == nil)
        var configuration = StoreConfiguration(backend)
        configuration.maximumSegmentByteCount = 16 << 10
        configuration.cacheByteCount = 4 << 10
        let store = try openLogStore(at: scratch.path, configuration)
        for index in 1...200 as ClosedRange<LogIndex> {
            try store.append(
                [UInt8](repeating: 7, count: 300), at: LogPosition(term: 1, index: index))
        }
        try store.close()
        #expect(Backend.detect(at: scratch.path) == backend)
        let description = try backend.describe(at: scratch.path)
        #expect(description.backend == backend.rawValue)
        #expect(description.state.last?.index == 200)
        let report = try backend.verify(at: scratch.path)
        #expect(report.damages.isEmpty)
        #expect(report.state.first == 1)

        configuration.access = .readOnly
        let reader = try openLogStore(at: scratch.path, configuration)
        #expect(try reader.entry(at: 200).payload.count == 300)
        #expect(throws: LogStoreError.self) {
            try reader.append([1], at: LogPosition(term: 1, index: 201))
        }
    }

    /// The largest segment that was asked for reaches the store: 60 KB of entries do not fit one
    /// segment of 16 KiB.
    @Test func segmentSizeReachesTheStore() throws {
        var configuration = StoreConfiguration()
        configuration.maximumSegmentByteCount = 16 << 10
        let store = try openLogStore(at: scratch.path, configuration)
        for index in 1...200 as ClosedRange<LogIndex> {
            try store.append(
                [UInt8](repeating: 7, count: 300), at: LogPosition(term: 1, index: index))
        }
        try store.close()
        let segments = try Backend.segment.describe(at: scratch.path).segments
        #expect(segments.count >= 4)
        // Without the option they would double from the first one on.
        #expect(segments.allSatisfy { $0.fileByteCount <= 16 << 10 })
    }

    #if LMDB
        @Test(arguments: [(Backend.segment, Backend.lmdb), (.lmdb, .segment)])
        func anotherBackendsStoreIsRefused(_ first: Backend, _ second: Backend) throws {
            try openLogStore(at: scratch.path, StoreConfiguration(first)).close()
            let error = #expect(throws: LogStoreError.self) {
                _ = try openLogStore(at: scratch.path, StoreConfiguration(second))
            }
            #expect(error?.code == .invalidArgument)
            #expect(Backend.detect(at: scratch.path) == first)
        }
    #else
        @Test func backendThatIsNotBuiltInIsRefused() throws {
            let error = #expect(throws: LogStoreError.self) {
                _ = try openLogStore(at: scratch.path, StoreConfiguration(.lmdb))
            }
            #expect(error?.code == .invalidArgument)
        }
    #endif

    @Test func backendsHaveNames() throws {
        #expect(try StoreConfiguration(backendNamed: "lmdb").backend == .lmdb)
        let error = #expect(throws: LogStoreError.self) {
            _ = try StoreConfiguration(backendNamed: "rocksdb")
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("segment") == true)
    }

    /// The store moves into the actor that owns it, and a second writer does not compile.
    @Test func aStoreMovesIntoItsOwner() async throws {
        let owner = Owner(try openLogStore(at: scratch.path))
        #expect(try await owner.append() == 1)
        #expect(try await owner.append() == 2)
    }

    actor Owner {
        let store: any LogStore

        init(_ store: sending any LogStore) { self.store = store }

        func append() throws -> LogIndex {
            let index = store.state.next ?? 1
            try store.append([1], at: LogPosition(term: 1, index: index))
            try store.sync()
            return index
        }
    }
}
