internal import CWALChecksum

/// The constants of the on-disk format, version 1.
///
/// FORMAT.md describes every byte.
enum SegmentFormat {
    /// The first eight bytes of every file of a store: `raftwal\n`.
    static let magic: UInt64 = 0x0A6C_6177_7466_6172
    /// The version of the format that this code writes, and the only one it reads.
    static let version: UInt32 = 1
    /// The block at the start of a segment that holds the header and the status slots.
    static let headerBlockByteCount = 4096
    /// Where the two status slots stand: in sectors of their own.
    static let slotOffsets = [512, 1024]
    /// The fixed part of a record.
    static let recordHeaderByteCount = 32
    /// The zeros behind the last record of a write-out: nothing more was written.
    static let endMarkByteCount = 32
    /// Offsets are stored in 32 bits.
    static let maximumSegmentByteCount = 0xFFFF_0000
    /// Records of a clean close may stand a little beyond; no offset that is believed is greater.
    static let maximumOffset: UInt64 = 1 << 40
    /// The smallest segment: the header block and as much again.
    static let minimumSegmentByteCount = 8192
    /// Kept free at the end of a segment for truncations and compactions on a full disk.
    static let controlReserveByteCount = 512

    /// The bytes that a record with a payload takes, padding included.
    @inline(__always)
    static func recordByteCount(payload: Int) -> Int { (payload + 39) & ~7 }

    /// What the record checksums of a segment start from: a record from another store, another
    /// segment or, combined with its offset, another place does not validate.
    static func seed(storeID: StoreID, sequence: UInt64) -> UInt32 {
        wal_crc32c_record(
            0xFFFF_FFFF, storeID.low.littleEndian, storeID.high.littleEndian,
            sequence.littleEndian, nil, 0)
    }

    /// The name of a segment file: its sequence number in 16 hexadecimal digits.
    static func fileName(sequence: UInt64) -> String { hex(sequence) + ".wal" }

    /// The sequence number in a segment's file name; `nil` if it is no segment's.
    static func sequence(fileName: String) -> UInt64? {
        guard fileName.utf8.count == 20, fileName.hasSuffix(".wal") else { return nil }
        let digits = fileName.prefix(16)
        // Half of the numbers are for ever enough, and leave room for the next one.
        guard let sequence = UInt64(digits, radix: 16), hex(sequence) == digits,
            (1...UInt64(Int64.max)).contains(sequence)
        else { return nil }
        return sequence
    }

    /// A number in 16 lowercase hexadecimal digits.
    static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The file that names the store; written last when a store is created.
    static let identityFileName = "STORE"
    /// The file whose lock the writer holds.
    static let lockFileName = "LOCK"
    /// What the names of files end in that are not yet, or no longer, part of the store.
    static let temporarySuffix = ".tmp"
    /// The directory that holds what recovery cut.
    static let quarantineName = "quarantine"
}

/// The identity of a store, drawn at random when it is created.
struct StoreID: Hashable, Sendable {
    var low: UInt64
    var high: UInt64

    /// 32 hexadecimal digits.
    var hex: String { SegmentFormat.hex(high) + SegmentFormat.hex(low) }
}
