#if LMDB
    import CLMDB
    import CWALChecksum
    import WALProtocol

    /// The value of an entry: a header of 16 bytes, then the payload.
    ///
    /// Integers are little-endian.
    ///
    /// | offset | size | field |
    /// |---|---|---|
    /// | 0 | 4 | CRC-32C of index, term, kind, length and payload |
    /// | 4 | 1 | kind |
    /// | 5 | 3 | zero |
    /// | 8 | 8 | term |
    ///
    /// The index is the key. It and the length are part of the checksum, so that a value that
    /// stands under the wrong key, or with another length, is found out.
    enum EntryRecord {
        static let headerByteCount = 16

        @inline(__always)
        static func checksum(
            _ position: LogPosition, _ kind: EntryKind, _ payload: UnsafeRawBufferPointer
        ) -> UInt32 {
            let kindAndLength = UInt64(kind.rawValue) | UInt64(payload.count) << 8
            return ~wal_crc32c_record(
                .max, position.index, position.term, kindAndLength, payload.baseAddress,
                payload.count)
        }

        static func encode(
            _ position: LogPosition, _ kind: EntryKind, checksum: UInt32,
            _ payload: UnsafeRawBufferPointer, to value: UnsafeMutableRawPointer
        ) {
            value.storeBytes(of: checksum.littleEndian, as: UInt32.self)
            value.storeBytes(
                of: UInt32(kind.rawValue).littleEndian, toByteOffset: 4, as: UInt32.self)
            value.storeBytes(of: position.term.littleEndian, toByteOffset: 8, as: UInt64.self)
            if let bytes = payload.baseAddress {
                (value + headerByteCount).copyMemory(from: bytes, byteCount: payload.count)
            }
        }

        /// Checks a value and gives its header; the payload is what follows it.
        ///
        /// - Returns: the header, or the damage found.
        static func decode(
            _ value: UnsafeRawBufferPointer, at index: LogIndex, file: String,
            byteOffset: UInt64? = nil
        ) throws(LogStoreError) -> EntryHeader {
            guard value.count >= headerByteCount else {
                throw .corrupt(
                    "an entry is shorter than its header", file: file, byteOffset: byteOffset,
                    index: index, expected: UInt64(headerByteCount), found: UInt64(value.count))
            }
            let stored = UInt32(littleEndian: value.loadUnaligned(as: UInt32.self))
            let kind = UInt32(
                littleEndian: value.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            let term = UInt64(
                littleEndian: value.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            let payload = UnsafeRawBufferPointer(rebasing: value[headerByteCount...])
            let position = LogPosition(term: term, index: index)
            let entryKind = EntryKind(rawValue: UInt8(truncatingIfNeeded: kind))
            let computed = checksum(position, entryKind, payload)
            guard stored == computed, kind <= 0xFF else {
                throw .corrupt(
                    "an entry does not match its checksum", file: file, byteOffset: byteOffset,
                    index: index, expected: UInt64(stored), found: UInt64(computed))
            }
            return EntryHeader(
                position: position, kind: entryKind, payloadByteCount: payload.count)
        }
    }

    /// The value of a metadata key: a CRC-32C of key and value (4 bytes), then the value.
    enum MetadataRecord {
        static let headerByteCount = 4

        private static func checksum(
            _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
        ) -> UInt32 {
            let state = wal_crc32c_record(
                .max, UInt64(key.count), UInt64(value.count), 0, key.baseAddress, key.count)
            return ~wal_crc32c_update(state, value.baseAddress, value.count)
        }

        static func encode(_ value: [UInt8], for key: [UInt8]) -> [UInt8] {
            let sum: UInt32 = key.withUnsafeBytes { key in
                value.withUnsafeBytes { checksum(key, $0) }
            }
            return withUnsafeBytes(of: sum.littleEndian) { [UInt8]($0) } + value
        }

        /// Checks a stored value and gives what was set.
        static func decode(
            _ stored: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, file: String,
            byteOffset: UInt64? = nil
        ) throws(LogStoreError) -> [UInt8] {
            let name = String(decoding: key, as: UTF8.self)
            guard stored.count >= headerByteCount else {
                throw .corrupt(
                    "the metadata value of \(name) is shorter than its header", file: file,
                    byteOffset: byteOffset, expected: UInt64(headerByteCount),
                    found: UInt64(stored.count))
            }
            let expected = UInt32(littleEndian: stored.loadUnaligned(as: UInt32.self))
            let value = UnsafeRawBufferPointer(rebasing: stored[headerByteCount...])
            let computed = checksum(key, value)
            guard expected == computed else {
                throw .corrupt(
                    "the metadata value of \(name) does not match its checksum", file: file,
                    byteOffset: byteOffset, expected: UInt64(expected), found: UInt64(computed))
            }
            return [UInt8](value)
        }
    }
#endif
