package import WALProtocol

/// What a replica keeps, for any engine: a log with term and vote, and snapshots beside it.
///
/// Not `Sendable`, as the store is not: one thread owns it. Changes to the log are made in order and
/// are durable after ``sync()``; term and vote when the call returns.
package final class ReplicaStorage {
    /// What a replica knew when it stopped.
    package struct Loaded: Sendable {
        /// Term and vote; `nil` if it never had any.
        package var hardState: HardState?
        /// The newest snapshot.
        package var snapshot: Snapshot?
        /// The index at which the log begins, if there were an entry.
        package var start: LogIndex
        /// The entries, without a gap.
        package var indexes: Range<LogIndex>
    }

    package let store: any LogStore
    private let snapshots: SnapshotDirectory
    private var hardState = HardState(currentTerm: 0)
    /// A truncation that failed, and has to be made before anything is appended.
    private var owedTruncation: LogIndex?

    /// Takes over a store.
    package init(_ store: sending any LogStore, snapshots: SnapshotDirectory) {
        self.store = store
        self.snapshots = snapshots
    }

    // MARK: - Starting

    /// Finds out what the replica knew, and ends what a crash interrupted.
    ///
    /// - Throws: `corrupt` if log, snapshot, term and vote contradict each other in a way that no
    ///   crash explains; what reading them throws.
    package func load() throws(LogStoreError) -> Loaded {
        let snapshot = try snapshots.newest()
        let hardState = try store.hardState()
        if let hardState { self.hardState = hardState }
        if let snapshot { try resume(snapshot) }
        let state = store.state
        if snapshot == nil {
            _ = try LoadPlan.decide(snapshot: nil, log: state, termAtSnapshot: nil)
        }
        let newest = max(state.last?.term ?? 0, snapshot?.position.term ?? 0)
        guard newest <= self.hardState.currentTerm else {
            throw LogStoreError(
                .corrupt, "the log has entries of a later term than the replica has seen",
                context: .init(
                    index: state.last?.index, term: newest, expected: self.hardState.currentTerm,
                    found: newest))
        }
        let start = state.compacted.map { $0.index + 1 } ?? 1
        if let first = state.first, first != start {
            throw LogStoreError(
                .corrupt, "the log does not begin where its engine began it",
                context: .init(index: first, expected: start, found: first))
        }
        return Loaded(
            hardState: hardState, snapshot: snapshot, start: start, indexes: state.indexes)
    }

    private func resume(_ snapshot: Snapshot) throws(LogStoreError) {
        let position = snapshot.position
        let state = store.state
        var term: Term?
        if let last = state.last, last.index >= position.index,
            position.index >= state.compacted?.index ?? 0
        {
            term = position.index == 0 ? nil : try store.term(at: position.index)
        }
        switch try LoadPlan.decide(snapshot: position, log: state, termAtSnapshot: term) {
        case .keep: break
        case .reset(let position): try reset(to: position)
        }
        try snapshots.removeBefore(position)
    }

    /// Makes a log that was never used begin with the members of its cluster.
    ///
    /// - Throws: `invalidArgument` if the replica was used before.
    package func bootstrap(configuration: [UInt8]) throws(LogStoreError) {
        let hardState = try store.hardState()
        let positions = try snapshots.positions()
        guard store.state.last == nil, hardState == nil, positions.isEmpty else {
            throw .invalidArgument("only a replica that was never used can be bootstrapped")
        }
        var batch = WriteBatch()
        batch.append(configuration, at: LogPosition(term: 1, index: 1), kind: .configuration)
        batch.setHardState(HardState(currentTerm: 1))
        try store.write(batch)
        try store.sync()
        self.hardState = HardState(currentTerm: 1)
    }

    /// Appends other members than the log knows, after most of them were lost for good.
    ///
    /// - Throws: `invalidArgument` if the replica was never used.
    package func recover(configuration: [UInt8]) throws(LogStoreError) {
        guard let last = store.state.last else {
            throw .invalidArgument("a replica that was never used has nothing to recover")
        }
        guard last.index < LogIndex.max - 1 else {
            throw .indexOutOfRange(last.index, minimum: 1)
        }
        let position = LogPosition(term: last.term, index: last.index + 1)
        try store.append(configuration.span.bytes, at: position, kind: .configuration)
        try store.sync()
    }

    // MARK: - Term and vote

    /// Stores a term and forgets the vote; durable on return, with everything before it.
    package func setTerm(_ term: Term) throws(LogStoreError) {
        try setHardState(HardState(currentTerm: term))
    }

    /// Stores whom the replica voted for in its term, 0 for nobody; durable on return.
    package func setVote(_ id: UInt64) throws(LogStoreError) {
        try setHardState(
            HardState(currentTerm: hardState.currentTerm, votedFor: Self.vote(for: id)))
    }

    private func setHardState(_ new: HardState) throws(LogStoreError) {
        try store.setHardState(new)
        hardState = new
    }

    /// The vote as it is stored: eight bytes, little-endian.
    static func vote(for id: UInt64) -> [UInt8]? {
        id == 0 ? nil : withUnsafeBytes(of: id.littleEndian) { [UInt8]($0) }
    }

    /// Whom a stored vote is for; 0 for nobody.
    ///
    /// - Throws: `corrupt` if it does not have eight bytes.
    package static func voted(_ hardState: HardState?) throws(LogStoreError) -> UInt64 {
        guard let bytes = hardState?.votedFor else { return 0 }
        guard bytes.count == 8 else {
            throw LogStoreError(
                .corrupt, "the stored vote has \(bytes.count) bytes instead of 8",
                context: .init(expected: 8, found: UInt64(bytes.count)))
        }
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    // MARK: - The log

    /// Appends entries as one unit; not durable before ``sync()``.
    ///
    /// - Throws: as `LogStore.write`; the entries are not there then, and neither will be any that
    ///   follow them.
    package func append(_ entries: WriteBatch) throws(LogStoreError) {
        if let owedTruncation {
            try store.truncate(from: owedTruncation)
            self.owedTruncation = nil
        }
        try store.write(entries)
    }

    /// Drops the entries from an index on; not durable before ``sync()``.
    ///
    /// - Throws: as `LogStore.truncate`; it is made up for before anything is appended.
    package func truncate(from index: LogIndex) throws(LogStoreError) {
        let index = min(index, owedTruncation ?? index)
        owedTruncation = index
        try store.truncate(from: index)
        owedTruncation = nil
    }

    /// Makes everything durable that was written before.
    package func sync() throws(LogStoreError) { try store.sync() }

    // MARK: - Snapshots

    /// Drops what a saved snapshot covers, but for the last `trailing` entries of it.
    package func compact(
        behind snapshot: LogPosition, trailing: UInt64
    ) throws(LogStoreError) {
        guard snapshot.index > trailing else { return }
        let index = snapshot.index - trailing
        let state = store.state
        if let last = state.last, index <= last.index {
            guard index > state.compacted?.index ?? 0 else { return }
            try store.compact(through: LogPosition(term: store.term(at: index), index: index))
        } else {
            // Nothing of the log is left to follow on: it goes on after the snapshot.
            try store.reset(to: snapshot)
        }
        try store.sync()
        try snapshots.removeBefore(snapshot)
    }

    /// Drops the log, which a snapshot of another replica has replaced, and goes on after it.
    package func reset(to snapshot: LogPosition) throws(LogStoreError) {
        try store.reset(to: snapshot)
        try store.sync()
        owedTruncation = nil
        try snapshots.removeBefore(snapshot)
    }
}
