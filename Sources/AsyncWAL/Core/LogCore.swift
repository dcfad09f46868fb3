internal import Synchronization
internal import WALProtocol

/// What an ``AsyncLog`` and its worker share.
///
/// Everything is guarded by one monitor, which nobody holds while the disk is waited for. A store
/// whose sync can be split is written to under it, by whoever calls; any other belongs to the
/// worker. Nobody is resumed or told anything under the monitor.
final class LogCore: @unchecked Sendable {
    typealias Completion = UnsafeContinuation<Result<Receipt, LogStoreError>, Never>

    /// A write that could not be accepted at once.
    struct Queued: Sendable {
        var write: Write
        var isForced: Bool
        var completion: Completion
    }

    enum Phase { case open, closing, closed }

    let options: AsyncLog.Options
    let monitor = Monitor()
    let store: any LogStore
    let split: (any SplitSync)?
    private let nextID = Atomic<UInt64>(0)

    var phase = Phase.open
    /// Why nothing is accepted any more.
    var obstacle: LogStoreError?
    /// Writes that were accepted, that are durable, and that have to become so at once.
    var accepted: UInt64 = 0
    var durable: UInt64 = 0
    var forced: UInt64 = 0
    var pendingByteCount = 0
    /// When the first write was accepted that is not durable.
    var firstPending: ContinuousClock.Instant?
    /// The last sync could not be begun; nothing is tried before something changes.
    var isStalled = false
    /// How many waited for the last sync.
    var lastGroup = 0
    var isLingering = false
    /// Somebody does the worker's work.
    var isWorking = false
    var workerThread: ThreadID?
    var queue = FIFO<Queued>()
    var waiters = WaitList()
    /// Who waits for entries, and for durability, of whatever write.
    var followers = WaitList()
    var watchers = WaitList()
    var closers: [UnsafeContinuation<Result<Void, LogStoreError>, Never>] = []
    var closing: Result<Void, LogStoreError>?
    var counters = LogStatistics()
    /// The durable position after the last sync; a store of the worker's own is not asked by others.
    var durablePosition: LogPosition?

    init(_ store: sending any LogStore, _ options: AsyncLog.Options) {
        self.store = store
        self.options = options
        split = store as? any SplitSync
        durablePosition = store.state.durable
    }

    func makeID() -> UInt64 {
        nextID.wrappingAdd(1, ordering: .relaxed).newValue
    }

    // MARK: - Writing

    enum Acceptance {
        case accepted(Receipt)
        case refused(LogStoreError)
        /// The worker will see to it.
        case later
    }

    /// Accepts a write now, if nobody has to be waited for.
    func acceptNow(_ write: Write, isForced: Bool) -> Acceptance {
        monitor.lock()
        if let refusal {
            monitor.unlock()
            return .refused(refusal)
        }
        guard split != nil, queue.isEmpty, hasRoom(for: write.byteCount) else {
            monitor.unlock()
            return .later
        }
        // A worker that has nothing to wait for sleeps until it is told.
        let isFirst = accepted == durable
        let acceptance = accept(write, isForced: isForced)
        let noticed = acceptance.isAccepted ? followers.takeAll() : []
        let hasWork = !isLingering && (isFirst || wantsSync)
        monitor.unlock()
        // Not before: the worker would wake up only to wait for the monitor.
        if hasWork { monitor.signal() }
        noticed.finish(.success(()))
        workInline()
        return acceptance
    }

    /// Puts a write into the queue of those that wait to be accepted.
    func enqueue(_ queued: Queued) {
        monitor.lock()
        if let refusal {
            monitor.unlock()
            queued.completion.resume(returning: .failure(refusal))
            return
        }
        let isHeldBack = split != nil
        if isHeldBack { counters.heldBackCount += 1 }
        let pending = pendingByteCount
        queue.append(queued)
        monitor.unlock()
        monitor.signal()
        if isHeldBack { options.onEvent?(.writerHeldBack(pendingByteCount: pending)) }
        workInline()
    }

    /// Applies a write to the store, whose owner calls this.
    func apply(_ write: Write) -> Result<LogPosition?, LogStoreError> {
        do throws(LogStoreError) {
            try write.apply(to: store)
            return .success(store.state.last)
        } catch {
            return .failure(error)
        }
    }

    private func accept(_ write: Write, isForced: Bool) -> Acceptance {
        switch apply(write) {
        case .success(let last):
            return .accepted(noteAccepted(write, last: last, isForced: isForced))
        case .failure(let error):
            counters.refusedWriteCount += 1
            return .refused(error)
        }
    }

    /// Counts a write that the store has taken.
    func noteAccepted(_ write: Write, last: LogPosition?, isForced: Bool) -> Receipt {
        let byteCount = write.byteCount
        if accepted == durable { firstPending = .now }
        accepted += 1
        pendingByteCount += byteCount
        counters.acceptedByteCount += UInt64(byteCount)
        if isForced { forced = accepted }
        return Receipt(last: last, number: accepted, core: self)
    }

