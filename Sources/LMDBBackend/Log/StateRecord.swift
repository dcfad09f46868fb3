#if LMDB
    import CLMDB
    import CWALChecksum
    import WALProtocol

    /// The one record of the database `state`, under the key `state`: what the store is, and where
    /// its log begins and ends.
    ///
    /// Every transaction that changes the log writes it.
    ///
    /// 96 bytes, little-endian:
    ///
    /// | offset | size | field |
    /// |---|---|---|
    /// | 0 | 4 | CRC-32C of all that follows, in every version of the format |
    /// | 4 | 4 | format version: 1 |
    /// | 8 | 16 | store id |
    /// | 24 | 4 | flags: 1 something was compacted, 2 the log holds entries, 4 committed without waiting for the disk |
    /// | 28 | 4 | number of metadata keys |
    /// | 32 | 8 | bytes of all metadata keys and values |
    /// | 40 | 16 | compacted position: term, index |
    /// | 56 | 8 | first index |
    /// | 64 | 16 | last position: term, index |
    /// | 80 | 8 | how often a suffix was dropped |
    /// | 88 | 8 | number of the transaction that wrote it |
    ///
    /// First, last and the metadata counts could be read from the other databases. They stand here
    /// so that a tree that lost a branch is noticed, instead of being a shorter log or a lost vote.
    struct StateRecord: Hashable {
        static let byteCount = 96
        static let key: [UInt8] = Array("state".utf8)
        static let formatVersion: UInt32 = 1

        private enum Flag {
            static let compacted: UInt32 = 1
            static let entries: UInt32 = 2
            static let unsynced: UInt32 = 4
            static let all = compacted | entries | unsynced
        }

        var storeID: (UInt64, UInt64) {
            get { (idHigh, idLow) }
        }
        private var idHigh: UInt64
        private var idLow: UInt64
        var isUnsynced = false
        var metadataKeyCount: UInt32 = 0
        var metadataByteCount: UInt64 = 0
        var compacted: LogPosition?
        var first: LogIndex?
        /// The last entry; `nil` if there is none, whatever was compacted.
        var last: LogPosition?
        var truncationCount: UInt64 = 0
        /// LMDB's number of the transaction that wrote the record.
        var transaction: UInt64?

        /// The record of a store that is made now.
        ///
        /// - Parameter number: The store's; drawn at random if it is left out.
        static func new(_ number: StoreNumber? = nil) -> StateRecord {
            var random = SystemRandomNumberGenerator()
            return StateRecord(
                idHigh: number?.high ?? random.next(), idLow: number?.low ?? random.next())
        }

        private init(idHigh: UInt64, idLow: UInt64) {
            self.idHigh = idHigh
            self.idLow = idLow
        }

        /// The store's identity, in hexadecimal.
        var storeIDText: String {
            [idHigh, idLow].map { word in
                let digits = String(word, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.joined()
        }

        /// The log as a reader sees it.
        var logState: LogState {
            let end = last ?? compacted
            return LogState(
                compacted: compacted, first: first, last: end, durable: isUnsynced ? nil : end)
        }

        /// The indexes of the entries in the database.
        var indexes: Range<LogIndex> { logState.isEmpty ? 0..<0 : logState.indexes }

        mutating func adopt(_ state: LogState) {
            compacted = state.compacted
            first = state.first
            last = state.first == nil ? nil : state.last
        }

        // MARK: Bytes

        func encoded() -> [UInt8] {
            var flags: UInt32 = 0
            if compacted != nil { flags |= Flag.compacted }
            if first != nil { flags |= Flag.entries }
            if isUnsynced { flags |= Flag.unsynced }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(Self.byteCount)
            func append(_ value: some FixedWidthInteger) {
                withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
            }
            append(UInt32(0))
            append(Self.formatVersion)
            append(idHigh)
            append(idLow)
            append(flags)
            append(metadataKeyCount)
            append(metadataByteCount)
            append(compacted?.term ?? 0)
            append(compacted?.index ?? 0)
            append(first ?? 0)
            append(last?.term ?? 0)
            append(last?.index ?? 0)
            append(truncationCount)
            append(transaction ?? 0)
            assert(bytes.count == Self.byteCount)
            let checksum = bytes.withUnsafeBytes {
                wal_crc32c($0.baseAddress.map { $0 + 4 }, $0.count - 4)
            }
            withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(0..<4, with: $0) }
            return bytes
        }

        /// Checks a stored record.
        ///
        /// - Throws: `corrupt`, `unsupportedFormat`.
        init(_ stored: [UInt8], file: String, byteOffset: UInt64? = nil) throws(LogStoreError) {
            let reader = ByteReader(stored)
            let computed = stored.withUnsafeBytes { bytes in
                wal_crc32c(bytes.baseAddress.map { $0 + 4 }, max(bytes.count - 4, 0))
            }
            guard stored.count >= 8, reader.u32(0) == computed else {
                throw .corrupt(
                    "the state record does not match its checksum", file: file,
                    byteOffset: byteOffset, expected: UInt64(reader.u32(0)),
                    found: UInt64(computed))
            }
            guard reader.u32(4) == Self.formatVersion else {
                throw .unsupportedFormat(
                    "the store was written by another version of this library", file: file,
                    found: UInt64(reader.u32(4)), supported: UInt64(Self.formatVersion))
            }
            let flags = reader.u32(24)
            guard flags & ~Flag.all == 0 else {
                throw .unsupportedFormat(
                    "the store uses a feature that this version does not know", file: file,
                    found: UInt64(flags), supported: UInt64(Flag.all))
            }
            idHigh = reader.u64(8)
            idLow = reader.u64(16)
            isUnsynced = flags & Flag.unsynced != 0
            metadataKeyCount = reader.u32(28)
            metadataByteCount = reader.u64(32)
            if flags & Flag.compacted != 0 {
                compacted = LogPosition(term: reader.u64(40), index: reader.u64(48))
            }
            if flags & Flag.entries != 0 {
                first = reader.u64(56)
                last = LogPosition(term: reader.u64(64), index: reader.u64(72))
            }
            truncationCount = reader.u64(80)
            transaction = reader.u64(88)
            guard stored.count == Self.byteCount, isConsistent else {
                throw .corrupt(
                    "the state record contradicts itself", file: file, byteOffset: byteOffset)
            }
        }

        /// The record in a snapshot that is read without LMDB.
        static func find(in walk: PageWalk, file: String) throws(LogStoreError) -> StateRecord? {
            guard let tree = try walk.databases()[Databases.stateName] else { return nil }
            var record: StateRecord?
            try walk.visit(tree) { (item) throws(LogStoreError) in
                guard Array(item.key) == key else { return }
                record = try StateRecord(Array(item.value), file: file, byteOffset: item.byteOffset)
            }
            return record
        }

        private var isConsistent: Bool {
            if compacted?.index == .max { return false }
            guard let first, let last else { return true }
            if let compacted, first != compacted.index + 1 { return false }
            return first <= last.index && last.index < .max
        }
    }
#endif
