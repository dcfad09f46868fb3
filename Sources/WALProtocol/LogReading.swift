/// What the writer and every reader of a log can be asked.
///
/// Reads are complete or they throw (law L9): never a short success, and `compacted`,
/// `unavailable`, `corrupt` and `io` never stand in for each other.
public protocol LogReading {
    /// Where the log begins and ends, as one consistent snapshot.
    ///
    /// - Complexity: O(1), no disk access.
    var state: LogState { get }

    /// The term of an entry, or of the compacted position.
    ///
    /// - Parameter index: An index in `compacted.index...last.index`.
    /// - Throws: `compacted` below that, `unavailable` beyond; what reading the entry throws.
    func term(at index: LogIndex) throws(LogStoreError) -> Term

    /// Calls `body` once with an entry, without copying it.
    ///
    /// The span is valid and unchanged until `body` returns, whatever the writer does (law L14).
    ///
    /// - Parameters:
    ///   - index: The entry to read.
    ///   - body: Called with the entry's header and payload; what it throws is passed on.
    /// - Throws: `compacted`, `unavailable`, `corrupt`, `io`, `closed`.
    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R

    /// Calls `body` with each entry of a range in turn, as far as the log and the limit go.
    ///
    /// - Parameters:
    ///   - range: The indexes to read. Its end may lie beyond the log; its start may not lie below.
    ///   - maxByteCount: Stop before the payloads exceed this. The first entry comes whatever its
    ///     size.
    ///   - body: Called with header and payload; the span is valid until it returns.
    /// - Returns: the index to continue from: the range's end, or the log's, or where the limit
    ///   fell.
    /// - Throws: `compacted` if the range starts below what is present; `corrupt`, `io`, `closed`.
    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex

    /// The value of a metadata key; `nil` if it was never set or was removed.
    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]?

    /// Every metadata key that has a value, in ascending order.
    func metadataKeys() throws(LogStoreError) -> [MetadataKey]
}

/// A reader of its own, for one task or thread.
///
/// It sees every write as soon as the writer's call has returned (law L2). It is not `Sendable`,
/// because it may cache without locks; it can be made anywhere and sent where it is used.
public protocol LogReader: AnyObject, LogReading {
    /// Makes another one.
    func makeReader() -> sending any LogReader
}

extension LogReading {
    /// Whether the log holds no entry.
    public var isEmpty: Bool { state.isEmpty }

    /// The number of entries present.
    public var count: UInt64 { state.count }

    /// An owned copy of an entry.
    ///
    /// - Throws: as ``withEntry(at:_:)``.
    public func entry(at index: LogIndex) throws(LogStoreError) -> Entry {
        try withEntry(at: index) { (header, payload) throws(LogStoreError) in
            Entry(copying: header, payload)
        }
    }

    /// Owned copies of the entries of a range.
    ///
    /// - Parameters:
    ///   - range: The indexes to read; the end may lie beyond the log.
    ///   - maxByteCount: Stop before the payloads exceed this, but not before the first entry.
    /// - Throws: as ``visitEntries(in:maxByteCount:_:)``.
    public func entries(
        in range: Range<LogIndex>, maxByteCount: Int = .max
    ) throws(LogStoreError) -> [Entry] {
        var list: [Entry] = []
        _ = try visitEntries(in: range, maxByteCount: maxByteCount) {
            (header, payload) throws(LogStoreError) in
            list.append(Entry(copying: header, payload))
        }
        return list
    }

    /// Owned copies of the entries of a closed range, such as `first...UInt64.max`.
    ///
    /// - Throws: as ``visitEntries(in:maxByteCount:_:)``.
    public func entries(
        in range: ClosedRange<LogIndex>, maxByteCount: Int = .max
    ) throws(LogStoreError) -> [Entry] {
        // UInt64.max is never stored, so leaving it out loses nothing.
        let end = range.upperBound == .max ? .max : range.upperBound + 1
        return try entries(in: range.lowerBound..<end, maxByteCount: maxByteCount)
    }

    /// Calls `body` with each entry of a range in turn, without a limit.
    ///
    /// - Throws: as ``visitEntries(in:maxByteCount:_:)``.
    @discardableResult
    public func visitEntries(
        in range: Range<LogIndex>,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try visitEntries(in: range, maxByteCount: .max, body)
    }
}

extension Entry {
    /// Copies an entry that a reading closure was given.
    public init(copying header: EntryHeader, _ payload: RawSpan) {
        self.init(
            position: header.position, kind: header.kind,
            payload: payload.withUnsafeBytes { [UInt8]($0) })
    }
}
