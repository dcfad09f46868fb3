public import WALProtocol

/// A log for many tasks: group commit, readers beside the writers, and no blocked pool thread.
///
/// It drives any ``LogStore``, which is moved in, and adds nothing to what the store promises:
/// a write is visible to all readers when ``submit(_:term:kind:)`` returns, and durable when
/// ``Receipt/durable()`` or ``append(_:term:kind:)`` does. All writes form one order, that of their
/// acceptance, and each of them completes exactly once, also on failure, cancellation and shutdown.
///
/// One thread performs the syncs. With a store that can split its syncs (``SplitSync``, the segment
/// store) an append is a short critical section on the thread of the caller and never waits for a
/// sync. Any other store (LMDB) belongs to that thread: then `submit` suspends until the write was
/// accepted there, which may be after a sync that is running.
///
/// Close it, or drop it: dropping the last reference waits for what was accepted to become durable.
public final class AsyncLog: Sendable {
    /// How the log is driven.
    public let options: Options
    /// What the backend declares about itself.
    public let capabilities: LogStoreCapabilities
    /// What opening the store found and did.
    public let recoveryReport: RecoveryReport

    let core: LogCore
    let readers: ReaderSource

    /// Takes over a store.
    ///
    /// - Throws: `invalidArgument` for options that make no sense; `io` if there is no thread.
    public init(
        _ store: sending any LogStore, options: Options = Options()
    ) throws(LogStoreError) {
        try options.validate()
        self.options = options
        capabilities = store.capabilities
        recoveryReport = store.recoveryReport
        readers = ReaderSource(store.makeReader(), isInline: options.worker == .inline)
        let core = LogCore(store, options)
        if options.worker == .thread, !startThread({ core.runWorker() }) {
            throw LogStoreError(.io, "the system gives no thread to perform syncs on")
        }
        // Last: `deinit` waits for the worker, and does not run before everything is there.
        self.core = core
    }

    deinit {
        core.abandon()
        readers.end()
    }

    // MARK: - Appending

    /// Accepts an entry behind the last one.
    ///
    /// - Parameters:
    ///   - payload: The bytes.
    ///   - term: Its term, no lower than the last one's. The index is the next one, 1 in a log that
    ///     was never written.
    ///   - kind: The engine's own code.
    /// - Returns: a receipt; the entry is visible to every reader.
    /// - Throws: what ``LogStore/append(_:at:kind:)`` throws; `closed`, `poisoned`.
    nonisolated(nonsending) public func submit(
        _ payload: [UInt8], term: Term, kind: EntryKind = .command
    ) async throws(LogStoreError) -> Receipt {
        try await submit(.next(payload, term, kind))
    }

    /// Accepts an entry that has a position already, as a follower's has.
    ///
    /// - Throws: as ``submit(_:term:kind:)``.
    nonisolated(nonsending) public func submit(
        _ entry: Entry
    ) async throws(LogStoreError) -> Receipt {
        try await submit(.entry(entry.payload, entry.position, entry.kind))
    }

    /// Accepts a batch as one unit; one that changes metadata is made durable at once.
    ///
    /// - Throws: what ``LogStore/write(_:)`` throws; `closed`, `poisoned`.
    nonisolated(nonsending) public func submit(
        _ batch: WriteBatch
    ) async throws(LogStoreError) -> Receipt {
        try await submit(.batch(batch), isForced: !batch.metadataChanges.isEmpty)
    }

    /// Appends an entry behind the last one and waits as the strategy says: by default until it is
    /// durable.
    ///
    /// - Returns: where it stands.
    /// - Throws: as ``submit(_:term:kind:)`` and ``Receipt/durable()``.
    nonisolated(nonsending) public func append(
        _ payload: [UInt8], term: Term, kind: EntryKind = .command
    ) async throws(LogStoreError) -> LogPosition {
        let began = callTime
        let receipt = try await submit(payload, term: term, kind: kind)
        try await acknowledge(receipt, began)
        return receipt.last ?? LogPosition(term: term, index: 0)
    }

    /// Appends an entry that has a position already, and waits as the strategy says.
    ///
    /// - Throws: as ``submit(_:)-(Entry)`` and ``Receipt/durable()``.
    nonisolated(nonsending) public func append(_ entry: Entry) async throws(LogStoreError) {
        let began = callTime
        try await acknowledge(try await submit(entry), began)
    }

