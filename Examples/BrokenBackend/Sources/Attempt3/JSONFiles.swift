import Foundation
import WALProtocol

/// The files of a log, and what is in them.
struct JSONFiles {
    private let log: FileHandle
    private let metadata: FileHandle
    private var entries: [LogIndex: Entry] = [:]
    private(set) var values: [MetadataKey: [UInt8]] = [:]
    private(set) var state = LogState()

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
    init(at path: String) throws {
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

    mutating func write(
        _ batch: WriteBatch, _ capabilities: LogStoreCapabilities
    ) throws(LogStoreError) {
        let plan = try batch.plan(on: state, capabilities: capabilities) {
            (index) throws(LogStoreError) in try entry(at: index).term
        }
        try checkMetadata(batch, capabilities)
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
    private func checkMetadata(
        _ batch: WriteBatch, _ capabilities: LogStoreCapabilities
    ) throws(LogStoreError) {
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
    mutating func sync() throws(LogStoreError) {
        if state.first != nil { state.durable = state.last }
    }

    func close() throws(LogStoreError) {
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

    var memoryFootprint: Int { entries.values.reduce(0) { $0 + $1.payload.count } }

    func entry(at index: LogIndex) throws(LogStoreError) -> Entry {
        guard let entry = entries[index] else { throw state.readError(at: index) }
        return entry
    }

    func entries(
        in range: Range<LogIndex>, maxByteCount: Int
    ) throws(LogStoreError) -> [Entry] {
        var list: [Entry] = []
        var byteCount = 0
        for index in try state.readableRange(range) {
            let entry = try entry(at: index)
            byteCount += entry.payload.count
            if byteCount > maxByteCount, !list.isEmpty { break }
            list.append(entry)
        }
        return list
    }
}
