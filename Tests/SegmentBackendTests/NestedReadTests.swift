import Testing
import WALProtocol

@testable import SegmentBackend

/// Closures that are looking at an entry in memory and change the log meanwhile.
struct NestedReadTests {
    private static let byteCount = 400

    private static func payload(_ index: LogIndex, term: Term = 1) -> [UInt8] {
        [UInt8](repeating: UInt8(truncatingIfNeeded: index &* 31 &+ term), count: byteCount)
    }

    private func append(
        _ range: Range<LogIndex>, term: Term = 1, to store: SegmentStore
    ) throws(LogStoreError) {
        for index in range {
            try store.append(
                Self.payload(index, term: term), at: LogPosition(term: term, index: index))
        }
    }

    /// Goes on so far that several blocks leave the cache and their memory is used again, reading
    /// through the same cursor, which lets go what nobody looks at.
    private func goOn(_ store: SegmentStore, term: Term = 1) throws(LogStoreError) {
        for _ in 0..<20 {
            let next = store.state.next ?? 1
            try append(next..<next + 500, term: term, to: store)
            let last = try store.entry(at: next + 499)
            #expect(last.payload == Self.payload(next + 499, term: term))
        }
    }

    private func expect(_ payload: RawSpan, isOf index: LogIndex) {
        #expect(payload.withUnsafeBytes { Array($0) } == Self.payload(index))
    }

    private func withSmallCache(_ body: (SegmentStore) throws -> Void) throws {
        try withStoreDirectory { directory in
            var options = directory.options
            options.cacheByteCount = 1 << 20
            let store = try SegmentStore(at: directory.path, options: options)
            try append(1..<2_000, to: store)
            try body(store)
            try store.close()
        }
    }

    @Test func aVisitGoesOnThoughItsEntriesAreTruncated() throws {
        try withSmallCache { store in
            var visited: [LogIndex] = []
            try store.visitEntries(in: 1_000..<2_000) { (header, payload) throws(LogStoreError) in
                if visited.isEmpty {
                    try store.truncate(from: 500)
                    try goOn(store, term: 2)
                }
                #expect(header.position.term == 1)
                expect(payload, isOf: header.position.index)
                visited.append(header.position.index)
            }
            #expect(visited == Array(1_000..<2_000))
        }
    }

    /// The view keeps the blocks: without it their memory is used again.
    @Test func anEntryIsKeptWhileItIsLookedAtAndNotForEver() throws {
        try withSmallCache { store in
            weak var view: AnyObject?
            try store.withEntry(at: 5) { (_, payload) throws(LogStoreError) in
                view = store.cursor.view
                try goOn(store)
                #expect(view != nil)
                expect(payload, isOf: 5)
            }
            try goOn(store)
            #expect(view == nil)
        }
    }
}
