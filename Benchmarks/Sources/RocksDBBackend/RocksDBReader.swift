#if RocksDB
    import WALProtocol

    /// Reads the log of a ``RocksDBStore`` beside its writer.
    final class RocksDBReader: LogReader {
        private let log: RocksDBLog

        init(_ log: RocksDBLog) { self.log = log }

        var state: LogState { log.state }
        func makeReader() -> sending any LogReader { RocksDBReader(log) }
        func term(at index: LogIndex) throws(LogStoreError) -> Term { try log.term(at: index) }

        func withEntry<R>(
            at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
        ) throws(LogStoreError) -> R {
            try log.withEntry(at: index, body)
        }

        func visitEntries(
            in range: Range<LogIndex>, maxByteCount: Int,
            _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
        ) throws(LogStoreError) -> LogIndex {
            try log.visitEntries(in: range, maxByteCount: maxByteCount, body)
        }

        func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
            try log.metadata(for: key)
        }

        func metadataKeys() throws(LogStoreError) -> [MetadataKey] { try log.metadataKeys() }
    }
#endif
