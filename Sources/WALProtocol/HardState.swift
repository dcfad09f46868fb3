/// What a Raft replica must never forget: its term, and whom it voted for in it (Raft §5.2).
public struct HardState: Hashable, Sendable {
    /// The latest term the replica has seen.
    public var currentTerm: Term
    /// Whom it voted for in that term, in the engine's own encoding; `nil` for nobody.
    public var votedFor: [UInt8]?

    /// Makes a hard state.
    public init(currentTerm: Term, votedFor: [UInt8]? = nil) {
        self.currentTerm = currentTerm
        self.votedFor = votedFor
    }
}

extension WriteBatch {
    /// Sets term and vote together.
    public mutating func setHardState(_ hardState: HardState) {
        let term = hardState.currentTerm.littleEndian
        setMetadata(withUnsafeBytes(of: term) { [UInt8]($0) }, for: .currentTerm)
        if let vote = hardState.votedFor {
            setMetadata(vote, for: .votedFor)
        } else {
            removeMetadata(for: .votedFor)
        }
    }
}

extension LogReading {
    /// Term and vote; `nil` if they were never set.
    ///
    /// - Throws: `corrupt` if the stored term does not have eight bytes.
    public func hardState() throws(LogStoreError) -> HardState? {
        guard let bytes = try metadata(for: .currentTerm) else { return nil }
        guard bytes.count == 8 else {
            throw LogStoreError(
                .corrupt, "the stored term has \(bytes.count) bytes instead of 8",
                context: .init(expected: 8, found: UInt64(bytes.count)))
        }
        let term = bytes.reversed().reduce(Term(0)) { $0 << 8 | Term($1) }
        return HardState(currentTerm: term, votedFor: try metadata(for: .votedFor))
    }
}

extension LogStore {
    /// Sets term and vote as one unit and makes them, and everything before them, durable.
    ///
    /// - Throws: as ``sync()``.
    /// - Durability: durable when the call returns.
    public func setHardState(_ hardState: HardState) throws(LogStoreError) {
        var batch = WriteBatch()
        batch.setHardState(hardState)
        try write(batch)
        try sync()
    }
}
