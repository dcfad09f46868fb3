/// One consistent snapshot of where a log begins and ends.
public struct LogState: Hashable, Sendable {
    /// The greatest position ever dropped from the front; `nil` if nothing was.
    ///
    /// Changes only by `compact` (it grows) or `reset`, and survives everything (law L7).
    public var compacted: LogPosition?
    /// The index of the first entry present; `nil` if there is none.
    public var first: LogIndex?
    /// The position of the last entry; equal to ``compacted`` if there is none.
    public var last: LogPosition?
    /// The greatest position known to be on stable storage, at most ``last``.
    public var durable: LogPosition?

    /// Makes a state.
    @inlinable
    public init(
        compacted: LogPosition? = nil, first: LogIndex? = nil, last: LogPosition? = nil,
        durable: LogPosition? = nil
    ) {
        self.compacted = compacted
        self.first = first
        self.last = last
        self.durable = durable
    }

    /// The only index that the next append may have; `nil` if any will do, because the log holds
    /// nothing and never dropped anything.
    ///
    /// Never overflows: `UInt64.max` is not a legal index. A state that claims it all the same, made
    /// up or read from a damaged file, has no next index that could be appended.
    @inlinable
    public var next: LogIndex? { last.map { $0.index == .max ? .max : $0.index + 1 } }

    /// Whether the log holds no entry.
    @inlinable
    public var isEmpty: Bool { first == nil }

    /// The number of entries present.
    @inlinable
    public var count: UInt64 {
        let indexes = self.indexes
        return indexes.upperBound - indexes.lowerBound
    }

    /// The indexes present, as a half-open range; empty if there are none.
    @inlinable
    public var indexes: Range<LogIndex> {
        let next = self.next ?? 0
        guard let first else { return next..<next }
        return first..<max(first, next)
    }
}
