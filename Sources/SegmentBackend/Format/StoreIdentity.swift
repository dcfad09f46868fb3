internal import CWALChecksum
internal import WALProtocol

/// The `STORE` file: 64 bytes that name the store, so that a directory that lost all its segments
/// is not taken for a new one.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 8 | magic `raftwal\n` |
/// | 8 | 4 | format version |
/// | 12 | 4 | required feature flags |
/// | 16 | 16 | store id |
/// | 32 | 28 | zero |
/// | 60 | 4 | CRC-32C of bytes 0–59 |
enum StoreIdentity {
    static let byteCount = 64

    static func encode(_ id: StoreID) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        bytes.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            base.put(SegmentFormat.magic, 0)
            base.put(SegmentFormat.version, 8)
            base.put(id.low, 16)
            base.put(id.high, 24)
            base.put(wal_crc32c(base, 60), 60)
        }
        return bytes
    }

    /// Decodes the file's contents.
    ///
    /// - Throws: `unsupportedFormat` or `corrupt`.
    static func decode(_ bytes: [UInt8], path: String) throws(LogStoreError) -> StoreID {
        try bytes.span.bytes.withUnsafeBytes { (buffer) throws(LogStoreError) in
            guard buffer.count == byteCount, let base = buffer.baseAddress,
                base.u64(0) == SegmentFormat.magic
            else {
                throw .corrupt("this is not a store's identity file", file: path, byteOffset: 0)
            }
            guard base.u32(8) == SegmentFormat.version else {
                throw .unsupportedFormat(
                    "the store was written by another version", file: path,
                    found: UInt64(base.u32(8)), supported: UInt64(SegmentFormat.version))
            }
            guard wal_crc32c(base, 60) == base.u32(60) else {
                throw .corrupt(
                    "the checksum of the identity file is wrong", file: path, byteOffset: 0,
                    expected: UInt64(wal_crc32c(base, 60)), found: UInt64(base.u32(60)))
            }
            guard base.u32(12) == 0 else {
                throw .unsupportedFormat(
                    "the store uses a feature that this version does not know", file: path,
                    found: UInt64(base.u32(12)), supported: 0)
            }
            return StoreID(low: base.u64(16), high: base.u64(24))
        }
    }
}
