#if LMDB
    import WALProtocol

    /// A reader beside the writer.
    ///
    /// It sees what waits in memory, too.
    final class LMDBReader: LogReader {
        private let core: LogCore
        private var loan = ReadBufferLoan()

        init(_ core: LogCore) { self.core = core }

        var state: LogState { core.currentState }

        func makeReader() -> sending any LogReader { LMDBReader(core) }

        func term(at index: LogIndex) throws(LogStoreError) -> Term { try core.term(at: index) }

        func withEntry<R>(
            at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
        ) throws(LogStoreError) -> R {
            let buffer = loan.take()
            defer { loan.giveBack(buffer) }
            return try core.withEntry(at: index, buffer, body)
        }

        func visitEntries(
            in range: Range<LogIndex>, maxByteCount: Int,
            _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
        ) throws(LogStoreError) -> LogIndex {
            let buffer = loan.take()
            defer { loan.giveBack(buffer) }
            return try core.visitEntries(in: range, maxByteCount: maxByteCount, buffer, body)
        }

        func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
            try core.metadata(for: key)
        }

        func metadataKeys() throws(LogStoreError) -> [MetadataKey] { try core.metadataKeys() }
    }
#endif
