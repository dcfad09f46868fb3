public import WALProtocol

/// Reads a ``SegmentStore`` beside its writer, on any thread.
///
/// ``SegmentStore/makeReader()`` makes one. Whoever reads one entry after the other from memory, and
/// counts nanoseconds, casts to this type: then the compiler puts the read where it is used.
public final class SegmentReader: LogReader {
    @usableFromInline let cursor: LogCursor

    init(_ cursor: sending LogCursor) { self.cursor = cursor }

    /// Where the log begins and ends.
    public var state: LogState { cursor.state }

    /// The term of an entry, or of the compacted position.
    ///
    /// - Complexity: as ``SegmentStore/term(at:)``.
    @inlinable
    @inline(__always)
    public func term(at index: LogIndex) throws(LogStoreError) -> Term {
        try cursor.term(at: index)
    }

    /// Calls `body` with an entry, in place if it is in the cache.
    ///
    /// - Complexity: as ``SegmentStore/withEntry(at:_:)``.
    @inlinable
    @inline(__always)
    public func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        try cursor.withEntry(at: index, body)
    }

    /// Calls `body` with each entry of a range, reading what is not in the cache in large pieces.
    ///
    /// - Returns: the index to continue from.
    @inlinable
    @inline(__always)
    public func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try cursor.visitEntries(in: range, maxByteCount: maxByteCount, body)
    }

    /// The value of a metadata key, from memory.
    public func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try cursor.metadata()[key]
    }

    /// Every metadata key that has a value, in ascending order.
    public func metadataKeys() throws(LogStoreError) -> [MetadataKey] {
        try cursor.metadata().keys.sorted()
    }

    /// Makes another one.
    public func makeReader() -> sending any LogReader { SegmentReader(LogCursor(cursor.shared)) }
}
