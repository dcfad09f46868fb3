import CWALChecksum
import Foundation
@testable import SegmentBackend
import Testing
import WALProtocol

/// Stores that an earlier version left open again, and those of a later one are left alone (P77,
/// P78); the golden store that was closed is in `FormatTests`.
@Suite struct GoldenTests {
    private static let folder =
        #filePath.components(separatedBy: "GoldenTests.swift")[0] + "Golden"

    // MARK: - A store that was not closed

    /// Several segments, a compaction, a truncation, metadata; then two entries behind the last
    /// sync, the second of them torn.
    @Test func stoppedStoreOfVersion1Opens() throws {
        let golden = Self.folder + "/v1-stopped"
        if let target = ProcessInfo.processInfo.environment["WRITE_GOLDEN_STOPPED"] {
            try Self.writeStopped(at: target)
        }
        try withTemporaryDirectory { directory in
            let copy = directory + "/store"
            try FileManager.default.copyItem(atPath: golden, toPath: copy)
            var expected = PlainLog()
            expected.compacted = LogPosition(term: 1, index: 15)
            expected.entries =
                (16...119).map { Self.entry($0, term: 1 + $0 / 60) }
                + (120...141).map { Self.entry($0, term: 4) }
            expected.metadata = ["raft.term": [4, 0, 0, 0, 0, 0, 0, 0], "raft.vote": [3]]
            for round in 1...2 {
                let store = try SegmentStore(at: copy)
                #expect(try PlainLog(reading: store) == expected)
                if round == 1 {
                    #expect(!store.recoveryReport.stoppedCleanly)
                    #expect(store.recoveryReport.tornFromIndex == 142)
                    #expect(store.recoveryReport.tornByteCount > 0)
                }
                try store.close()
            }
            #expect(try SegmentStore.verify(at: copy).damages == [])
        }
    }

    private static func entry(_ index: LogIndex, term: Term) -> Entry {
        Entry(
            position: LogPosition(term: term, index: index),
            kind: EntryKind(rawValue: UInt8(index % 3)),
            payload: (0..<index % 97).map { UInt8(truncatingIfNeeded: $0 &* index) })
    }

    private static func writeStopped(at path: String) throws {
        let directory = StoreFiles(path: path)
        let store = try directory.open()
        for index in 1...130 as ClosedRange<LogIndex> {
            try store.append(contentsOf: [entry(index, term: 1 + index / 60)])
        }
        try store.sync()
        try store.truncate(from: 120)
        try store.append(contentsOf: (120...140).map { entry($0, term: 4) })
        try store.setHardState(HardState(currentTerm: 4, votedFor: [3]))
        try store.compact(through: LogPosition(term: 1, index: 15))
        try store.sync()
        try store.append(contentsOf: [entry(141, term: 4)])
        try store.append(contentsOf: [entry(142, term: 4)])
        try store.flush()
        let newest = try directory.newest()
        let last = try directory.survey(newest).records.last { $0.header.index == 142 }
        try directory.overwrite(
            newest, at: (last?.offset ?? 0) + 40, with: [UInt8](repeating: 0, count: 16))
    }

    // MARK: - What a later version may have left

    /// A later version of the format, with a checksum that is right.
    @Test(arguments: ["STORE", "0000000000000001.wal", "0000000000000002.wal"])
    func newerVersionIsRefusedAndNothingTouched(file: String) throws {
        try expectRefused(file) { head in
            head[8] = 2
            Self.putChecksum(&head)
        } judge: {
            #expect($0.code == .unsupportedFormat)
            #expect($0.context.found == 2)
            #expect($0.context.expected == 1)
        }
    }

    /// This version, with a required feature that it does not know.
    @Test(arguments: ["STORE", "0000000000000001.wal", "0000000000000002.wal"])
    func unknownRequiredFlagIsRefusedAndNothingTouched(file: String) throws {
        try expectRefused(file) { head in
            head[13] = 0x80
            Self.putChecksum(&head)
        } judge: {
            #expect($0.code == .unsupportedFormat)
            #expect($0.context.found == 0x8000)
        }
    }

    /// A record of a type that this version does not know, with a checksum that is right: no log is
    /// what it seems without it.
    @Test func unknownRecordTypeIsRefusedAndNothingTouched() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: false)
            let newest = try directory.newest()
            let second = try #require(
                try directory.survey(newest).records.first { $0.header.index == 2 })
            var bytes = [UInt8](
                try Data(contentsOf: URL(fileURLWithPath: directory.file(newest))))
            let inventory = try #require(
                try Inventory.take(
                    StoreDirectory(path: directory.path, fileSystem: POSIXFileSystem())))
            let seed = try #require(inventory.segment(newest)?.seed).seed(at: second.offset)
            bytes[second.offset + 8] = 9
            bytes.withUnsafeMutableBytes { buffer in
                guard let base = buffer.baseAddress else { return }
                let record = base + second.offset
                record.put(
                    wal_crc32c_record(
                        seed, UnsafeRawPointer(record).u64(4), UnsafeRawPointer(record).u64(16),
                        UnsafeRawPointer(record).u64(24), record + 32,
                        second.header.payloadByteCount), 0)
            }
            try Data(bytes).write(to: URL(fileURLWithPath: directory.file(newest)))
            let before = try directory.contents()
            let error = #expect(throws: LogStoreError.self) { try directory.open() }
            #expect(error?.code == .corrupt)
            #expect(error?.context.file == directory.file(newest))
            #expect(error?.context.byteOffset == UInt64(second.offset))
            #expect(try directory.contents() == before)
        }
    }

    private static func putChecksum(_ head: inout [UInt8]) {
        head.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            base.put(wal_crc32c(base, 60), 60)
        }
    }

    /// Changes the first 64 bytes of a file of a closed store, in both ways of opening it.
    private func expectRefused(
        _ file: String, change: (inout [UInt8]) -> Void, judge: (LogStoreError) -> Void
    ) throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...100, close: true)
            let url = URL(fileURLWithPath: directory.path + "/" + file)
            var bytes = [UInt8](try Data(contentsOf: url))
            var head = [UInt8](bytes.prefix(64))
            change(&head)
            bytes.replaceSubrange(0..<64, with: head)
            try Data(bytes).write(to: url)
            let before = try directory.contents()
            for access in [StoreAccess.readWrite, .readOnly] {
                var options = directory.options
                options.access = access
                let error = #expect(throws: LogStoreError.self) {
                    try SegmentStore(at: directory.path, options: options)
                }
                if let error { judge(error) }
                #expect(error?.context.file == directory.path + "/" + file)
            }
            #expect(try directory.contents() == before)
        }
    }
}