    var refusal: LogStoreError? { phase == .open ? obstacle : .closed }

    /// Whether a write may be accepted beside those that are not durable yet, and some more.
    func hasRoom(for byteCount: Int, beside others: Int = 0) -> Bool {
        let pending = pendingByteCount + others
        return pending == 0 || pending + byteCount <= options.maximumPendingByteCount
    }

    /// What is known of the log, without waiting for it.
    var statistics: LogStatistics {
        monitor.withLock {
            if split != nil, phase != .closed { counters.store = store.statistics }
            var statistics = counters
            statistics.acceptedWriteCount = accepted
            statistics.durableWriteCount = durable
            statistics.pendingByteCount = pendingByteCount
            statistics.queueDepth = queue.count
            statistics.waiterCount = waiters.count
            return statistics
        }
    }

    // MARK: - Waiting

    func isDurable(_ number: UInt64) -> Bool { monitor.withLock { durable >= number } }

    nonisolated(nonsending) func waitUntilDurable(_ number: UInt64) async throws(LogStoreError) {
        try await wait(for: number) { $0.addWaiter($1) }
    }

    func notifyWhenDurable(
        _ number: UInt64, _ body: @escaping @Sendable (Result<Void, LogStoreError>) -> Void
    ) {
        addWaiter(.init(id: makeID(), number: number, completion: .callback(body)))
    }

    /// Waits until everything that was accepted by now is durable, which is not put off.
    nonisolated(nonsending) func sync() async throws(LogStoreError) {
        let number = try monitor.withLock { () throws(LogStoreError) -> UInt64 in
            if let refusal { throw refusal }
            forced = accepted
            isStalled = false
            monitor.signal()
            return accepted
        }
        try await waitUntilDurable(number)
    }

    /// Waits until more than a number of writes were accepted.
    nonisolated(nonsending) func waitForWrites(after number: UInt64) async throws(LogStoreError) {
        try await wait(for: number + 1) { $0.add($1, to: \.followers, \.accepted) }
    }

    /// Waits until more than a number of writes are durable.
    nonisolated(nonsending) func waitForSyncs(after number: UInt64) async throws(LogStoreError) {
        try await wait(for: number + 1) { $0.add($1, to: \.watchers, \.durable) }
    }

    private nonisolated(nonsending) func wait(
        for number: UInt64, _ add: @Sendable (LogCore, WaitList.Waiter) -> Void
    ) async throws(LogStoreError) {
        let id = makeID()
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                add(self, .init(id: id, number: number, completion: .task(continuation)))
            }
        } onCancel: {
            cancel(id)
        }
        try result.get()
    }

    /// What somebody is told who need not wait, or would wait in vain; the monitor is held.
    private func answer(
        _ waiter: WaitList.Waiter, at count: UInt64, failure: LogStoreError?
    ) -> Result<Void, LogStoreError>? {
        if count >= waiter.number { return .success(()) }
        if let failure { return .failure(failure) }
        return waiter.completion.isCancelled ? .failure(.cancelled) : nil
    }

    private var closure: LogStoreError? { phase == .closed ? .closed : nil }

    private func addWaiter(_ waiter: WaitList.Waiter) {
        monitor.lock()
        var hasWork = false
        let result = answer(waiter, at: durable, failure: obstacle ?? closure)
        if result == nil {
            waiters.add(waiter)
            isStalled = false
            hasWork = isLingering ? waiters.count >= lastGroup : wantsSync
        }
        monitor.unlock()
        if hasWork { monitor.signal() }
        if let result { waiter.completion.finish(result) }
        workInline()
    }

    private func add(
        _ waiter: WaitList.Waiter, to list: ReferenceWritableKeyPath<LogCore, WaitList>,
        _ count: KeyPath<LogCore, UInt64>
    ) {
        monitor.lock()
        // A log that was closed is at its end, whatever became of it before.
        let result = answer(waiter, at: self[keyPath: count], failure: closure ?? obstacle)
        if result == nil { self[keyPath: list].add(waiter) }
        monitor.unlock()
        if let result { waiter.completion.finish(result) }
    }

    private func cancel(_ id: UInt64) {
        let waiter = monitor.withLock {
            waiters.take(id: id) ?? followers.take(id: id) ?? watchers.take(id: id)
        }
        waiter?.completion.finish(.failure(.cancelled))
    }
}

extension LogCore.Acceptance {
    var isAccepted: Bool {
        if case .accepted = self { return true }
        return false
    }
}

extension WaitList.Completion {
    /// Whether the task that waits was cancelled; nobody would notice it later.
    var isCancelled: Bool {
        if case .task = self { return Task.isCancelled }
        return false
    }
}
