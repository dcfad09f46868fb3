import Foundation
import SegmentBackend
import Synchronization
import WALProtocol

/// A segment store on real files, with one bug around it.
final class FileMutantStore: LogStore {
    private let store: SegmentStore
    private let mutation: FileMutation?
    private let cacheByteCount: Int
    private let cache = Mutex<[LogIndex: Entry]>([:])

    struct OtherError: Error {}

    init(at path: String, on files: MutantFiles, cacheByteCount: Int) throws {
        mutation = files.mutation
        self.cacheByteCount = cacheByteCount
        try Self.prepare(path, mutation, cacheByteCount)
        var options = SegmentStore.Options()
        options.minimumSegmentByteCount = 8 << 10
        options.maximumSegmentByteCount = 8 << 10
        options.cacheByteCount = cacheByteCount
        options.fileSystem = files.fileSystem
        store = try Self.open(path, options, mutation)
        if mutation == .leaksDescriptors { files.leak(path) }
        if mutation == .remembersOptions {
            let file = URL(fileURLWithPath: path + ".options")
            if (try? Data(contentsOf: file)) == nil {
                try Data("\(cacheByteCount)".utf8).write(to: file)
            }
        }
    }

    private static func open(
        _ path: String, _ options: SegmentStore.Options, _ mutation: FileMutation?
    ) throws -> SegmentStore {
        do throws(LogStoreError) {
            return try SegmentStore(at: path, options: options)
        } catch {
            switch (mutation, error.code) {
            case (.beginsAnewWhenDamaged, .corrupt):
                rename(path, "\(path).damaged-\(UInt64.random(in: 0...(.max)))")
                return try SegmentStore(at: path, options: options)
            case (.mistakesPermissions, .readOnly):
                throw LogStoreError(.io, "the directory cannot be written")
            case (.throwsOtherErrors, .io): throw OtherError()
            default: throw error
            }
        }
    }

    /// What the bug does before the store is opened.
    private static func prepare(
        _ path: String, _ mutation: FileMutation?, _ cacheByteCount: Int
    ) throws {
        let manager = FileManager.default
        switch mutation {
        case .needsParent:
            let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
            guard manager.fileExists(atPath: parent) else {
                throw LogStoreError(.io, "there is no directory \(parent)")
            }
        case .removesForeignFiles:
            for name in (try? manager.contentsOfDirectory(atPath: path)) ?? []
            where name.hasPrefix(".") || name.hasSuffix("~") {
                try manager.removeItem(atPath: "\(path)/\(name)")
            }
        case .remembersOptions:
            let options = try? String(contentsOfFile: path + ".options", encoding: .utf8)
            guard options == nil || options == "\(cacheByteCount)" else {
                throw LogStoreError.invalidArgument("the store was made with other options")
            }
        default: break
        }
    }

    var capabilities: LogStoreCapabilities { store.capabilities }
    var recoveryReport: RecoveryReport { store.recoveryReport }
    var state: LogState { store.state }

    var memoryFootprint: Int {
        guard mutation == .holdsEverything else { return store.memoryFootprint }
        return store.memoryFootprint + Int(store.count) * 60_000
    }

    func write(_ batch: WriteBatch) throws(LogStoreError) { try store.write(batch) }
    func flush() throws(LogStoreError) { try store.flush() }
    func sync() throws(LogStoreError) { try store.sync() }
    func close() throws(LogStoreError) { try store.close() }
    func makeReader() -> sending any LogReader { store.makeReader() as any LogReader }

    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        if mutation == .cachesTruncated, cacheByteCount == 1, state.indexes.contains(index) {
            let entry = try cached(index)
            let header = EntryHeader(
                position: entry.position, kind: entry.kind, payloadByteCount: entry.payload.count)
            return try body(header, entry.payload.span.bytes)
        }
        return try store.withEntry(at: index) { (header, payload) throws(LogStoreError) in
            if mutation == .limitsWhenReading, cacheByteCount == 1, payload.byteCount > 1 << 20 {
                throw .entryTooLarge(
                    index: index, byteCount: payload.byteCount, limit: 1 << 20)
            }
            return try body(header, payload)
        }
    }

    private func cached(_ index: LogIndex) throws(LogStoreError) -> Entry {
        if let entry = cache.withLock({ $0[index] }) { return entry }
        let entry = try store.entry(at: index)
        cache.withLock { $0[index] = entry }
        return entry
    }

    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        guard mutation == .cachesTruncated, cacheByteCount == 1, maxByteCount == .max else {
            return try store.visitEntries(in: range, maxByteCount: maxByteCount, body)
        }
        let present = try state.readableRange(range)
        for index in present { try withEntry(at: index, body) }
        return present.upperBound
    }

    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try store.metadata(for: key)
    }

    func metadataKeys() throws(LogStoreError) -> [MetadataKey] { try store.metadataKeys() }
}
