import Synchronization
import WALProtocol

/// A backend of eleven members over an array: the least that makes a `LogStore`.
///
/// Everything else that its tests call comes from the protocols' extensions.
final class ArrayStore: LogStore {
    let capabilities: LogStoreCapabilities
    private let shared = SharedLog()
    private(set) var syncCount = 0

    init(_ capabilities: LogStoreCapabilities = .small) { self.capabilities = capabilities }

    var state: LogState { shared.log.state }
    var memoryFootprint: Int { shared.log.entries.reduce(0) { $0 + $1.payload.count } }

    func write(_ batch: WriteBatch) throws(LogStoreError) {
        try shared.change { (log) throws(LogStoreError) in
            try log.apply(
                batch, batch.plan(on: log.state, capabilities: capabilities, termAt: log.term))
        }
    }

    func sync() throws(LogStoreError) {
        try shared.change { (log) throws(LogStoreError) in log.state.durable = log.state.last }
        syncCount += 1
    }

    func close() throws(LogStoreError) { shared.close() }
    func makeReader() -> sending any LogReader { ArrayReader(shared) }

    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        try shared.withEntry(at: index, body)
    }

    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try shared.visitEntries(in: range, maxByteCount: maxByteCount, body)
    }

    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try shared.change { (log) throws(LogStoreError) in log.metadata[key] }
    }

    func metadataKeys() throws(LogStoreError) -> [MetadataKey] {
        try shared.change { (log) throws(LogStoreError) in log.metadata.keys.sorted() }
    }
}

/// Its reader.
private final class ArrayReader: LogReader {
    private let shared: SharedLog

    init(_ shared: SharedLog) { self.shared = shared }

    var state: LogState { shared.log.state }
    func makeReader() -> sending any LogReader { ArrayReader(shared) }

    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        try shared.withEntry(at: index, body)
    }

    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try shared.visitEntries(in: range, maxByteCount: maxByteCount, body)
    }

    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try shared.change { (log) throws(LogStoreError) in log.metadata[key] }
    }

    func metadataKeys() throws(LogStoreError) -> [MetadataKey] {
        try shared.change { (log) throws(LogStoreError) in log.metadata.keys.sorted() }
    }
}

/// The entries and values, which the plan of a batch changes.
private struct ArrayLog: Sendable {
    var state = LogState()
    var entries: [Entry] = []
    var metadata: [MetadataKey: [UInt8]] = [:]

    func term(at index: LogIndex) throws(LogStoreError) -> Term {
        try state.checkRead(at: index)
        return entries[Int(index - entries[0].index)].term
    }

    mutating func apply(_ batch: WriteBatch, _ plan: WritePlan) {
        if plan.resets { entries = [] }
        if let from = plan.truncatesFrom { entries.removeAll { $0.index >= from } }
        batch.visitEntries { entries.append(Entry(copying: $0, $1)) }
        if let through = plan.compactsThrough { entries.removeAll { $0.index <= through.index } }
        for change in batch.metadataChanges { metadata[change.key] = change.value }
        state = plan.state
    }
}

/// What a store and its readers share, behind a lock.
private final class SharedLog: Sendable {
    private let storage = Mutex<(log: ArrayLog, isClosed: Bool)>((ArrayLog(), false))

    var log: ArrayLog { storage.withLock { $0.log } }
    func close() { storage.withLock { $0.isClosed = true } }

    func change<R: Sendable>(
        _ body: (inout ArrayLog) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        try storage.withLock { (storage) throws(LogStoreError) in
            guard !storage.isClosed else { throw .closed }
            return try body(&storage.log)
        }
    }

    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        let log = try change { (log) throws(LogStoreError) in log }
        try log.state.checkRead(at: index)
        let entry = log.entries[Int(index - log.entries[0].index)]
        return try body(EntryHeader(entry), entry.payload.span.bytes)
    }

    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        let log = try change { (log) throws(LogStoreError) in log }
        var left = maxByteCount
        for index in try log.state.readableRange(range) {
            let entry = log.entries[Int(index - log.entries[0].index)]
            guard entry.payload.count <= left || index == range.lowerBound else { return index }
            left -= entry.payload.count
            try body(EntryHeader(entry), entry.payload.span.bytes)
        }
        return try log.state.readableRange(range).upperBound
    }
}

extension EntryHeader {
    fileprivate init(_ entry: Entry) {
        self.init(
            position: entry.position, kind: entry.kind, payloadByteCount: entry.payload.count)
    }
}
