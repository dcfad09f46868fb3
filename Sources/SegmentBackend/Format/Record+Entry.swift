internal import CWALChecksum

/// A record that stands in memory, whole.
extension UnsafeRawPointer {
    /// Whether a whole, valid record of a certain entry stands here; its padding is not looked at.
    ///
    /// - Parameters:
    ///   - available: The bytes there are from here on.
    ///   - seed: What the checksum starts from at this place.
    @inline(__always)
    func isEntry(_ index: UInt64, available: Int, seed: UInt32) -> Bool {
        guard available >= SegmentFormat.recordHeaderByteCount else { return false }
        let payloadByteCount = Int(u32(4))
        // Type, flags, kind, and bytes that have to be zero.
        let unknown = ~(UInt64(RecordFlags.known) << 8 | 0xFF << 16)
        guard u64(8) & unknown == UInt64(RecordType.entry.rawValue), u64(16) == index,
            SegmentFormat.recordByteCount(payload: payloadByteCount) <= available
        else { return false }
        let crc = wal_crc32c_record(
            seed, u64(4).littleEndian, index.littleEndian, u64(24).littleEndian,
            self + SegmentFormat.recordHeaderByteCount, payloadByteCount)
        return crc == u32(0)
    }
    /// Whether the unit goes on behind the record that stands here.
    @inline(__always)
    var hasMore: Bool { u64(8) & UInt64(RecordFlags.more) << 8 != 0 }

    /// Whether the padding of the record that stands here is zero.
    @inline(__always)
    var isPaddedWithZeros: Bool {
        let payloadByteCount = Int(u32(4))
        let byteCount = SegmentFormat.recordByteCount(payload: payloadByteCount)
        let padding = byteCount - SegmentFormat.recordHeaderByteCount - payloadByteCount
        return padding == 0 || u64(byteCount - 8) >> (64 - 8 * padding) == 0
    }
}

extension RecordHeader {
    /// The checksum's register before the payload.
    func checksumOfFields(seed: UInt32) -> UInt32 {
        let word = Self.word(
            payload: payloadByteCount, type: type, flags: flags, kind: kind)
        return wal_crc32c_record(
            seed, word.littleEndian, index.littleEndian, term.littleEndian, nil, 0)
    }
}
