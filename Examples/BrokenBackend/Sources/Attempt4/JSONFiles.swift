import Foundation
import WALProtocol

/// The file of a log, and what is known of it.
struct JSONFiles {
    private let path: String
    private var journal: Journal
    private var index: Index

    /// Opens the log in a directory, and creates both if there is none.
    init(at directory: String) throws {
        path = directory + "/log.jsonl"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        journal = try Journal(at: path)
        var index = Index()
        try journal.replay { line, place in try index.apply(line, at: place) }
        self.index = index
        try sync()
    }

    var state: LogState { index.state }
    var values: [MetadataKey: [UInt8]] { index.values }
    var memoryFootprint: Int { index.memoryFootprint }

    // MARK: Writing

    mutating func write(
        _ batch: WriteBatch, _ capabilities: LogStoreCapabilities
    ) throws(LogStoreError) {
        let plan = try batch.plan(on: state, capabilities: capabilities) {
            (index) throws(LogStoreError) in try self.index.term(of: index)
        }
        try checkMetadata(batch, capabilities)
        let lines = Line.lines(of: batch, plan)
        // First the file, then the memory: what could not be written did not happen.
        let places = try translated { try journal.append(lines) }
        for (line, place) in zip(lines, places) { try index.apply(line, at: place) }
        index.state = plan.state
        if journal.byteCount > 2 * index.neededByteCount + 64 << 10 { try rewrite() }
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

    /// Puts what is needed into a new file, and that in the place of the old one.
    private mutating func rewrite() throws(LogStoreError) {
        try translated {
            let newPath = path + ".new"
            try Data().write(to: URL(fileURLWithPath: newPath))
            var new = try Journal(at: newPath)
            _ = try new.append(index.head)
            let places = try new.append(index.entries.map(\.place), of: journal)
            _ = try new.append([.commit])
            guard rename(newPath, path) == 0 else { throw POSIXError(.EIO) }
            try journal.close()
            journal = new
            index = index.moved(to: places)
        }
    }

    /// `FileHandle` has no buffer: everything was written when it was appended.
    mutating func sync() throws(LogStoreError) {
        if index.state.first != nil { index.state.durable = index.state.last }
    }

    func close() throws(LogStoreError) {
        try translated { try journal.close() }
    }

    private func translated<R>(_ body: () throws -> R) throws(LogStoreError) -> R {
        do { return try body() } catch { throw LogStoreError(.io, "\(error)") }
    }

    // MARK: Reading

    func entry(at index: LogIndex) throws(LogStoreError) -> Entry {
        let place = try self.index.place(of: index)
        let line = try translated { try journal.line(at: place) }
        guard case .append(index, let term, let kind, let payload) = line else {
            throw .corrupt(
                "another line stands here", file: path, byteOffset: place.offset, index: index)
        }
        return Entry(
            position: LogPosition(term: term, index: index), kind: EntryKind(rawValue: kind),
            payload: [UInt8](payload))
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
