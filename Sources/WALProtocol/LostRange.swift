/// Acknowledged entries that are gone, all of one term as far as that is known.
public struct LostRange: Hashable, Sendable {
    /// The indexes; the end is `LogIndex.max` if nothing says how far the log went.
    public var indexes: Range<LogIndex>
    /// The term of all of them, where a footer, a checkpoint or both neighbours tell it.
    public var term: Term?

    /// Makes a range.
    public init(indexes: Range<LogIndex>, term: Term? = nil) {
        self.indexes = indexes
        self.term = term
    }

    /// Whether nothing says how far the log went.
    public var isOpenEnded: Bool { indexes.upperBound == .max }
}
