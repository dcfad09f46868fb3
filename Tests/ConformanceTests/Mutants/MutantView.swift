import Synchronization
import WALProtocol

/// What a mutant's writer and readers share.
final class MutantShared: Sendable {
    let mutation: Mutation
    let acknowledged = Mutex<LogPosition?>(nil)
    let storeIsGone = Mutex(false)
    let cache = Mutex<[LogIndex: Entry]>([:])
    private let buffer = Mutex<[Buffer]>([])

    private struct Buffer: @unchecked Sendable { let bytes: UnsafeMutableRawBufferPointer }

    init(_ mutation: Mutation) { self.mutation = mutation }

    deinit { buffer.withLock { for buffer in $0 { buffer.bytes.deallocate() } } }

    /// Copies bytes to where the next write will overwrite them.
    func lend(_ payload: RawSpan) -> UnsafeRawBufferPointer {
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: payload.byteCount, alignment: 8)
        payload.withUnsafeBytes { bytes.copyMemory(from: $0) }
        let lent = Buffer(bytes: bytes)
        buffer.withLock { $0.append(lent) }
        return UnsafeRawBufferPointer(lent.bytes)
    }

    func reuseBuffer() {
        guard mutation == .reusesBuffers else { return }
        buffer.withLock { buffers in
            for buffer in buffers { buffer.bytes.initializeMemory(as: UInt8.self, repeating: 0xEE) }
        }
    }
}

/// A way of reading with the bug in it.
struct MutantView<Log: LogReading> {
    let log: Log
    let shared: MutantShared

    private var mutation: Mutation { shared.mutation }

    var state: LogState {
        var state = log.state
        if mutation == .overstatesDurable { state.durable = state.last }
        if mutation == .acknowledgesEarly {
            state.durable = shared.acknowledged.withLock { $0 }
        }
        return state
    }

    func term(at index: LogIndex) throws(LogStoreError) -> Term {
        if mutation == .forgetsCompactedTerm, log.state.compacted?.index == index {
            throw .compacted(index: index, first: log.state.first)
        }
        return try log.term(at: index)
    }

    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        switch mutation {
        case .mistakesCompacted:
            do throws(LogStoreError) {
                return try log.withEntry(at: index, body)
            } catch {
                guard error.code == .compacted else { throw error }
                throw .unavailable(index: index, next: log.state.next)
            }
        case .servesStaleCache:
            let entry = try cached(index)
            let header = EntryHeader(
                position: entry.position, kind: entry.kind, payloadByteCount: entry.payload.count)
            return try body(header, entry.payload.span.bytes)
        case .reusesBuffers:
            return try log.withEntry(at: index) { (header, payload) throws(LogStoreError) in
                let lent = shared.lend(payload)
                return try body(header, lent.bytes)
            }
        default: return try log.withEntry(at: index, body)
        }
    }

    private func cached(_ index: LogIndex) throws(LogStoreError) -> Entry {
        if log.state.indexes.contains(index), let entry = shared.cache.withLock({ $0[index] }) {
            return entry
        }
        let entry = try log.entry(at: index)
        shared.cache.withLock { $0[index] = entry }
        return entry
    }

    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        switch mutation {
        case .returnsShortRanges where range.upperBound - range.lowerBound > 32:
            let end = range.lowerBound + 32
            return try log.visitEntries(
                in: range.lowerBound..<end, maxByteCount: maxByteCount, body)
        case .skipsEmptyPayloads:
            return try log.visitEntries(in: range, maxByteCount: maxByteCount) {
                (header, payload) throws(LogStoreError) in
                if payload.byteCount > 0 { try body(header, payload) }
            }
        case .starvesOnByteLimit:
            var next = range.lowerBound
            var left = maxByteCount
            var isFull = false
            _ = try log.visitEntries(in: range, maxByteCount: .max) {
                (header, payload) throws(LogStoreError) in
                left -= payload.byteCount
                isFull = isFull || left < 0
                guard !isFull else { return }
                try body(header, payload)
                next = header.position.index + 1
            }
            return next
        default: return try log.visitEntries(in: range, maxByteCount: maxByteCount, body)
        }
    }

    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        let value = try log.metadata(for: key)
        if mutation == .inventsValues { return value ?? [] }
        return mutation == .losesEmptyValues && value == [] ? nil : value
    }
}

/// A reader with the bug in it.
final class MutantReader: LogReader {
    private let reader: any LogReader
    private let shared: MutantShared
    /// What it saw when it was made.
    private let snapshot: LogState

    init(_ reader: any LogReader, _ shared: MutantShared) {
        self.reader = reader
        self.shared = shared
        snapshot = reader.state
    }

    private func check(_ index: LogIndex) throws(LogStoreError) {
        if shared.mutation == .readsSnapshots { try snapshot.checkRead(at: index) }
    }

    var state: LogState {
        shared.mutation == .readsSnapshots
            ? snapshot : MutantView(log: Erased(reader), shared: shared).state
    }
    func term(at index: LogIndex) throws(LogStoreError) -> Term {
        try MutantView(log: Erased(reader), shared: shared).term(at: index)
    }
    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        try check(index)
        if shared.mutation == .forgetsWithTheStore, shared.storeIsGone.withLock({ $0 }) {
            throw .unavailable(index: index, next: nil)
        }
        let isTaken =
            shared.mutation == .confusesNeighbours && reader.state.indexes.contains(index ^ 1)
        let found = isTaken ? index & ~1 : index
        return try MutantView(log: Erased(reader), shared: shared).withEntry(at: found, body)
    }
    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try MutantView(log: Erased(reader), shared: shared)
            .visitEntries(in: range, maxByteCount: maxByteCount, body)
    }
    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try MutantView(log: Erased(reader), shared: shared).metadata(for: key)
    }
    func metadataKeys() throws(LogStoreError) -> [MetadataKey] { try reader.metadataKeys() }
    func makeReader() -> sending any LogReader { MutantReader(reader.makeReader(), shared) }
}

/// A reader as something to read from.
struct Erased: LogReading {
    let reader: any LogReader

    init(_ reader: any LogReader) { self.reader = reader }

    var state: LogState { reader.state }
    func term(at index: LogIndex) throws(LogStoreError) -> Term { try reader.term(at: index) }
    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R { try reader.withEntry(at: index, body) }
    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try reader.visitEntries(in: range, maxByteCount: maxByteCount, body)
    }
    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try reader.metadata(for: key)
    }
    func metadataKeys() throws(LogStoreError) -> [MetadataKey] { try reader.metadataKeys() }
}
