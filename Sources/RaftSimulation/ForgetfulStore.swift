package import WALProtocol

/// A store that says it has done something and has not: what the engine's tests have to notice.
package final class ForgetfulStore: LogStore {
    /// What it does not do.
    package enum Omission: String, CaseIterable, Sendable {
        case truncate, reset, append, vote
    }

    private let base: any LogStore
    private let omission: Omission

    /// Puts an omission before a store.
    package init(_ base: sending any LogStore, omits omission: Omission) {
        self.base = base
        self.omission = omission
    }

    package func write(_ batch: WriteBatch) throws(LogStoreError) {
        var rest = WriteBatch()
        if let reset = batch.reset, omission != .reset { rest.reset(to: reset.position) }
        if let index = batch.truncation, omission != .truncate { rest.truncate(from: index) }
        if omission != .append {
            batch.visitEntries { rest.append($1, at: $0.position, kind: $0.kind) }
        }
        if let position = batch.compaction { rest.compact(through: position) }
        for change in batch.metadataChanges where omission != .vote || change.key != .votedFor {
            if let value = change.value {
                rest.setMetadata(value, for: change.key)
            } else {
                rest.removeMetadata(for: change.key)
            }
        }
        try base.write(rest)
    }

    package func append(
        _ payload: RawSpan, at position: LogPosition, kind: EntryKind
    ) throws(LogStoreError) {
        if omission != .append { try base.append(payload, at: position, kind: kind) }
    }

    package var capabilities: LogStoreCapabilities { base.capabilities }
    package var recoveryReport: RecoveryReport { base.recoveryReport }
    package var memoryFootprint: Int { base.memoryFootprint }
    package var state: LogState { base.state }
    package func flush() throws(LogStoreError) { try base.flush() }
    package func sync() throws(LogStoreError) { try base.sync() }
    package func close() throws(LogStoreError) { try base.close() }
    package func makeReader() -> sending any LogReader { base.makeReader() }

    package func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        try base.withEntry(at: index, body)
    }

    package func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try base.visitEntries(in: range, maxByteCount: maxByteCount, body)
    }

    package func term(at index: LogIndex) throws(LogStoreError) -> Term {
        try base.term(at: index)
    }

    package func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try base.metadata(for: key)
    }

    package func metadataKeys() throws(LogStoreError) -> [MetadataKey] {
        try base.metadataKeys()
    }
}
