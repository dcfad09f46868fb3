import Testing
import WALProtocol

@testable import SegmentBackend

/// A writer that dies before its background work has marked the segments it left as sealed.
struct UnsealedSegmentTests {
    private static let entryCount: LogIndex = 5_000

    /// Segments that are durable, with footers and without marks; the last entry was only flushed.
    private func withUnsealedSegments(
        _ body: (StoreFiles, SegmentStore.Options) throws -> Void
    ) throws {
        try withStoreDirectory { directory in
            var options = directory.options
            options.minimumSegmentByteCount = 64 << 10
            options.maximumSegmentByteCount = 64 << 10
            do {
                let log = try CountedStore(at: directory.path, options)
                try log.append(Int(Self.entryCount) - 1)
                try log.store.sync()
                try log.append(1)
                try log.store.flush()
            }
            let sequences = try directory.sequences()
            #expect(sequences.count > 10)
            // A dropped store waits for its background work; one that is killed does not.
            for sequence in sequences {
                for offset in SegmentFormat.slotOffsets {
                    let zeros = [UInt8](repeating: 0, count: StatusSlot.byteCount)
                    try directory.overwrite(sequence, at: offset, with: zeros)
                }
            }
            try body(directory, options)
        }
    }

    @Test func theMarksAreWrittenWithoutASyncForEach() throws {
        try withUnsealedSegments { directory, options in
            // The newest has no footer, and one more may be prepared.
            let segments = try directory.sequences().filter {
                try directory.scan($0).end > SegmentFormat.headerBlockByteCount
            }
            .dropLast()
            let footers = try segments.map { try directory.scan($0).last?.offset }
            let log = try CountedStore(at: directory.path, options)
            // The new segment, its name, and the footer of the newest, which had none.
            #expect(log.opening["sync"] + log.opening["syncDirectory"] <= 4)
            let inventory = try #require(
                try Inventory.take(
                    StoreDirectory(path: directory.path, fileSystem: POSIXFileSystem())))
            for (sequence, footer) in zip(segments, footers) {
                let slot = try #require(inventory.segment(sequence)?.slot)
                #expect(slot.state == .sealed)
                #expect(Int(clamping: slot.indexOffset) == footer)
                #expect(try Int(clamping: slot.end) == directory.scan(sequence).end)
            }
            for index in 1...Self.entryCount { _ = try log.store.entry(at: index) }
            try log.store.close()
            #expect(try SegmentStore.verify(at: directory.path).damages.isEmpty)
        }
    }

    @Test func theNextOpeningReadsNoneOfTheirRecords() throws {
        try withUnsealedSegments { directory, options in
            let segments = try directory.sequences().count
            do {
                let first = try CountedStore(at: directory.path, options)
                #expect(first.opening.readByteCount >= (segments - 1) * (64 << 10))
                try first.append(1)
                try first.store.flush()
            }
            let second = try CountedStore(at: directory.path, options)
            #expect(second.opening.readByteCount <= segments * 1536 + 4 * (64 << 10))
            #expect(second.store.state.last?.index == Self.entryCount + 1)
        }
    }
}
