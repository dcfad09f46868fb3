/// A Raft log index.
///
/// There are no sentinel values: absence is `nil`.
///
/// `UInt64.max` can never be stored, so that the index after the last one always exists.
public typealias LogIndex = UInt64

/// A Raft term.
public typealias Term = UInt64

/// The identity of an entry: Raft guarantees that equal positions hold equal entries.
///
/// Ordered by term first, then index, as Raft compares logs (Raft §5.4.1).
public struct LogPosition: Hashable, Comparable, Sendable {
    /// The term in which the entry was created.
    public var term: Term
    /// The place of the entry in the log.
    public var index: LogIndex

    /// Makes the position of the entry at `index`, created in `term`.
    @inlinable
    public init(term: Term, index: LogIndex) {
        self.term = term
        self.index = index
    }

    /// Orders by term, then by index.
    @inlinable
    public static func < (lhs: LogPosition, rhs: LogPosition) -> Bool {
        (lhs.term, lhs.index) < (rhs.term, rhs.index)
    }
}

extension LogPosition: CustomStringConvertible {
    /// `term.index`, as Raft papers write it.
    public var description: String { "\(term).\(index)" }
}
