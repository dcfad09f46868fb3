import WALProtocol

/// A store whose changes are noted in a ``Script``.
final class ScriptedStore: LogStore {
    private let base: any LogStore
    private let name: String
    private let script: Script

    init(_ base: any LogStore, named name: String, in script: Script) {
        self.base = base
        self.name = name
        self.script = script
        script.note("open", of: name)
    }

    deinit { script.note("drop", of: name) }

    var capabilities: LogStoreCapabilities { base.capabilities }
    var recoveryReport: RecoveryReport { base.recoveryReport }
    var memoryFootprint: Int { base.memoryFootprint }
    var statistics: StoreStatistics { base.statistics }
    var state: LogState { base.state }

    func append(
        _ payload: RawSpan, at position: LogPosition, kind: EntryKind
    ) throws(LogStoreError) {
        script.noteAppend(position, byteCount: payload.byteCount, of: name)
        try base.append(payload, at: position, kind: kind)
    }

    func write(_ batch: WriteBatch) throws(LogStoreError) {
        script.note(batch, of: name)
        try base.write(batch)
    }

    func flush() throws(LogStoreError) {
        script.note("flush", of: name)
        try base.flush()
    }

    func sync() throws(LogStoreError) {
        script.note("sync", of: name)
        try base.sync()
    }

    func close() throws(LogStoreError) {
        script.note("close", of: name)
        try base.close()
    }

    func term(at index: LogIndex) throws(LogStoreError) -> Term { try base.term(at: index) }

    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R { try base.withEntry(at: index, body) }

    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try base.visitEntries(in: range, maxByteCount: maxByteCount, body)
    }

    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try base.metadata(for: key)
    }

    func metadataKeys() throws(LogStoreError) -> [MetadataKey] { try base.metadataKeys() }

    func makeReader() -> sending any LogReader { base.makeReader() }
}
