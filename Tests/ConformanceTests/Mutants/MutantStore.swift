@testable import Conformance
import Synchronization
import WALProtocol

/// The reference store with one bug in it.
final class MutantStore: LogStore {
    private let store: ReferenceStore
    private let mutation: Mutation
    private let shared: MutantShared
    private var isClosed = false
    private var hasUnsavedTruncation = false
    private var wroteMetadataOnly = false

    init(
        at path: String, on disk: MutantDisk, _ mutation: Mutation, access: StoreAccess = .readWrite
    ) throws(LogStoreError) {
        self.mutation = mutation
        shared = MutantShared(mutation)
        if mutation == .takesNoLock { disk.disk.release(path) }
        store = try ReferenceStore(at: path, on: disk.disk, access: access)
        if mutation == .leaksLock { disk.keep(store) }
        if mutation == .forgetsPosition, store.state.isEmpty, access == .readWrite {
            try store.reset(to: nil)
        }
    }

    deinit { shared.storeIsGone.withLock { $0 = true } }

    var capabilities: LogStoreCapabilities { store.capabilities }
    var memoryFootprint: Int { store.memoryFootprint }
    var recoveryReport: RecoveryReport { store.recoveryReport }

    // MARK: Writing

    func write(_ batch: WriteBatch) throws(LogStoreError) {
        if isClosed, mutation == .worksWhenClosed { return }
        shared.reuseBuffer()
        if mutation == .refusesEmptyBatches, batch.isEmpty {
            throw .invalidArgument("the batch is empty")
        }
        let changed = try mutate(batch)
        do throws(LogStoreError) {
            if mutation == .splitsLargeBatches,
                changed.byteCount > capabilities.maximumBatchByteCount
            {
                for entry in BatchParts(changed).entries {
                    try store.append(entry.payload, at: entry.position, kind: entry.kind)
                }
            } else {
                try store.write(changed)
            }
        } catch {
            try swallow(error, batch)
            return
        }
        wroteMetadataOnly = changed.entryCount == 0 && !changed.metadataChanges.isEmpty
        hasUnsavedTruncation =
            (hasUnsavedTruncation || changed.truncation != nil) && changed.entryCount == 0
    }

    /// The batch that the bug makes of a batch.
    private func mutate(_ batch: WriteBatch) throws(LogStoreError) -> WriteBatch {
        var parts = BatchParts(batch)
        switch mutation {
        case .forgetsKinds:
            for place in parts.entries.indices { parts.entries[place].kind = .command }
        case .cutsLongPayloads:
            let limit = capabilities.maximumEntryByteCount
            for place in parts.entries.indices where parts.entries[place].payload.count > limit {
                parts.entries[place].payload.removeLast(
                    parts.entries[place].payload.count - limit)
            }
        case .refusesLargest:
            let limit = capabilities.maximumEntryByteCount
            for entry in parts.entries where entry.payload.count == limit {
                throw .entryTooLarge(
                    index: entry.index, byteCount: entry.payload.count, limit: limit)
            }
        case .cutsLargeBatches:
            var rest = 4_000_000
            parts.entries = Array(
                parts.entries.prefix {
                    rest -= $0.payload.count
                    return rest >= 0 || batch.entryCount == 1
                })
        case .raisesTerms:
            var term = parts.truncation == nil ? store.state.last?.term ?? 0 : 0
            if parts.reset != nil { term = 0 }
            for place in parts.entries.indices {
                term = max(term, parts.entries[place].position.term)
                parts.entries[place].position.term = term
            }
        case .overwrites:
            if let first = parts.entries.first?.index, let next = store.state.next, first < next,
                parts.truncation == nil, parts.reset == nil
            {
                parts.truncation = first
            }
        case .startsAtOneOnly:
            if store.state.next == nil, let first = parts.entries.first?.index, first != 1 {
                throw .notContiguous(expected: 1, found: first)
            }
        case .truncatesOneLess:
            if let from = parts.truncation { parts.truncation = from == .max ? from : from + 1 }
        case .truncatesCompacted:
            if let from = parts.truncation, let compacted = store.state.compacted,
                from <= compacted.index
            {
                parts.truncation = nil
            }
        case .compactsOneLess:
            if let through = parts.compaction, through.index > 1,
                let term = try? store.term(at: through.index - 1)
            {
                parts.compaction = LogPosition(term: term, index: through.index - 1)
            }
        case .compactsToEndOnly:
            if let through = parts.compaction, let last = store.state.last,
                through.index > last.index, parts.entries.isEmpty
            {
                parts.compaction = last
            }
        case .ignoresConflicts:
            if let through = parts.compaction, parts.entries.isEmpty,
                let term = try? store.term(at: through.index)
            {
                parts.compaction?.term = term
            }
        case .resetsLikeCompaction:
            if let position = parts.reset?.position, let last = store.state.last,
                position.index < last.index, (store.state.first ?? .max) <= position.index,
                let term = try? store.term(at: position.index)
            {
                parts.reset = nil
                parts.compaction = LogPosition(term: term, index: position.index)
            }
        case .keepsVotes:
            if parts.metadata.count > 1 { parts.metadata.removeAll { $0.value == nil } }
        default: return batch
        }
        return parts.batch
    }

