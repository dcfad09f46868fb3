import Foundation
@testable import SegmentBackend
import WALProtocol

/// A store's directory whose files a test damages.
struct StoreFiles {
    let path: String

    /// Tiny segments, so that a few hundred entries rotate.
    var options: SegmentStore.Options {
        var options = SegmentStore.Options()
        options.minimumSegmentByteCount = 8192
        options.maximumSegmentByteCount = 8192
        return options
    }

    func open() throws -> SegmentStore { try SegmentStore(at: path, options: options) }

    /// Appends entries of 50 bytes, each synced, and closes the store or drops it.
    func write(entries: ClosedRange<LogIndex>, close: Bool) throws {
        let store = try open()
        for index in entries {
            let payload = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 50)
            try store.append(payload, at: LogPosition(term: 1, index: index))
            try store.sync()
        }
        if close { try store.close() }
    }

    func file(_ sequence: UInt64) -> String {
        path + "/" + SegmentFormat.fileName(sequence: sequence)
    }

    func sequences() throws -> [UInt64] {
        try FileManager.default.contentsOfDirectory(atPath: path)
            .compactMap { SegmentFormat.sequence(fileName: $0) }.sorted()
    }

    func oldest() throws -> UInt64 { try sequences().first ?? 0 }

    /// The newest segment that is not merely prepared.
    func newest() throws -> UInt64 {
        try sequences().last { sequence in
            let head = try Data(contentsOf: URL(fileURLWithPath: file(sequence))).prefix(64)
            return head.contains { $0 != 0 }
        } ?? 0
    }

    func scan(_ sequence: UInt64) throws -> SegmentScan {
        let inventory = try Inventory.take(
            StoreDirectory(path: path, fileSystem: POSIXFileSystem()))
        guard let segment = inventory?.segment(sequence) else { return SegmentScan() }
        return try SegmentScanner.scan(segment.file, seed: segment.seed)
    }

    func flip(_ sequence: UInt64, at offset: Int) throws {
        try flip(path: file(sequence), at: offset, mask: 0x10)
    }

    func flip(path: String, at offset: Int, mask: UInt8) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try handle.seek(toOffset: UInt64(offset))
        let byte = try handle.read(upToCount: 1)?.first ?? 0
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: Data([byte ^ mask]))
        try handle.close()
    }

    func bytes(_ sequence: UInt64, at offset: Int, count: Int) throws -> [UInt8] {
        try POSIXFileSystem().open(file(sequence), .read)
            .readBytes(at: UInt64(offset), count: count)
    }

    func overwrite(_ sequence: UInt64, at offset: Int, with bytes: [UInt8]) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file(sequence)))
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
    }

    func cut(_ sequence: UInt64, at offset: Int) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file(sequence)))
        try handle.truncate(atOffset: UInt64(offset))
        try handle.close()
    }

    /// Makes a file of zeros in place of whatever has the name.
    func makeFile(_ sequence: UInt64, byteCount: Int) throws {
        try Data(count: byteCount).write(to: URL(fileURLWithPath: file(sequence)))
    }

    func copy(_ sequence: UInt64, over target: UInt64) throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file(sequence)))
        try bytes.write(to: URL(fileURLWithPath: file(target)))
    }

    func remove(_ sequence: UInt64) throws {
        try FileManager.default.removeItem(atPath: file(sequence))
    }

    func removePrepared() throws {
        let newest = try newest()
        for sequence in try sequences() where sequence > newest {
            try FileManager.default.removeItem(atPath: file(sequence))
        }
    }

    /// Every file with its bytes; what is in quarantine is not part of the store.
    func contents() throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: path)
        where name != SegmentFormat.quarantineName {
            contents[name] = try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))
        }
        return contents
    }
}

/// Runs `body` with a store's directory, removed afterwards.
func withStoreDirectory(_ body: (StoreFiles) throws -> Void) throws {
    try withTemporaryDirectory { try body(StoreFiles(path: $0)) }
}

/// What tests of damage need to know of a store's files.
extension StoreFiles {
    /// The entry that ``writeTerms(_:close:)`` writes at an index.
    static func entry(_ index: LogIndex, term: Term? = nil) -> Entry {
        Entry(
            position: LogPosition(term: term ?? Self.term(index), index: index), kind: .command,
            payload: (0..<50).map { UInt8(truncatingIfNeeded: index &* 7 &+ $0) })
    }

    /// Terms change every ten entries.
    static func term(_ index: LogIndex) -> Term { (index + 9) / 10 }

    /// Appends entries of 50 bytes, each synced, and closes the store or drops it.
    func writeTerms(_ entries: ClosedRange<LogIndex>, close: Bool) throws {
        let store = try open()
        for index in entries {
            let entry = Self.entry(index)
            try store.append(entry.payload, at: entry.position)
            try store.sync()
        }
        if close { try store.close() }
    }

    func salvage() throws -> SegmentStore {
        var options = options
        options.access = .readOnly
        options.policy = .salvage
        return try SegmentStore(at: path, options: options)
    }

    /// What is valid in a segment, whatever its header says.
    func survey(_ sequence: UInt64) throws -> SegmentSurvey {
        let directory = StoreDirectory(path: path, fileSystem: POSIXFileSystem())
        guard let segment = try Inventory.take(directory)?.segment(sequence) else {
            return SegmentSurvey()
        }
        return try SegmentSurvey.take(segment.file, seed: segment.seed)
    }

    /// The last valid record of an entry.
    func entryRecord(_ index: LogIndex) throws -> (sequence: UInt64, offset: Int) {
        for sequence in try sequences().reversed() {
            let found = try survey(sequence).records.last {
                $0.header.type == .entry && $0.header.index == index
            }
            if let found { return (sequence, found.offset) }
        }
        return (0, 0)
    }

    /// The entries of a segment.
    func liveRange(_ sequence: UInt64) throws -> Range<LogIndex> {
        let indexes = try survey(sequence).records.filter { $0.header.type == .entry }
            .map(\.header.index)
        return (indexes.first ?? 0)..<(indexes.last ?? 0) + 1
    }
}
