#if LMDB
    public import WALProtocol

    extension LMDBStore {
        /// Where the log begins and ends.
        ///
        /// A store opened `.readOnly` looks it up, because a writer in another process may have
        /// moved it.
        public var state: LogState { core.currentState }

        /// The term of an entry, or of the compacted position.
        ///
        /// - Throws: as ``LogReading/term(at:)``.
        /// - Complexity: as ``withEntry(at:_:)``: the checksum that proves it covers the payload.
        public func term(at index: LogIndex) throws(LogStoreError) -> Term {
            try core.term(at: index)
        }

        /// Calls `body` with an entry.
        ///
        /// - Throws: as ``LogReading/withEntry(at:_:)``.
        /// - Complexity: O(log entries + payload): the payload is checked, and copied if it is
        ///   committed already.
        public func withEntry<R>(
            at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
        ) throws(LogStoreError) -> R {
            let buffer = loan.take()
            defer { loan.giveBack(buffer) }
            return try core.withEntry(at: index, buffer, body)
        }

        /// Calls `body` with each entry of a range in turn.
        ///
        /// Entries are copied out in steps of about one mebibyte. A truncation below the entries
        /// seen so far ends the visit there; a compaction that overtakes it throws `compacted`.
        ///
        /// - Throws: as ``LogReading/visitEntries(in:maxByteCount:_:)``.
        public func visitEntries(
            in range: Range<LogIndex>, maxByteCount: Int,
            _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
        ) throws(LogStoreError) -> LogIndex {
            let buffer = loan.take()
            defer { loan.giveBack(buffer) }
            return try core.visitEntries(in: range, maxByteCount: maxByteCount, buffer, body)
        }

        /// The value of a metadata key; `nil` if it was never set or was removed.
        public func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
            try core.metadata(for: key)
        }

        /// Every metadata key that has a value, in ascending order.
        public func metadataKeys() throws(LogStoreError) -> [MetadataKey] {
            try core.metadataKeys()
        }
    }

    extension LogCore {
        func withEntry<R>(
            at index: LogIndex, _ buffer: ReadBuffer,
            _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
        ) throws(LogStoreError) -> R {
            let found = try find(index, buffer)
            return try withExtendedLifetime(found.chunk) { () throws(LogStoreError) in
                try body(found.header, found.payload.bytes)
            }
        }

        func visitEntries(
            in range: Range<LogIndex>, maxByteCount: Int, _ buffer: ReadBuffer,
            _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
        ) throws(LogStoreError) -> LogIndex {
            try checkReadable()
            return try RangeVisit(self, range, maxByteCount: maxByteCount).run(buffer, body)
        }
    }
#endif
