import Foundation
@testable import SegmentBackend
import Conformance
import Testing
import WALProtocol

/// FORMAT.md and the code say the same; the same calls write the same bytes (P89).
@Suite struct FormatTests {
    /// The store of the worked example.
    private func writeExample(_ directory: StoreFiles) throws {
        var options = directory.options
        let numbers = Numbers([0x1111_1111_1111_1111, 0x2222_2222_2222_2222])
        options.randomNumbers = { numbers.next() }
        options.executor = InlineExecutor()
        let store = try SegmentStore(at: directory.path, options: options)
        try store.append([UInt8]("hello".utf8), at: LogPosition(term: 2, index: 1))
        try store.sync()
        var batch = WriteBatch()
        batch.append(
            [UInt8]("world".utf8), at: LogPosition(term: 3, index: 2),
            kind: EntryKind(rawValue: 7))
        batch.setMetadata([9], for: "vote")
        try store.write(batch)
        try store.flush()
    }

    @Test func workedExampleIsWhatTheStoreWrites() throws {
        let page = try String(contentsOfFile: Self.root + "FORMAT.md", encoding: .utf8)
        let parts = page.components(separatedBy: "```hexdump\n")
        let documented = parts.last?.components(separatedBy: "```").first ?? ""
        try withStoreDirectory { directory in
            try writeExample(directory)
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory.file(1))))
            #expect(documented == Self.dump(bytes), "FORMAT.md §10 should be:\n\(Self.dump(bytes))")
        }
    }

    @Test func equalHistoriesHaveEqualBytes() throws {
        try withStoreDirectory { first in
            try withStoreDirectory { second in
                try writeExample(first)
                try writeExample(second)
                #expect(try first.contents() == second.contents())
            }
        }
    }

    @Test func headerFieldsStandWhereDocumented() {
        var block = [UInt8](repeating: 0, count: 64)
        let header = SegmentHeader(
            storeID: StoreID(low: 0x0102, high: 0x0304), sequence: 5, capacity: 6, durableAtBirth: 7
        )
        block.withUnsafeMutableBytes { buffer in
            if let base = buffer.baseAddress { header.encode(to: base) }
        }
        #expect([UInt8](block[0..<8]) == [UInt8]("raftwal\n".utf8))
        #expect(block[8] == 1)
        #expect([block[16], block[17], block[24], block[25]] == [2, 1, 4, 3])
        #expect([block[32], block[40], block[48]] == [5, 6, 7])
        #expect(block.withUnsafeBytes { SegmentHeader.decode($0) } == .valid(header))
        for place in 0..<64 where place != 8 {
            var damaged = block
            damaged[place] ^= 0x40
            let decoded = damaged.withUnsafeBytes { SegmentHeader.decode($0) }
            #expect(decoded != .valid(header), "byte \(place)")
        }
    }

    @Test func checkpointSurvivesARoundTripAndEveryCutIsNoticed() throws {
        var checkpoint = Checkpoint()
        checkpoint.compacted = LogPosition(term: 3, index: 9)
        checkpoint.first = 10
        checkpoint.last = LogPosition(term: 4, index: 20)
        checkpoint.watermark = StreamOffset(sequence: 2, offset: 4096)
        checkpoint.segments = [.init(sequence: 1, end: 8000, first: 10, count: 5)]
        checkpoint.metadata = ["a": [], "bb": [1, 2, 3]]
        let bytes = checkpoint.encode()
        #expect(bytes.withUnsafeBytes { Checkpoint($0, in: .max) } == checkpoint)
        #expect(
            bytes.count
                == Checkpoint.byteCount(segments: 1, metadataKeys: 2, metadataBytes: 3 + 3))
        for count in 0..<bytes.count {
            #expect(
                bytes[..<count].withUnsafeBytes { Checkpoint($0, in: .max) } == nil,
                "cut at \(count)")
        }
    }

    @Test func indexSurvivesARoundTripAndEveryCutIsNoticed() throws {
        let index = SegmentIndex(
            first: 7, offsets: [4200, 4240, 5000],
            runs: [.init(first: 7, term: 2), .init(first: 9, term: 5)])
        let bytes = index.encode()
        let decoded = try #require(bytes.withUnsafeBytes { SegmentIndex.decode($0) })
        #expect(decoded.offsets == index.offsets)
        #expect([7, 8, 9, 100].map { decoded.term(at: $0) } == [2, 2, 5, 5])
        #expect(decoded.term(at: 6) == nil)
        for count in 0..<bytes.count {
            #expect(bytes[..<count].withUnsafeBytes { SegmentIndex.decode($0) } == nil)
        }
    }

    @Test func recordIsValidInItsPlaceOnly() {
        var bytes = [UInt8](repeating: 0xFF, count: 64)
        let payload: [UInt8] = [1, 2, 3]
        let header = RecordHeader(type: .entry, kind: 4, payloadByteCount: 3, index: 5, term: 6)
        bytes.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            payload.withUnsafeBytes {
                header.encode(to: base, seed: UInt32(77).seed(at: 4096), payload: $0)
            }
            let decoded = RecordHeader(plausibleAt: base, available: 64)
            #expect(decoded == header)
            #expect(header.isValid(at: base, seed: UInt32(77).seed(at: 4096)))
            #expect(!header.isValid(at: base, seed: UInt32(77).seed(at: 4104)))
            #expect(!header.isValid(at: base, seed: UInt32(78).seed(at: 4096)))
            #expect(RecordHeader(plausibleAt: base, available: 39) == nil)
            #expect(buffer[35..<40].allSatisfy { $0 == 0 })
        }
    }

    @Test func goldenDirectoryOfVersion1Opens() throws {
        let golden = Self.root + "Tests/SegmentBackendTests/Golden/v1"
        if let target = ProcessInfo.processInfo.environment["WRITE_GOLDEN"] {
            try FileManager.default.createDirectory(
                atPath: target, withIntermediateDirectories: true)
            try Self.writeGolden(StoreFiles(path: target))
        }
        try withTemporaryDirectory { directory in
            let copy = directory + "/v1"
            try FileManager.default.copyItem(atPath: golden, toPath: copy)
            let store = try SegmentStore(at: copy)
            #expect(store.recoveryReport.stoppedCleanly)
            var expected = PlainLog()
            expected.compacted = LogPosition(term: 1, index: 20)
            expected.entries = (21...240).map(Self.goldenEntry)
            expected.metadata = ["raft.term": [9, 0, 0, 0, 0, 0, 0, 0], "raft.vote": [1, 2]]
            #expect(try PlainLog(reading: store) == expected)
            try store.append([1], at: LogPosition(term: 9, index: 241))
            try store.close()
            #expect(try SegmentStore.verify(at: copy).damages == [])
        }
    }

    private static func goldenEntry(_ index: LogIndex) -> Entry {
        Entry(
            position: LogPosition(term: 1 + index / 100, index: index),
            kind: EntryKind(rawValue: UInt8(index % 3)),
            payload: (0..<index % 97).map { UInt8(truncatingIfNeeded: $0 &* index) })
    }

    /// Writes the golden directory: three segments, a truncation, a compaction, metadata.
    private static func writeGolden(_ directory: StoreFiles) throws {
        let store = try directory.open()
        for index in 1...250 as ClosedRange<LogIndex> {
            try store.append(contentsOf: [goldenEntry(index)])
        }
        try store.sync()
        try store.truncate(from: 200)
        try store.append(contentsOf: (200...240).map(goldenEntry))
        try store.setHardState(HardState(currentTerm: 9, votedFor: [1, 2]))
        try store.compact(through: goldenEntry(20).position)
        try store.close()
    }

    // MARK: - Support

    private static let root = #filePath.components(separatedBy: "Tests/")[0]

    /// The lines of sixteen bytes that are not all zero.
    private static func dump(_ bytes: [UInt8]) -> String {
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 16) {
            let line = bytes[start..<start + 16]
            guard line.contains(where: { $0 != 0 }) else { continue }
            let hex = line.map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined(separator: " ")
            let plain = line.map {
                (32..<127).contains($0) ? String(UnicodeScalar($0)) : "."
            }.joined()
            let address = String(start, radix: 16)
            text += String(repeating: "0", count: 8 - address.count) + address
            text += "  \(hex)  |\(plain)|\n"
        }
        return text
    }
}

/// Hands out numbers in turn.
private final class Numbers: @unchecked Sendable {
    private var numbers: [UInt64]

    init(_ numbers: [UInt64]) { self.numbers = numbers }

    func next() -> UInt64 { numbers.isEmpty ? 0 : numbers.removeFirst() }
}
