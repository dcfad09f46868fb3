internal import CWALChecksum
internal import WALProtocol

/// What a record says.
///
/// Zero is no type: it begins the end mark.
enum RecordType: UInt8, CaseIterable, Sendable {
    /// An entry of the log.
    case entry = 1
    /// Everything from `index` on is gone; `term` is the term of what is now last.
    case truncate = 2
    /// Everything through `(term, index)` is gone.
    case compact = 3
    /// Everything is gone, and the log continues after `(term, index)`.
    case reset = 4
    /// A metadata value changed.
    case metadata = 5
    /// Everything before offset `term` of segment `index` is durable.
    case watermark = 6
    /// The state of the whole log, at the head of a segment and at a clean close.
    case checkpoint = 7
    /// The offsets of the segment's entries: its footer.
    case index = 8
}

/// The bits of a record's flags; unknown ones make a record invalid.
enum RecordFlags {
    /// The unit goes on with the next record.
    static let more: UInt8 = 0x01
    /// A reset to a log never written, or the removal of a metadata value.
    static let absent: UInt8 = 0x02
    /// All flags there are.
    static let known: UInt8 = more | absent
}

/// The fixed part of a record, decoded.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 4 | CRC-32C of bytes 4–11, 16–31 and the payload, seeded |
/// | 4 | 4 | payload length |
/// | 8 | 1 | type |
/// | 9 | 1 | flags |
/// | 10 | 1 | entry kind |
/// | 11 | 5 | zero |
/// | 16 | 8 | index |
/// | 24 | 8 | term |
struct RecordHeader: Hashable, Sendable {
    var type: RecordType
    var flags: UInt8 = 0
    var kind: UInt8 = 0
    var payloadByteCount: Int = 0
    var index: UInt64 = 0
    var term: UInt64 = 0

    /// The record's length with payload and padding.
    var recordByteCount: Int { SegmentFormat.recordByteCount(payload: payloadByteCount) }

    /// Whether the unit goes on with the next record.
    var hasMore: Bool { flags & RecordFlags.more != 0 }

    /// Bytes 4 to 11 as one number.
    @inline(__always)
    static func word(payload: Int, type: RecordType, flags: UInt8, kind: UInt8) -> UInt64 {
        UInt64(UInt32(truncatingIfNeeded: payload)) | UInt64(type.rawValue) << 32
            | UInt64(flags) << 40 | UInt64(kind) << 48
    }

    /// Writes a whole record: the checksum is taken from the source and registers, the payload is
    /// copied once.
    @inline(__always)
    static func encode(
        to record: UnsafeMutableRawPointer, seed: UInt32, word: UInt64, index: UInt64, term: UInt64,
        payload: UnsafeRawBufferPointer
    ) {
        let count = payload.count
        let crc = wal_crc32c_record(
            seed, word.littleEndian, index.littleEndian, term.littleEndian, payload.baseAddress,
            count)
        // The last word first: padding is zero, and what is not padding is overwritten below.
        record.put(UInt64(0), SegmentFormat.recordByteCount(payload: count) - 8)
        record.put(UInt64(crc) | word << 32, 0)
        record.put(word >> 32, 8)
        record.put(index, 16)
        record.put(term, 24)
        if let source = payload.baseAddress {
            (record + SegmentFormat.recordHeaderByteCount).copyMemory(
                from: source, byteCount: count)
        }
    }

    /// Writes what belongs to a record around a payload that stands in its place already.
    static func complete(
        _ record: UnsafeMutableRawPointer, seed: UInt32, type: RecordType, payloadByteCount: Int
    ) {
        let payload = record + SegmentFormat.recordHeaderByteCount
        let end = record + SegmentFormat.recordByteCount(payload: payloadByteCount)
        let paddingStart = payload + payloadByteCount
        paddingStart.initializeMemory(as: UInt8.self, repeating: 0, count: end - paddingStart)
        let word = word(payload: payloadByteCount, type: type, flags: 0, kind: 0)
        let crc = wal_crc32c_record(
            seed, word.littleEndian, 0, 0, UnsafeRawPointer(payload), payloadByteCount)
        record.put(UInt64(crc) | word << 32, 0)
        record.put(word >> 32, 8)
        record.put(UInt64(0), 16)
        record.put(UInt64(0), 24)
    }

    /// Writes this record with its payload.
    func encode(to record: UnsafeMutableRawPointer, seed: UInt32, payload: UnsafeRawBufferPointer) {
        assert(payload.count == payloadByteCount)
        Self.encode(
            to: record, seed: seed,
            word: Self.word(payload: payload.count, type: type, flags: flags, kind: kind),
            index: index, term: term, payload: payload)
    }

    /// Whether the checksum of a record is right; header and payload stand at `record`.
    @inline(__always)
    func isValid(at record: UnsafeRawPointer, seed: UInt32) -> Bool {
        let crc = wal_crc32c_record(
            seed, (record.u64(4)).littleEndian, index.littleEndian, term.littleEndian,
            record + SegmentFormat.recordHeaderByteCount, payloadByteCount)
        return crc == record.u32(0)
    }
}

extension RecordHeader {
    /// Reads a header whose checksum is not verified yet.
    ///
    /// - Parameter available: The bytes from `record` to the end of the file: no length beyond is
    ///   believed.
    /// - Returns: `nil` if this cannot be a record.
    init?(plausibleAt record: UnsafeRawPointer, available: Int) {
        guard available >= SegmentFormat.recordHeaderByteCount else { return nil }
        let word = record.u64(8)
        guard let type = RecordType(rawValue: UInt8(truncatingIfNeeded: word)),
            word >> 24 == 0
        else { return nil }
        self.type = type
        flags = UInt8(truncatingIfNeeded: word >> 8)
        kind = UInt8(truncatingIfNeeded: word >> 16)
        payloadByteCount = Int(record.u32(4))
        index = record.u64(16)
        term = record.u64(24)
        // No index is the last possible one, and whoever reads it calculates with the next.
        guard flags & ~RecordFlags.known == 0, index < .max,
            SegmentFormat.recordByteCount(payload: payloadByteCount) <= available
        else { return nil }
    }
}

extension UInt32 {
    /// What the checksum of the record at an offset starts from.
    @inline(__always)
    func seed(at offset: Int) -> UInt32 { self ^ UInt32(truncatingIfNeeded: offset) }
}
