#if RocksDB
    import WALProtocol

    /// What the keys of the database look like.
    ///
    /// One key space for each kind of value, by the first byte. Indexes are big-endian, so that
    /// RocksDB's order of bytes is the log's.
    enum Keys {
        /// The compacted position, if there is one.
        static let compacted: [UInt8] = [UInt8(ascii: "c")]
        /// The version of this layout.
        static let version: [UInt8] = [UInt8(ascii: "v")]

        private static let entries = UInt8(ascii: "e")
        private static let metadata = UInt8(ascii: "m")

        /// The bytes of an entry's key.
        static let entryByteCount = 9

        /// Lends the key of an entry.
        static func withEntry<R, E: Error>(
            _ index: LogIndex, _ body: (UnsafeRawBufferPointer) throws(E) -> R
        ) throws(E) -> R {
            // The last of eight bytes, and the eight behind it.
            let words = ((UInt64(entries) << 56).littleEndian, index.bigEndian)
            return try withUnsafeBytes(of: words) { (bytes) throws(E) in
                try body(UnsafeRawBufferPointer(rebasing: bytes[7..<16]))
            }
        }

        /// The index of an entry's key; `nil` if it is the key of something else.
        static func index(_ key: UnsafeRawBufferPointer) -> LogIndex? {
            guard key.count == entryByteCount, key[0] == entries else { return nil }
            return LogIndex(bigEndian: key.loadUnaligned(fromByteOffset: 1, as: LogIndex.self))
        }

        /// The key of a metadata value.
        static func metadata(_ key: MetadataKey) -> [UInt8] { [metadata] + key.name.utf8 }

        /// Where the keys of metadata begin.
        static let firstMetadata: [UInt8] = [metadata]

        /// The metadata key that a key stands for; `nil` if it is the key of something else.
        static func metadataKey(_ key: UnsafeRawBufferPointer) -> MetadataKey? {
            guard key.first == metadata else { return nil }
            return MetadataKey(String(decoding: key.dropFirst(), as: UTF8.self))
        }
    }

    /// What stands before an entry's payload: its term and its kind.
    enum EntryRecord {
        static let headerByteCount = 9

        /// Lends what stands before the payload.
        static func withHeader<R, E: Error>(
            _ term: Term, _ kind: EntryKind, _ body: (UnsafeRawBufferPointer) throws(E) -> R
        ) throws(E) -> R {
            let words = (term.littleEndian, UInt64(kind.rawValue).littleEndian)
            return try withUnsafeBytes(of: words) { (bytes) throws(E) in
                try body(UnsafeRawBufferPointer(rebasing: bytes[..<headerByteCount]))
            }
        }

        /// Reads what stands before the payload.
        ///
        /// - Throws: `corrupt` if it is not whole.
        static func decode(
            _ value: UnsafeRawBufferPointer, at index: LogIndex, file: String
        ) throws(LogStoreError) -> EntryHeader {
            guard value.count >= headerByteCount else {
                throw .corrupt(
                    "an entry is shorter than its header", file: file, index: index,
                    expected: UInt64(headerByteCount), found: UInt64(value.count))
            }
            let term = Term(littleEndian: value.loadUnaligned(as: Term.self))
            return EntryHeader(
                position: LogPosition(term: term, index: index),
                kind: EntryKind(rawValue: value[8]),
                payloadByteCount: value.count - headerByteCount)
        }
    }

    /// The compacted position as it is stored.
    enum PositionRecord {
        static func encode(_ position: LogPosition) -> [UInt8] {
            bytes(position.index) + bytes(position.term)
        }

        /// - Throws: `corrupt` if it has another size, or an index that is none.
        static func decode(
            _ value: [UInt8], file: String
        ) throws(LogStoreError) -> LogPosition {
            guard value.count == 16 else {
                throw .corrupt(
                    "the compacted position has another size", file: file, expected: 16,
                    found: UInt64(value.count))
            }
            func number(_ start: Int) -> UInt64 {
                value[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
            }
            guard number(0) < .max else {
                throw .corrupt("the compacted position is beyond all indexes", file: file)
            }
            return LogPosition(term: number(8), index: number(0))
        }

        private static func bytes(_ number: UInt64) -> [UInt8] {
            (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
    }
#endif