    /// Applies a batch as one unit, and waits as the strategy says; one that changes metadata is
    /// durable on return under every strategy.
    ///
    /// - Returns: the end of the log after it.
    /// - Throws: as ``submit(_:)-(WriteBatch)`` and ``Receipt/durable()``.
    @discardableResult
    nonisolated(nonsending) public func write(
        _ batch: WriteBatch
    ) async throws(LogStoreError) -> LogPosition? {
        let began = callTime
        let receipt = try await submit(batch)
        try await acknowledge(receipt, began, isForced: !batch.metadataChanges.isEmpty)
        return receipt.last
    }

    // MARK: - Other changes

    /// Drops the entry at `index` and everything after it; waits as the strategy says.
    ///
    /// - Throws: as ``LogStore/truncate(from:)`` and ``write(_:)``.
    nonisolated(nonsending) public func truncate(
        from index: LogIndex
    ) async throws(LogStoreError) {
        try await change { $0.truncate(from: index) }
    }

    /// Drops everything up to and including `position`; waits as the strategy says.
    ///
    /// - Throws: as ``LogStore/compact(through:)`` and ``write(_:)``.
    nonisolated(nonsending) public func compact(
        through position: LogPosition
    ) async throws(LogStoreError) {
        try await change { $0.compact(through: position) }
    }

    /// Drops everything and continues after `position`; waits as the strategy says.
    ///
    /// - Throws: as ``LogStore/reset(to:)`` and ``write(_:)``.
    nonisolated(nonsending) public func reset(
        to position: LogPosition?
    ) async throws(LogStoreError) {
        try await change { $0.reset(to: position) }
    }

    /// Sets a metadata value; durable on return under every strategy.
    ///
    /// - Throws: as ``LogStore/setMetadata(_:for:)`` and ``write(_:)``.
    nonisolated(nonsending) public func setMetadata(
        _ value: [UInt8], for key: MetadataKey
    ) async throws(LogStoreError) {
        try await change { $0.setMetadata(value, for: key) }
    }

    /// Removes a metadata value; durable on return under every strategy.
    ///
    /// - Throws: as ``LogStore/removeMetadata(for:)`` and ``write(_:)``.
    nonisolated(nonsending) public func removeMetadata(
        for key: MetadataKey
    ) async throws(LogStoreError) {
        try await change { $0.removeMetadata(for: key) }
    }

    /// Sets term and vote; durable on return under every strategy.
    ///
    /// - Throws: as ``write(_:)``.
    nonisolated(nonsending) public func setHardState(
        _ hardState: HardState
    ) async throws(LogStoreError) {
        try await change { $0.setHardState(hardState) }
    }

    /// Waits until everything that was accepted before the call is durable.
    ///
    /// - Throws: `poisoned`, `noSpace`, `io`, `closed`, `cancelled`.
    nonisolated(nonsending) public func sync() async throws(LogStoreError) {
        try await core.sync()
    }

    /// Refuses what comes from now on, makes durable what was accepted, and gives the directory up.
    ///
    /// Closing twice is no error; every caller gets the same answer.
    ///
    /// - Throws: what ``LogStore/close()`` throws; the directory is given up all the same.
    nonisolated(nonsending) public func close() async throws(LogStoreError) {
        try await core.close()
    }

    /// What the log did so far.
    public var statistics: LogStatistics { core.statistics }

    private nonisolated(nonsending) func change(
        _ make: (inout WriteBatch) -> Void
    ) async throws(LogStoreError) {
        var batch = WriteBatch()
        make(&batch)
        try await write(batch)
    }

    private nonisolated(nonsending) func submit(
        _ write: Write, isForced: Bool = false
    ) async throws(LogStoreError) -> Receipt {
        switch core.acceptNow(write, isForced: isForced) {
        case .accepted(let receipt): return receipt
        case .refused(let error): throw error
        case .later: break
        }
        let result = await withUnsafeContinuation { continuation in
            core.enqueue(.init(write: write, isForced: isForced, completion: continuation))
        }
        return try result.get()
    }

    /// When a call began, if somebody wants to know how long it takes.
    private var callTime: ContinuousClock.Instant? { options.onAcknowledged == nil ? nil : .now }

    private nonisolated(nonsending) func acknowledge(
        _ receipt: Receipt, _ began: ContinuousClock.Instant?, isForced: Bool = false
    ) async throws(LogStoreError) {
        if isForced || options.strategy == .everyWrite { try await receipt.durable() }
        if let began { options.onAcknowledged?(.now - began) }
    }
}
