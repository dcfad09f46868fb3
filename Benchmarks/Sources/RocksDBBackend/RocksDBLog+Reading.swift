#if RocksDB
    import WALProtocol

    extension RocksDBLog {
        /// The term of an entry that is there, without its payload.
        func term(of index: LogIndex) throws(LogStoreError) -> Term {
            try database.use { (pointer) throws(LogStoreError) in
                try state.checkRead(at: index)
                return try value(of: index, in: pointer) { (header, _) in header.position.term }
            }
        }

        /// The term of an entry, or of the compacted position.
        func term(at index: LogIndex) throws(LogStoreError) -> Term {
            do throws(LogStoreError) {
                return try term(of: index)
            } catch {
                // Asked for afterwards, so that a compaction in between is not missed.
                guard error.code == .compacted, let compacted = state.compacted,
                    compacted.index == index
                else { throw error }
                return compacted.term
            }
        }

        func withEntry<R>(
            at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
        ) throws(LogStoreError) -> R {
            let (header, payload) = try database.use { (pointer) throws(LogStoreError) in
                try state.checkRead(at: index)
                return try value(of: index, in: pointer) { (header, payload) in
                    (header, [UInt8](payload))
                }
            }
            // Not while the database is held: the closure may use the store, and close it.
            return try body(header, payload.span.bytes)
        }

        /// Lends an entry that has to be there.
        private func value<R>(
            of index: LogIndex, in pointer: OpaquePointer,
            _ body: (EntryHeader, UnsafeRawBufferPointer) -> R
        ) throws(LogStoreError) -> R {
            let file = database.file
            let result = try Keys.withEntry(index) { (key) throws(LogStoreError) in
                try database.value(key, in: pointer) { (value) throws(LogStoreError) in
                    let header = try EntryRecord.decode(value, at: index, file: file)
                    let payload = value[EntryRecord.headerByteCount...]
                    return body(header, UnsafeRawBufferPointer(rebasing: payload))
                }
            }
            guard let result else { throw .missing(index, file: file) }
            return result
        }

        func visitEntries(
            in range: Range<LogIndex>, maxByteCount: Int,
            _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
        ) throws(LogStoreError) -> LogIndex {
            let begun = try database.use { (pointer) throws(LogStoreError) in
                let present = try state.readableRange(range)
                return (present, present.isEmpty ? nil : database.cursor(in: pointer))
            }
            guard let cursor = begun.1 else { return begun.0.upperBound }
            defer { database.end(cursor) }
            var visit = RangeVisit(
                cursor: cursor, range: begun.0, byteCount: maxByteCount, file: database.file)
            while true {
                let isLast = try database.use { (_) throws(LogStoreError) in try visit.read() }
                // Not while the database is held, as above.
                let bytes = visit.bytes.span.bytes
                for item in visit.items {
                    let end = item.start + item.header.payloadByteCount
                    try body(item.header, bytes.extracting(item.start..<end))
                }
                if isLast { return visit.next }
            }
        }

        func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
            try database.use { (pointer) throws(LogStoreError) in
                try database.value(Keys.metadata(key), in: pointer)
            }
        }

        func metadataKeys() throws(LogStoreError) -> [MetadataKey] {
            try database.metadataByteCounts().keys.sorted()
        }
    }

    /// A range being read, in steps that are copied.
    ///
    /// The cursor sees the log as it was when the visit began, whatever the writer does.
    private struct RangeVisit {
        let cursor: Cursor
        let range: Range<LogIndex>
        /// What the limit leaves.
        var byteCount: Int
        let file: String
        /// The entries of a step, with where their payloads are in ``bytes``.
        private(set) var items: [(header: EntryHeader, start: Int)] = []
        private(set) var bytes: [UInt8] = []
        /// The next entry to be read.
        private(set) var next: LogIndex

        private static let stepByteCount = 1 << 20
        private static let stepEntryCount = 4096

        init(cursor: Cursor, range: Range<LogIndex>, byteCount: Int, file: String) {
            self.cursor = cursor
            self.range = range
            self.byteCount = byteCount
            self.file = file
            next = range.lowerBound
        }

        /// Reads a step.
        ///
        /// - Returns: whether it is the last one.
        /// - Throws: `corrupt` if an entry is not there.
        mutating func read() throws(LogStoreError) -> Bool {
            items.removeAll(keepingCapacity: true)
            bytes.removeAll(keepingCapacity: true)
            if next == range.lowerBound {
                Keys.withEntry(next) { cursor.seek($0) }
            }
            while next < range.upperBound {
                guard items.count < Self.stepEntryCount, bytes.count < Self.stepByteCount else {
                    return false
                }
                let isTaken = try cursor.current { (key, value) throws(LogStoreError) in
                    guard Keys.index(key) == next else { throw .missing(next, file: file) }
                    let header = try EntryRecord.decode(value, at: next, file: file)
                    guard next == range.lowerBound || header.payloadByteCount <= byteCount else {
                        return false
                    }
                    items.append((header, bytes.count))
                    bytes.append(contentsOf: value[EntryRecord.headerByteCount...])
                    return true
                }
                guard let isTaken else { throw .missing(next, file: file) }
                guard isTaken, let header = items.last?.header else { return true }
                byteCount -= min(byteCount, header.payloadByteCount)
                next += 1
                if next < range.upperBound { cursor.moveOn() }
            }
            return true
        }
    }

    extension LogStoreError {
        /// An entry that has to be there is not.
        static func missing(_ index: LogIndex, file: String) -> LogStoreError {
            .corrupt("an entry is missing from the database", file: file, index: index)
        }
    }
#endif
