import WALProtocol

/// A store under test, together with the model of what it has to hold.
///
/// Every change goes to both; ``check(_:)`` holds one against the other.
final class TestedLog {
    let trial: Trial
    let path: String
    private let opening: LogStoreSuite.Opening
    private var current: (any LogStore)?
    private(set) var model = Model()
    /// What the last sync covered, and what was written since: after the death of the process,
    /// the log is the one with some prefix of the other applied.
    private var synced = Model()
    private var unsynced: [Change] = []

    init(_ trial: Trial, at path: String, opening: @escaping LogStoreSuite.Opening) throws {
        self.trial = trial
        self.path = path
        self.opening = opening
        current = try trial.open(path, with: opening)
    }

    /// The store; opened again if it was closed.
    func store() throws -> any LogStore {
        if let current { return current }
        let store = try trial.open(path, with: opening)
        current = store
        return store
    }

    // MARK: Changes

    func write(_ change: Change) throws {
        try store().write(change.batch)
        noteWritten(change)
    }

    /// Appends entries one by one.
    func append(_ entries: [Entry]) throws {
        for entry in entries {
            try store().append(entry.payload, at: entry.position, kind: entry.kind)
            noteWritten(Change(entries: [entry]))
        }
    }

    /// Appends entries with consecutive indexes one by one.
    func append(
        _ indexes: ClosedRange<LogIndex>, term: Term = 1, size: Int = 24, salt: UInt64 = 0
    ) throws {
        try append(Self.entries(indexes, term: term, size: size, salt: salt))
    }

    /// Appends entries with consecutive indexes as one batch.
    func appendBatch(
        _ indexes: ClosedRange<LogIndex>, term: Term = 1, size: Int = 24, salt: UInt64 = 0
    ) throws {
        try write(Change(entries: Self.entries(indexes, term: term, size: size, salt: salt)))
    }

    func truncate(from index: LogIndex) throws { try write(Change(truncatesFrom: index)) }

    func compact(through index: LogIndex, term: Term = 1) throws {
        try write(Change(compactsThrough: LogPosition(term: term, index: index)))
    }

    func reset(to position: LogPosition?) throws {
        try write(Change(reset: WriteBatch.Reset(to: position)))
    }

    func setMetadata(_ value: [UInt8]?, for key: MetadataKey) throws {
        try write(Change(metadata: [(key, value)]))
    }

    func sync() throws {
        try store().sync()
        noteSynced()
    }

    /// Notes a change that was written and made durable by other means than these.
    func noteSyncedWrite(_ change: Change) {
        noteWritten(change)
        noteSynced()
    }

    static func entries(
        _ indexes: ClosedRange<LogIndex>, term: Term = 1, size: Int = 24, salt: UInt64 = 0
    ) -> [Entry] {
        indexes.map { index in
            Entry(
                position: LogPosition(term: term, index: index),
                payload: Payloads.make(index, size: size, salt: salt))
        }
    }

    private func noteWritten(_ change: Change) {
        model.apply(change)
        unsynced.append(change)
    }

    private func noteSynced() {
        synced = model
        unsynced.removeAll()
    }

    // MARK: Ends

    func close() throws {
        try store().close()
        current = nil
        noteSynced()
    }

    /// Closes the store and opens it again.
    func reopen(with opening: LogStoreSuite.Opening? = nil) throws {
        try close()
        if let opening { current = try trial.open(path, with: opening) }
    }

    /// Lets the store go as a killed process would.
    func abandon() { current = nil }

    /// Lets the store go as a killed process would, opens it again, and expects what was synced
    /// followed by a prefix of what was written since (law L3).
    func crash(_ when: String, _ file: String = #fileID, _ line: Int = #line) throws {
        current = nil
        let state = try store().state
        var candidate = synced
        var remaining = unsynced[...]
        // From the shortest prefix to the longest: changes that leave the same state are told
        // apart by their contents, in `check`.
        var lastFailure: Failure?
        while true {
            if candidate.first == state.first, candidate.last == state.last {
                do {
                    try trial.expect(store(), holds: candidate, when, at: .here(file, line))
                    model = candidate
                    noteSynced()
                    return
                } catch let failure as Failure {
                    lastFailure = failure
                }
            }
            guard let change = remaining.popFirst() else { break }
            candidate.apply(change)
        }
        throw lastFailure
            ?? Failure(
                "\(when): \(text(state)) is not what was synced (\(describe(synced))) with some prefix of "
                    + "the \(unsynced.count) changes since (\(describe(model)))",
                at: .here(file, line))
    }

    private func describe(_ model: Model) -> String {
        "first \(text(model.first)), last \(text(model.last)), compacted \(text(model.compacted))"
    }

    // MARK: Expectations

    /// Expects the store, and a reader, to hold what the model holds.
    func check(_ when: String, _ file: String = #fileID, _ line: Int = #line) throws {
        let location = SourceLocation.here(file, line)
        try trial.expect(store(), holds: model, when, at: location)
    }

    /// Expects a change to be refused, and to have no effect.
    @discardableResult
    func refuses(
        _ code: LogStoreError.Code, _ what: String, _ file: String = #fileID, _ line: Int = #line,
        _ body: (any LogStore) throws -> Void
    ) throws -> LogStoreError {
        let before = try store().state
        let error = try trial.expectError(code, what, file, line) { try body(store()) }
        let after = try store().state
        try trial.expect(
            after == before,
            "\(what) was refused, and yet \(text(before)) became \(text(after))",
            at: .here(file, line))
        try trial.expect(store(), holds: model, "after \(what)", at: .here(file, line))
        return error
    }
}

/// A value, or a dash for none.
func text(_ value: (some Any)?) -> String { value.map { "\($0)" } ?? "-" }

/// A state, as short as it can be read.
func text(_ state: LogState) -> String {
    "first \(text(state.first)), last \(text(state.last)), compacted \(text(state.compacted)), "
        + "durable \(text(state.durable))"
}
