import AsyncWAL
import WALProtocol

/// What C's `raft_wal *` points to: a store, and what lets any thread use it.
final class Handle: @unchecked Sendable {
    private enum Phase { case open, closing, closed }

    /// Guards all that follows; the owner of the store is whoever holds it.
    private let monitor = Monitor()
    private let store: any LogStore
    private let split: (any SplitSync)?
    private var phase = Phase.open
    /// Kept for its memory.
    private var scratch = WriteBatch()
    /// The number of the last sync that was begun, of those beside the writer.
    private var begunSync: UInt64 = 0
    /// The number of the last one that succeeded.
    private var succeededSync: UInt64 = 0
    private var isSyncing = false

    let readers: ReaderPool
    let recoveryReport: RecoveryReport

    init(_ store: sending any LogStore) {
        readers = ReaderPool(store.makeReader())
        recoveryReport = store.recoveryReport
        self.store = store
        split = store as? any SplitSync
    }

    /// Runs `body` as the store's owner.
    @inline(__always)
    func withStore<R>(
        _ body: (any LogStore) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        monitor.lock()
        defer { monitor.unlock() }
        guard phase == .open else { throw .closed }
        return try body(store)
    }

    /// Runs `body` as the store's owner, with an empty batch.
    func write(
        _ fill: (inout WriteBatch) throws(LogStoreError) -> Void
    ) throws(LogStoreError) {
        try withStore { (store) throws(LogStoreError) in
            defer {
                // A large batch now and then is no reason to keep its memory.
                if scratch.byteCount > 1 << 20 {
                    scratch = WriteBatch()
                } else {
                    scratch.removeAll()
                }
            }
            try fill(&scratch)
            guard !scratch.isEmpty else { return }
            try store.write(scratch)
        }
    }

    /// Makes everything durable that was written before the call.
    ///
    /// The lock is free while the disk works. Who comes meanwhile waits for the next sync, together
    /// with all others: the one under way may have begun too early for them.
    func sync() throws(LogStoreError) {
        monitor.lock()
        defer { monitor.unlock() }
        guard phase == .open else { throw .closed }
        guard let split else { return try store.sync() }
        let wanted = begunSync + 1
        while isSyncing {
            monitor.wait()
            if succeededSync >= wanted { return }
            guard phase == .open else { throw .closed }
        }
        isSyncing = true
        defer {
            isSyncing = false
            monitor.signal()
        }
        begunSync += 1
        let number = begunSync
        let pending = try split.beginSync()
        monitor.unlock()
        var outcome = Result<Void, LogStoreError>.success(())
        do throws(LogStoreError) { try pending.perform() } catch { outcome = .failure(error) }
        monitor.lock()
        try split.endSync(pending, outcome)
        succeededSync = number
    }

    /// Closes the store once nobody reads or syncs any more.
    func close() throws(LogStoreError) {
        monitor.lock()
        defer { monitor.unlock() }
        while phase == .closing { monitor.wait() }
        guard phase == .open else { return }
        phase = .closing
        while isSyncing { monitor.wait() }
        readers.close()
        defer {
            phase = .closed
            monitor.signal()
        }
        try store.close()
    }
}