    /// What the bug makes of a refusal.
    private func swallow(_ error: LogStoreError, _ batch: WriteBatch) throws(LogStoreError) {
        switch (mutation, error.code) {
        case (.dropsGaps, .notContiguous):
            if let expected = error.context.expected, let found = error.context.found,
                found > expected
            {
                return
            }
        case (.keepsHalfBatches, _):
            for entry in BatchParts(batch).entries {
                do throws(LogStoreError) {
                    try store.append(entry.payload, at: entry.position, kind: entry.kind)
                } catch { break }
            }
        default: break
        }
        throw error
    }

    func flush() throws(LogStoreError) {
        if mutation == .flushesNothing { return }
        try save { (store) throws(LogStoreError) in try store.flush() }
    }

    func sync() throws(LogStoreError) {
        if mutation == .acknowledgesEarly {
            if isClosed { throw .closed }
            shared.acknowledged.withLock { $0 = store.state.last }
            return
        }
        try save { (store) throws(LogStoreError) in try store.sync() }
    }

    private func save(
        _ body: (ReferenceStore) throws(LogStoreError) -> Void
    ) throws(LogStoreError) {
        if isClosed, mutation == .worksWhenClosed { return }
        if mutation == .truncatesInMemoryOnly, hasUnsavedTruncation { return }
        if mutation == .acknowledgesMetadataEarly, wroteMetadataOnly { return }
        try body(store)
    }

    func close() throws(LogStoreError) {
        if isClosed { return }
        isClosed = true
        switch mutation {
        case .worksWhenClosed:
            try store.sync()
        case .closesWithoutSync: return
        default: try store.close()
        }
    }

    // MARK: Reading

    private var view: MutantView<ReferenceStore> { MutantView(log: store, shared: shared) }

    var state: LogState { view.state }
    func term(at index: LogIndex) throws(LogStoreError) -> Term { try view.term(at: index) }
    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R { try view.withEntry(at: index, body) }
    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try view.visitEntries(in: range, maxByteCount: maxByteCount, body)
    }
    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try view.metadata(for: key)
    }
    func metadataKeys() throws(LogStoreError) -> [MetadataKey] { try store.metadataKeys() }
    func makeReader() -> sending any LogReader { MutantReader(store.makeReader(), shared) }
}

/// The parts of a batch, to be changed.
private struct BatchParts {
    var reset: WriteBatch.Reset?
    var truncation: LogIndex?
    var entries: [Entry] = []
    var compaction: LogPosition?
    var metadata: [WriteBatch.MetadataChange]

    init(_ batch: WriteBatch) {
        reset = batch.reset
        truncation = batch.truncation
        compaction = batch.compaction
        metadata = batch.metadataChanges
        batch.visitEntries { entries.append(Entry(copying: $0, $1)) }
    }

    var batch: WriteBatch {
        var batch = WriteBatch()
        if let reset { batch.reset(to: reset.position) }
        if let truncation { batch.truncate(from: truncation) }
        for entry in entries { batch.append(entry.payload, at: entry.position, kind: entry.kind) }
        if let compaction { batch.compact(through: compaction) }
        for change in metadata {
            if let value = change.value {
                batch.setMetadata(value, for: change.key)
            } else {
                batch.removeMetadata(for: change.key)
            }
        }
        return batch
    }
}

/// What a mutant's stores have in common.
final class MutantDisk: Sendable {
    let disk = ReferenceDisk()
    /// Stores that are never let go, and their locks with them.
    private let kept = Mutex<[Kept]>([])

    private struct Kept: @unchecked Sendable { let store: ReferenceStore }

    func keep(_ store: ReferenceStore) {
        let kept = Kept(store: store)
        self.kept.withLock { $0.append(kept) }
    }
}
