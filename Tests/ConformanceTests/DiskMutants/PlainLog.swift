import Synchronization
import WALProtocol

/// Everything that a ``PlainFileStore`` holds, in memory.
struct PlainLog: Sendable {
    /// An entry and the file that it stands in; without the entry, a file that was not read.
    struct Slot: Sendable {
        var entry: Entry?
        var file: UInt64
    }

    private(set) var compacted: LogPosition?
    /// The index of the first slot.
    private(set) var start: LogIndex = 0
    private(set) var slots: [Slot] = []
    private(set) var metadata: [MetadataKey: [UInt8]] = [:]
    var durable: LogPosition?

    var state: LogState {
        LogState(
            compacted: compacted, first: slots.isEmpty ? nil : start,
            last: slots.last.map { $0.entry?.position } ?? compacted, durable: durable)
    }

    /// Where the entries are that have been read.
    var indexes: Range<LogIndex> { start..<start + UInt64(slots.count) }

    /// Carries out a record.
    ///
    /// - Returns: whether it fits what is there.
    mutating func apply(_ record: PlainRecord, in file: UInt64) -> Bool {
        switch record {
        case .entry(let entry):
            if slots.isEmpty {
                if let compacted, entry.index != compacted.index + 1 { return false }
                start = entry.index
            }
            guard entry.index == indexes.upperBound else { return false }
            slots.append(Slot(entry: entry, file: file))
        case .earlier(let range):
            guard slots.isEmpty, range.count <= 1 << 20 else { return false }
            start = range.lowerBound
            slots = Array(repeating: Slot(entry: nil, file: file), count: range.count)
        case .truncate(let from):
            let kept = from > start ? min(from - start, UInt64(slots.count)) : 0
            slots.removeLast(slots.count - Int(kept))
        case .compact(let through):
            compacted = through
            if through.index >= start {
                let dropped = min(through.index - start + 1, UInt64(slots.count))
                slots.removeFirst(Int(dropped))
                start += dropped
            }
        case .reset(let position):
            compacted = position
            slots = []
        case .metadata(let key, let value): metadata[key] = value
        case .watermark: break
        }
        return true
    }

    /// The records that make an empty log this one.
    ///
    /// - Parameter complete: Whether to put the entries among them, or only where they are.
    func records(complete: Bool) -> [PlainRecord] {
        var records: [PlainRecord] = [.reset(to: compacted)]
        if complete {
            for slot in slots { if let entry = slot.entry { records.append(.entry(entry)) } }
        } else if !slots.isEmpty {
            records.append(.earlier(indexes))
        }
        for key in metadata.keys.sorted() { records.append(.metadata(key, metadata[key])) }
        return records
    }

    /// Whether another log has the same positions and metadata.
    func agrees(with other: PlainLog) -> Bool {
        compacted == other.compacted && slots.count == other.slots.count
            && (slots.isEmpty || start == other.start) && metadata == other.metadata
    }

    /// Forgets the entries whose file was not read.
    mutating func dropMissing() {
        let missing = slots.prefix { $0.entry == nil }.count
        slots.removeFirst(missing)
        start += UInt64(missing)
    }

    func entry(at index: LogIndex) throws(LogStoreError) -> Entry {
        try state.checkRead(at: index)
        guard let entry = slots[Int(index - start)].entry else {
            throw .corrupt("the entry was not read", file: "", index: index)
        }
        return entry
    }
}

extension WriteBatch {
    /// The records of a batch that was checked.
    func records(_ plan: WritePlan) -> [PlainRecord] {
        var records: [PlainRecord] = []
        if plan.resets, let reset { records.append(.reset(to: reset.position)) }
        if let from = plan.truncatesFrom { records.append(.truncate(from: from)) }
        visitEntries { records.append(.entry(Entry(copying: $0, $1))) }
        if let through = plan.compactsThrough { records.append(.compact(through: through)) }
        for change in metadataChanges { records.append(.metadata(change.key, change.value)) }
        return records
    }
}

/// What a store and its readers share.
final class PlainContents: Sendable {
    private struct Storage {
        var log: PlainLog
        var isClosed = false
    }

    private let storage: Mutex<Storage>

    init(_ log: PlainLog) { storage = Mutex(Storage(log: log)) }

    var log: PlainLog { storage.withLock { $0.log } }
    func change(_ body: (inout PlainLog) -> Void) { storage.withLock { body(&$0.log) } }
    var isClosed: Bool { storage.withLock { $0.isClosed } }
    func close() { storage.withLock { $0.isClosed = true } }

    func open() throws(LogStoreError) -> PlainLog {
        guard !isClosed else { throw .closed }
        return log
    }
}

/// Reading, for the store and its readers alike.
class PlainReader: LogReader {
    let contents: PlainContents

    init(_ contents: PlainContents) { self.contents = contents }

    var state: LogState { contents.log.state }

    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        let entry = try contents.open().entry(at: index)
        return try body(Self.header(entry), entry.payload.span.bytes)
    }

    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        let log = try contents.open()
        var byteCount = 0
        var next = range.lowerBound
        for index in try log.state.readableRange(range) {
            let entry = try log.entry(at: index)
            byteCount += entry.payload.count
            guard byteCount <= maxByteCount || index == range.lowerBound else { break }
            try body(Self.header(entry), entry.payload.span.bytes)
            next = index + 1
        }
        return next
    }

    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try contents.open().metadata[key]
    }

    func metadataKeys() throws(LogStoreError) -> [MetadataKey] {
        try contents.open().metadata.keys.sorted()
    }

    func makeReader() -> sending any LogReader { PlainReader(contents) }

    private static func header(_ entry: Entry) -> EntryHeader {
        EntryHeader(
            position: entry.position, kind: entry.kind, payloadByteCount: entry.payload.count)
    }
}
