import Foundation
import WALProtocol

/// The file of a log, and what is known of it.
struct JSONFiles {
    private let path: String
    private let lock: DirectoryLock
    private var journal: Journal
    private var index = Index()
    /// Why nothing can be written any more.
    private var obstacle: LogStoreError?

    /// The bytes that may be in the file for nothing.
    static let toleratedByteCount: UInt64 = 64 << 10

    /// Opens the log in a directory, and creates both if there is none.
    init(at directory: String) throws(LogStoreError) {
        path = directory + "/log.jsonl"
        lock = try DirectoryLock(creating: directory)
        do {
            if !FileManager.default.fileExists(atPath: path) {
                // Complete before it has its name: a file without a batch is a damaged one.
                try Self.replace(path) { new in try new.append(Index().head + [.commit]) }
            }
            journal = try Journal(at: path)
            var index = Index()
            try journal.replay { line, place in try index.apply(line, at: place) }
            self.index = index
        } catch {
            throw LogStoreError(error, path: path)
        }
        // What is there may only be in the kernel: the process that wrote it died.
        try sync()
    }

    var state: LogState { index.state }
    var values: [MetadataKey: [UInt8]] { index.values }
    var memoryFootprint: Int { index.memoryFootprint }

    // MARK: Writing

    mutating func write(
        _ batch: WriteBatch, _ capabilities: LogStoreCapabilities
    ) throws(LogStoreError) {
        if let obstacle { throw obstacle }
        let plan = try batch.plan(on: state, capabilities: capabilities) {
            (index) throws(LogStoreError) in try self.index.term(of: index)
        }
        try checkMetadata(batch, capabilities)
        guard !batch.isEmpty else { return }
        let lines = Line.lines(of: batch, plan)
        // First the file, then the memory: what could not be written did not happen.
        let places: [Place]
        do {
            places = try journal.append(lines)
        } catch {
            let error = LogStoreError(error, path: path)
            if journal.hasHalfABatch { obstacle = .poisoned(by: error.cause) }
            throw error
        }
        for (line, place) in zip(lines, places) { try index.apply(line, at: place) }
        index.state = plan.state
        if journal.byteCount > 2 * index.neededByteCount + Self.toleratedByteCount {
            // The batch is written whether or not this works.
            try? rewrite()
        }
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
    private mutating func rewrite() throws {
        var places: [Place] = []
        let new = try Self.replace(path) { new in
            _ = try new.append(index.head)
            places = try new.append(index.entries.map(\.place), of: journal)
            _ = try new.append([.commit])
        }
        try? journal.close()
        journal = new
        index = index.moved(to: places)
    }

    /// Writes a file under another name, and gives it this one when it is on the disk.
    @discardableResult
    private static func replace(
        _ path: String, _ body: (inout Journal) throws -> Void
    ) throws -> Journal {
        let newPath = path + ".new"
        try Data().write(to: URL(fileURLWithPath: newPath))
        var new = try Journal(at: newPath)
        try body(&new)
        try new.synchronize()
        guard rename(newPath, path) == 0 else {
            throw SystemCallError(call: "rename", errno: errno, path: path)
        }
        return new
    }

    /// Makes the file and its name durable, or says why not, and then nothing more is taken.
    mutating func sync() throws(LogStoreError) {
        if let obstacle { throw obstacle }
        do {
            try journal.synchronize()
            try DirectoryLock.sync((path as NSString).deletingLastPathComponent)
        } catch {
            let poisoned = LogStoreError.poisoned(by: LogStoreError(error, path: path).cause)
            obstacle = poisoned
            throw poisoned
        }
        if index.state.first != nil { index.state.durable = index.state.last }
    }

    mutating func close() throws(LogStoreError) {
        defer { release() }
        try sync()
    }

    func release() {
        try? journal.close()
        lock.release()
    }

    private func translated<R>(_ body: () throws -> R) throws(LogStoreError) -> R {
        do { return try body() } catch { throw LogStoreError(error, path: path) }
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
