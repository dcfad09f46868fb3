import Foundation
public import WALProtocol

/// A log as lines of JSON: `log.jsonl` has an entry in each, `metadata.json` has the rest.
public final class JSONStore: LogStore {
    /// What it declares.
    public let capabilities = LogStoreCapabilities(
        name: "json", maximumEntryByteCount: 1 << 20, maximumBatchByteCount: 8 << 20,
        maximumMetadataValueByteCount: 64 << 10, maximumMetadataTotalByteCount: 1 << 20)

    private let path: String
    private let log: FileHandle
    private let metadata: FileHandle
    private var entries: [LogIndex: Entry] = [:]
    private var values: [String: Data] = [:]
    private var compacted: LogPosition?
    private var last: LogPosition?
    private var durable: LogPosition?

    /// A line of the log.
    private struct Line: Codable {
        var index: Int
        var term: Int
        var payload: Data
    }

    /// Opens the log in a directory, and creates both if there is none.
    public init(at path: String) throws {
        self.path = path
        let directory = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        log = try Self.open(directory.appendingPathComponent("log.jsonl"))
        metadata = try Self.open(directory.appendingPathComponent("metadata.json"))

        let decoder = JSONDecoder()
        for line in try log.readToEnd()?.split(separator: UInt8(ascii: "\n")) ?? [] {
            let line = try decoder.decode(Line.self, from: line)
            let position = LogPosition(term: Term(line.term), index: LogIndex(line.index))
            entries[position.index] = Entry(
                position: position, kind: .command, payload: [UInt8](line.payload))
            last = position
        }
        if let data = try metadata.readToEnd() {
            values = try decoder.decode([String: Data].self, from: data)
        }
        durable = last
    }

    private static func open(_ url: URL) throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
        return try FileHandle(forUpdating: url)
    }

    // MARK: Writing

    /// Applies a batch.
    public func write(_ batch: WriteBatch) throws(LogStoreError) {
        if let reset = batch.reset {
            entries = [:]
            compacted = reset.position
            last = compacted
            try rewrite()
        }
        if let from = batch.truncation {
            entries = entries.filter { $0.key < from }
            last = entries.values.map(\.position).max() ?? compacted
            try rewrite()
        }
        try batch.visitEntries { (header, payload) throws(LogStoreError) in
            if let next = state.next, header.position.index != next {
                throw .notContiguous(expected: next, found: header.position.index)
            }
            if let last, header.position.term < last.term {
                throw .termRegression(
                    index: header.position.index, expected: last.term, found: header.position.term)
            }
            guard header.payloadByteCount <= capabilities.maximumEntryByteCount else {
                throw .entryTooLarge(
                    index: header.position.index, byteCount: header.payloadByteCount,
                    limit: capabilities.maximumEntryByteCount)
            }
            let entry = Entry(copying: header, payload)
            entries[entry.index] = entry
            last = entry.position
            try save(entry)
        }
        if let through = batch.compaction {
            entries = entries.filter { $0.key > through.index }
            compacted = through
            if entries.isEmpty { last = through }
            try rewrite()
        }
        for change in batch.metadataChanges {
            values[change.key.name] = change.value.map { Data($0) }
        }
        if !batch.metadataChanges.isEmpty { try saveMetadata() }
    }

    /// `FileHandle` has no buffer: everything was written when it was appended.
    public func sync() throws(LogStoreError) { durable = last }

    /// Gives the files up.
    public func close() throws(LogStoreError) {
        try translated {
            try log.close()
            try metadata.close()
        }
    }

    /// Appends an entry to the file.
    private func save(_ entry: Entry) throws(LogStoreError) {
        guard let index = Int(exactly: entry.index), let term = Int(exactly: entry.term) else {
            throw .indexOutOfRange(entry.index, minimum: 0)
        }
        let line = Line(index: index, term: term, payload: Data(entry.payload))
        try translated {
            try log.write(contentsOf: JSONEncoder().encode(line) + Data("\n".utf8))
        }
    }

    /// Writes the file anew, after entries were dropped.
    private func rewrite() throws(LogStoreError) {
        try translated { try log.truncate(atOffset: 0) }
        for entry in entries.values.sorted(by: { $0.index < $1.index }) { try save(entry) }
    }

    private func saveMetadata() throws(LogStoreError) {
        try translated {
            try metadata.truncate(atOffset: 0)
            try metadata.write(contentsOf: JSONEncoder().encode(values))
        }
    }

    private func translated<R>(_ body: () throws -> R) throws(LogStoreError) -> R {
        do { return try body() } catch { throw LogStoreError(.io, "\(error)") }
    }

    // MARK: Reading

    /// Where the log begins and ends.
    public var state: LogState {
        LogState(
            compacted: compacted, first: entries.isEmpty ? nil : (compacted?.index ?? 0) + 1,
            last: last, durable: durable)
    }

    /// The bytes that are held.
    public var memoryFootprint: Int { entries.values.reduce(0) { $0 + $1.payload.count } }

    /// Calls `body` with an entry.
    public func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        guard let entry = entries[index] else {
            throw .unavailable(index: index, next: state.next)
        }
        return try body(entry.header, entry.payload.span.bytes)
    }

    /// Calls `body` with each entry of a range.
    public func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        var index = range.lowerBound
        var byteCount = 0
        while index < range.upperBound, let entry = entries[index] {
            byteCount += entry.payload.count
            if byteCount > maxByteCount { break }
            try body(entry.header, entry.payload.span.bytes)
            index += 1
        }
        return index
    }

    /// The value of a key.
    public func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        values[key.name].map { [UInt8]($0) }
    }

    /// Every key that has a value.
    public func metadataKeys() throws(LogStoreError) -> [MetadataKey] {
        values.keys.sorted().map { MetadataKey($0) }
    }

    /// A reader has the files, and reads them by itself.
    public func makeReader() -> sending any LogReader { JSONReader(path: path) }
}

/// Reads the files beside the writer.
final class JSONReader: LogReader {
    private let path: String
    private let store: JSONStore?

    init(path: String) {
        self.path = path
        store = try? JSONStore(at: path)
    }

    var state: LogState { store?.state ?? LogState() }

    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        guard let store else { throw .closed }
        return try store.withEntry(at: index, body)
    }

    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        guard let store else { throw .closed }
        return try store.visitEntries(in: range, maxByteCount: maxByteCount, body)
    }

    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try store?.metadata(for: key)
    }

    func metadataKeys() throws(LogStoreError) -> [MetadataKey] { try store?.metadataKeys() ?? [] }

    func makeReader() -> sending any LogReader { JSONReader(path: path) }
}

extension Entry {
    fileprivate var header: EntryHeader {
        EntryHeader(position: position, kind: kind, payloadByteCount: payload.count)
    }
}
