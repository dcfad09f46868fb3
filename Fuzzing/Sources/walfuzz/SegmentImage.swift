@testable internal import Conformance
internal import CWALChecksum
@testable internal import SegmentBackend
internal import WALProtocol

/// The files of a segment store, taken apart so that an edit of any part leaves all checksums
/// right.
struct SegmentImage {
    /// A record as it is going to be written.
    struct Record {
        var header: RecordHeader
        var payload: [UInt8]
    }

    /// A segment file.
    struct Segment {
        /// What its name says.
        var sequence: UInt64
        /// The first 64 bytes but for the checksum.
        var header: [UInt8]
        var slots: [[UInt8]]
        var records: [Record]
        /// What follows the records.
        var tail: [UInt8] = []
        /// The file's size; zeros fill what is left.
        var byteCount: Int
        /// Whether `header` and `slots` get right checksums.
        var isSealed = true
    }

    var segments: [Segment] = []
    /// The identity file but for the checksum; `nil` if there is none.
    var identity: [UInt8]?
    /// Other files: name and contents.
    var others: [(name: String, bytes: [UInt8])] = []

    /// The largest file that an image has.
    static let maximumByteCount = 64 << 10

    /// The files of a directory.
    init(_ state: DiskState, _ directory: String) {
        for (path, node) in state.names.sorted(by: { $0.key < $1.key }) {
            guard case .file(let file) = node, path.hasPrefix(directory + "/") else { continue }
            let name = String(path.dropFirst(directory.count + 1))
            let bytes = state.files[file].shown
            if name == SegmentFormat.identityFileName {
                identity = bytes
            } else if let sequence = SegmentFormat.sequence(fileName: name) {
                segments.append(Segment(sequence, bytes))
            } else {
                others.append((name, bytes))
            }
        }
    }

    /// The contents of all files, by name.
    func files() -> [(name: String, bytes: [UInt8])] {
        var files = others
        if var bytes = identity {
            bytes.seal(0..<60)
            files.append((SegmentFormat.identityFileName, bytes))
        }
        for segment in segments {
            files.append((SegmentFormat.fileName(sequence: segment.sequence), segment.encode()))
        }
        return files
    }
}

extension SegmentImage.Segment {
    /// Takes a file apart.
    init(_ sequence: UInt64, _ bytes: [UInt8]) {
        self.sequence = sequence
        byteCount = bytes.count
        let padded = bytes + [UInt8](repeating: 0, count: max(0, 4096 - bytes.count))
        header = Array(padded[..<64])
        slots = SegmentFormat.slotOffsets.map { Array(padded[$0..<$0 + StatusSlot.byteCount]) }
        records = []
        var offset = SegmentFormat.headerBlockByteCount
        let seed = Self.seed(header)
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            while offset < buffer.count,
                let found = RecordHeader(
                    plausibleAt: base + offset, available: buffer.count - offset),
                found.isValid(at: base + offset, seed: seed.seed(at: offset))
            {
                let start = offset + SegmentFormat.recordHeaderByteCount
                records.append(
                    SegmentImage.Record(
                        header: found,
                        payload: Array(buffer[start..<start + found.payloadByteCount])))
                offset += found.recordByteCount
            }
        }
        if let end = bytes.lastIndex(where: { $0 != 0 }), end >= offset {
            tail = Array(bytes[offset...end])
        }
    }

    /// What the checksums of a segment's records start from, as its header has it.
    private static func seed(_ header: [UInt8]) -> UInt32 {
        header.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            return SegmentFormat.seed(
                storeID: StoreID(low: base.u64(16), high: base.u64(24)), sequence: base.u64(32))
        }
    }

    /// The file.
    func encode() -> [UInt8] {
        let seed = Self.seed(header)
        var bytes = [UInt8](repeating: 0, count: SegmentFormat.headerBlockByteCount)
        bytes.replaceSubrange(0..<64, with: header)
        if isSealed, header.contains(where: { $0 != 0 }) { bytes.seal(0..<60) }
        for (slot, offset) in zip(slots, SegmentFormat.slotOffsets) {
            bytes.replaceSubrange(offset..<offset + slot.count, with: slot)
            if isSealed, slot.contains(where: { $0 != 0 }) {
                bytes.seal(offset..<offset + 60, seed: seed)
            }
        }
        for record in records {
            let offset = bytes.count
            var header = record.header
            header.payloadByteCount = record.payload.count
            guard offset + header.recordByteCount <= SegmentImage.maximumByteCount else { break }
            bytes += [UInt8](repeating: 0, count: header.recordByteCount)
            bytes.withUnsafeMutableBytes { buffer in
                record.payload.withUnsafeBytes { payload in
                    guard let base = buffer.baseAddress else { return }
                    header.encode(to: base + offset, seed: seed.seed(at: offset), payload: payload)
                }
            }
        }
        bytes += tail
        let wanted = max(0, min(byteCount, SegmentImage.maximumByteCount))
        if bytes.count < wanted { bytes += [UInt8](repeating: 0, count: wanted - bytes.count) }
        return bytes
    }
}

extension [UInt8] {
    /// Puts the checksum of a range behind it.
    mutating func seal(_ range: Range<Int>, seed: UInt32? = nil) {
        guard range.upperBound + 4 <= count else { return }
        let crc = withUnsafeBytes { buffer -> UInt32 in
            guard let base = buffer.baseAddress else { return 0 }
            let start = base + range.lowerBound
            return seed.map { wal_crc32c_update($0, start, range.count) }
                ?? wal_crc32c(start, range.count)
        }
        put(UInt64(crc), at: range.upperBound, count: 4)
    }

    /// Puts a little-endian number, as far as there is room.
    mutating func put(_ number: UInt64, at offset: Int, count: Int) {
        for place in 0..<count where offset >= 0 && offset + place < self.count {
            self[offset + place] = UInt8(truncatingIfNeeded: number >> UInt64(place * 8))
        }
    }

    /// A little-endian number; zeros stand behind the end.
    func number(at offset: Int, count: Int) -> UInt64 {
        (0..<count).reduce(0) { sum, place in
            offset >= 0 && offset + place < self.count
                ? sum | UInt64(self[offset + place]) << UInt64(place * 8) : sum
        }
    }
}
