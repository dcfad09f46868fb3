import Testing
import WALProtocol

@testable import SegmentBackend

/// What opening after a crash copies: entries that nothing proves durable.
struct EntryCopyTests {
    /// Payloads around the size of a piece of the copy, and many small ones.
    private static func payload(_ index: LogIndex) -> [UInt8] {
        let count =
            switch index {
            case 40: (256 << 10) - 32
            case 41: (256 << 10) - 31
            case 42: 700_003
            default: Int(index * 31 % 300)
            }
        return (0..<count).map { UInt8(truncatingIfNeeded: index &+ UInt64($0)) }
    }

    private func write(_ count: LogIndex, to directory: StoreFiles) throws {
        var options = directory.options
        options.minimumSegmentByteCount = 1 << 20
        options.maximumSegmentByteCount = 1 << 20
        let store = try SegmentStore(at: directory.path, options: options)
        for index in 1...count {
            var batch = WriteBatch()
            batch.append(
                Self.payload(index), at: LogPosition(term: 1 + index / 50, index: index),
                kind: EntryKind(rawValue: UInt8(truncatingIfNeeded: index)))
            if index % 7 == 0 { batch.setMetadata([9], for: "vote") }
            try store.write(batch)
        }
        try store.flush()
    }

    @Test func whatIsCopiedIsWhatWasWritten() throws {
        try withStoreDirectory { directory in
            try write(9_000, to: directory)
            #expect(try directory.sequences().count > 3)
            let store = try directory.open()
            let findings = store.recoveryReport.findings
            #expect(findings.contains { $0.kind == .copiedForward })
            #expect(store.state.first == 1)
            for index in 1...9_000 as ClosedRange<LogIndex> {
                let entry = try store.entry(at: index)
                #expect(entry.position == LogPosition(term: 1 + index / 50, index: index))
                #expect(entry.kind.rawValue == UInt8(truncatingIfNeeded: index))
                #expect(entry.payload == Self.payload(index))
            }
            // One segment stands for all that was copied, each entry a unit of its own.
            let newest = try directory.survey(try directory.newest())
            let entries = newest.records.filter { $0.header.type == .entry }
            #expect(entries.map(\.header.index) == Array(1...9_000))
            #expect(!entries.contains { $0.header.hasMore })
            try store.close()
            #expect(try SegmentStore.verify(at: directory.path).damages.isEmpty)
        }
    }

    @Test func anEntryThatIsNotReadAgainAsItWasEndsTheOpening() throws {
        try withStoreDirectory { directory in
            try write(100, to: directory)
            let newest = try directory.newest()
            let inventory = try #require(
                try Inventory.take(
                    StoreDirectory(path: directory.path, fileSystem: POSIXFileSystem())))
            let segment = try #require(inventory.segment(newest))
            let offsets = try directory.scan(newest).offsets
            let first = try directory.liveRange(newest).lowerBound
            for place in offsets.indices {
                try directory.flip(newest, at: Int(offsets[place]) + 20)
                #expect(throws: SystemCallError.self) {
                    try withTemporaryDirectory { path in
                        let file = try POSIXFileSystem().open(path + "/copy", .create)
                        var copy = EntryCopy(to: file, at: 4096, seed: 1)
                        try copy.append(offsets, first: first, of: segment)
                    }
                }
                try directory.flip(newest, at: Int(offsets[place]) + 20)
            }
        }
    }
}
