import Foundation
public import WALProtocol

/// A log as lines of JSON: `log.jsonl` has an entry in each, `metadata.json` has the rest.
///
/// The second attempt: what a batch may do is decided by its plan, before anything is touched.
public final class JSONStore: LogStore {
    /// What it declares.
    public let capabilities = LogStoreCapabilities(
        name: "json", maximumEntryByteCount: 1 << 20, maximumBatchByteCount: 8 << 20,
        maximumMetadataValueByteCount: 64 << 10, maximumMetadataTotalByteCount: 1 << 20)

    private let path: String
    private let log: FileHandle
    private let metadata: FileHandle
    private var entries: [LogIndex: Entry] = [:]
    private var values: [MetadataKey: [UInt8]] = [:]
    /// Where the log begins and ends.
    public private(set) var state = LogState()

    /// A line of the log.
    private struct Line: Codable {
        var index: LogIndex
        var term: Term
        var kind: UInt8
        var payload: Data
    }

    /// A value of the metadata.
    private struct Pair: Codable {
        var key: String
        var value: Data
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
            let position = LogPosition(term: line.term, index: line.index)
            entries[position.index] = Entry(
                position: position, kind: EntryKind(rawValue: line.kind),
                payload: [UInt8](line.payload))
            if state.first == nil { state.first = position.index }
            state.last = position
        }
        if let data = try metadata.readToEnd() {
            let pairs = try decoder.decode([Pair].self, from: data)
            for pair in pairs { values[MetadataKey(pair.key)] = [UInt8](pair.value) }
        }
        state.durable = state.last
    }

    private static func open(_ url: URL) throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
        return try FileHandle(forUpdating: url)
    }

    // MARK: Writing

    /// Applies a batch.
    public func write(_ batch: WriteBatch) throws(LogStoreError) {
        let plan = try batch.plan(on: state, capabilities: capabilities) {
            (index) throws(LogStoreError) in try entry(at: index).term
        }
        try checkMetadata(batch)
        if plan.resets { entries = [:] }
        if let from = plan.truncatesFrom { entries = entries.filter { $0.key < from } }
        let dropsEntries = plan.resets || plan.truncatesFrom != nil || plan.compactsThrough != nil
        try batch.visitEntries { (header, payload) throws(LogStoreError) in
            let entry = Entry(copying: header, payload)
            entries[entry.index] = entry
            if !dropsEntries { try save(entry) }
        }
        if let through = plan.compactsThrough {
            entries = entries.filter { $0.key > through.index }
        }
        if dropsEntries { try rewrite() }
        for change in batch.metadataChanges { values[change.key] = change.value }
        if !batch.metadataChanges.isEmpty { try saveMetadata() }
        state = plan.state
    }

    /// The plan knows nothing of the values that are there already.
    private func checkMetadata(_ batch: WriteBatch) throws(LogStoreError) {
        guard !batch.metadataChanges.isEmpty else { return }
        let after = batch.metadataChanges.reduce(into: values) { $0[$1.key] = $1.value }
        let byteCount = after.reduce(0) { $0 + $1.key.name.utf8.count + $1.value.count }
        guard byteCount <= capabilities.maximumMetadataTotalByteCount else {
            throw .metadataTooLarge(
                "all metadata together", byteCount: byteCount,
                limit: capabilities.maximumMetadataTotalByteCount)
        }
    }

    /// `FileHandle` has no buffer: everything was written when it was appended.
    public func sync() throws(LogStoreError) {
        if state.first != nil { state.durable = state.last }
    }

    /// Gives the files up.
    public func close() throws(LogStoreError) {
        try translated {
            try log.close()
            try metadata.close()
        }
    }

    /// Appends an entry to the file.
    private func save(_ entry: Entry) throws(LogStoreError) {
        let line = Line(
            index: entry.index, term: entry.term, kind: entry.kind.rawValue,
            payload: Data(entry.payload))
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
            let pairs = values.map { Pair(key: $0.key.name, value: Data($0.value)) }
            try metadata.write(contentsOf: JSONEncoder().encode(pairs))
        }
    }

    private func translated<R>(_ body: () throws -> R) throws(LogStoreError) -> R {
        do { return try body() } catch { throw LogStoreError(.io, "\(error)") }
    }

    // MARK: Reading

    /// The bytes that are held.
    public var memoryFootprint: Int { entries.values.reduce(0) { $0 + $1.payload.count } }

    /// Calls `body` with an entry.
    public func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        guard let entry = entries[index] else { throw state.readError(at: index) }
        return try body(entry.header, entry.payload.span.bytes)
    }

    /// Calls `body` with each entry of a range.
    public func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        let present = try state.readableRange(range)
        var index = present.lowerBound
        var byteCount = 0
        while index < present.upperBound, let entry = entries[index] {
            byteCount += entry.payload.count
            if byteCount > maxByteCount, index > present.lowerBound { break }
            try body(entry.header, entry.payload.span.bytes)
            index += 1
        }
        return index
    }

    /// The value of a key.
    public func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        values[key]
    }

    /// Every key that has a value.
    public func metadataKeys() throws(LogStoreError) -> [MetadataKey] {
        values.keys.sorted()
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
