import WALProtocol

/// What stands between a store under test and the log that drives it: it counts the syncs, can
/// hold them up, and can end the process as far as the store is concerned.
final class Probe: Sendable {
    private struct Record {
        var holdsSyncs = false
        var passCount = 0
        var isDead = false
        var heldCount = 0
        var syncCount = 0
        var synced: LogIndex = 0
        var claimable: LogIndex = 0
        var storeCount = 0
    }

    private let record = Shared(Record())

    /// Syncs that have ended well.
    var syncCount: Int { record.value.syncCount }
    /// The index up to which syncs that have ended covered the log.
    var synced: LogIndex { record.value.synced }
    /// The greatest index that the store may call durable by now: a sync that is not split tells
    /// before it has returned.
    var claimable: LogIndex { record.value.claimable }
    /// Syncs that are held up.
    var heldCount: Int { record.value.heldCount }
    /// Stores that nobody has let go yet.
    var storeCount: Int { record.value.storeCount }

    /// Holds up every sync that comes now.
    func holdSyncs() { record.update { $0.holdsSyncs = true } }

    /// Lets syncs go on.
    func releaseSyncs() { record.update { $0.holdsSyncs = false } }

    /// Lets one sync go on, the one that is held up or the next.
    func releaseOneSync() { record.update { $0.passCount += 1 } }

    /// Lets nothing more reach the store, which is let go without being closed: as the death of
    /// the process would leave it.
    func kill() {
        record.update {
            $0.isDead = true
            $0.holdsSyncs = false
        }
    }

    var isDead: Bool { record.value.isDead }

    /// The store with the probe before it.
    func wrap(_ store: sending any LogStore) -> sending any LogStore {
        // Moved in and moved out; the compiler loses sight of that in a cast.
        nonisolated(unsafe) let store = store
        nonisolated(unsafe) let probed: any LogStore =
            if let split = store as? any SplitSync { ProbedSplitStore(split, self) } else {
                ProbedStore(store, self)
            }
        return probed
    }

    // MARK: - Called by the stores

    fileprivate func count(stores: Int) { record.update { $0.storeCount += stores } }

    fileprivate func checkAlive() throws(LogStoreError) {
        if isDead { throw LogStoreError(.poisoned, "the process has died") }
    }

    /// Stands before the slow half of every sync.
    fileprivate func passSync() throws(LogStoreError) {
        if record.value.holdsSyncs {
            record.update { $0.heldCount += 1 }
            while !mayPass() { Files.pause(milliseconds: 1) }
            record.update { $0.heldCount -= 1 }
        }
        try checkAlive()
    }

    private func mayPass() -> Bool {
        record.update {
            guard $0.holdsSyncs else { return true }
            guard $0.passCount > 0 else { return false }
            $0.passCount -= 1
            return true
        }
    }

    fileprivate func noteSynced(through index: LogIndex) {
        record.update {
            $0.syncCount += 1
            $0.synced = max($0.synced, index)
            $0.claimable = max($0.claimable, index)
        }
    }

    fileprivate func noteSyncing(through index: LogIndex) {
        record.update { $0.claimable = max($0.claimable, index) }
    }
}

/// A store with a ``Probe`` before it.
private class ProbedStore: LogStore {
    let capabilities: LogStoreCapabilities
    let recoveryReport: RecoveryReport
    let probe: Probe
    /// `nil` once the process has died.
    private var store: (any LogStore)?
    private let reader: any LogReader

    init(_ store: any LogStore, _ probe: Probe) {
        self.store = store
        self.probe = probe
        capabilities = store.capabilities
        recoveryReport = store.recoveryReport
        reader = store.makeReader()
        probe.count(stores: 1)
    }

    deinit { probe.count(stores: -1) }

    func alive() throws(LogStoreError) -> any LogStore {
        try probe.checkAlive()
        guard let store else { throw .closed }
        return store
    }

    var memoryFootprint: Int { store?.memoryFootprint ?? 0 }
    var statistics: StoreStatistics { store?.statistics ?? StoreStatistics() }

    func append(
        _ payload: RawSpan, at position: LogPosition, kind: EntryKind
    ) throws(LogStoreError) {
        try alive().append(payload, at: position, kind: kind)
    }

    func write(_ batch: WriteBatch) throws(LogStoreError) { try alive().write(batch) }

    func flush() throws(LogStoreError) { try alive().flush() }

    func sync() throws(LogStoreError) {
        let store = try alive()
        let last = store.state.last?.index ?? 0
        try probe.passSync()
        probe.noteSyncing(through: last)
        try store.sync()
        probe.noteSynced(through: last)
    }

    func close() throws(LogStoreError) {
        defer { if probe.isDead { store = nil } }
        let store = try alive()
        let last = store.state.last?.index ?? 0
        probe.noteSyncing(through: last)
        try store.close()
        probe.noteSynced(through: last)
    }

    // MARK: - Reading

    var state: LogState { store?.state ?? reader.state }

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

    func makeReader() -> sending any LogReader { reader.makeReader() }
}

/// The same before a store whose syncs can be split.
private final class ProbedSplitStore: ProbedStore, SplitSync {
    init(_ store: any SplitSync, _ probe: Probe) { super.init(store, probe) }

    func beginSync() throws(LogStoreError) -> any PendingSync {
        let store = try split()
        return ProbedSync(
            inner: try store.beginSync(), last: store.state.last?.index ?? 0, probe: probe)
    }

    func endSync(
        _ finished: any PendingSync, _ outcome: Result<Void, LogStoreError>
    ) throws(LogStoreError) {
        guard let finished = finished as? ProbedSync else {
            throw .invalidArgument("the sync was begun by another store")
        }
        try split().endSync(finished.inner, outcome)
    }

    private func split() throws(LogStoreError) -> any SplitSync {
        guard let store = try alive() as? any SplitSync else { throw .closed }
        return store
    }
}

private struct ProbedSync: PendingSync {
    let inner: any PendingSync
    let last: LogIndex
    let probe: Probe

    func perform() throws(LogStoreError) {
        try probe.passSync()
        try inner.perform()
        probe.noteSynced(through: last)
    }
}
