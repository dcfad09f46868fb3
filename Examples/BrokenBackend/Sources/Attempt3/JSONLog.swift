import Synchronization
import WALProtocol

/// What a store and its readers share.
final class JSONLog: Sendable {
    private let storage: Mutex<Storage>

    private struct Storage {
        var files: JSONFiles
        var isClosed = false
    }

    init(_ files: sending JSONFiles) { storage = Mutex(Storage(files: files)) }

    var state: LogState { storage.withLock { $0.files.state } }
    var memoryFootprint: Int { storage.withLock { $0.files.memoryFootprint } }

    /// Reads or changes the log, alone.
    func use<R: Sendable>(
        _ body: (inout JSONFiles) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        try storage.withLock { (storage) throws(LogStoreError) in
            guard !storage.isClosed else { throw .closed }
            return try body(&storage.files)
        }
    }

    func close() throws(LogStoreError) {
        try storage.withLock { (storage) throws(LogStoreError) in
            guard !storage.isClosed else { return }
            storage.isClosed = true
            try storage.files.close()
        }
    }

    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        let entry = try use { (files) throws(LogStoreError) in try files.entry(at: index) }
        // Not behind the lock: the closure may use the store.
        return try body(entry.header, entry.payload.span.bytes)
    }

    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        let entries = try use { (files) throws(LogStoreError) in
            try files.entries(in: range, maxByteCount: maxByteCount)
        }
        for entry in entries { try body(entry.header, entry.payload.span.bytes) }
        return range.lowerBound + LogIndex(entries.count)
    }
}

extension Entry {
    fileprivate var header: EntryHeader {
        EntryHeader(position: position, kind: kind, payloadByteCount: payload.count)
    }
}
