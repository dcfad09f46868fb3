import WALProtocol

/// One record of a ``PlainFileStore``'s log.
///
/// On the disk, in little-endian order, at a multiple of 8:
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 8 | checksum of the rest, seeded with store, file and offset |
/// | 8 | 4 | bytes of payload |
/// | 12 | 1 | type |
/// | 13 | 1 | 1: more of the batch follows; 2: there is a value or position |
/// | 14 | 1 | kind of an entry |
/// | 15 | 1 | bytes of a metadata key |
/// | 16 | 8 | index, offset or start of a range |
/// | 24 | 8 | term or end of a range |
/// | 32 | | payload, then zeros up to a multiple of 8 |
enum PlainRecord: Equatable, Sendable {
    case entry(Entry)
    case truncate(from: LogIndex)
    case compact(through: LogPosition)
    case reset(to: LogPosition?)
    case metadata(MetadataKey, [UInt8]?)
    /// Everything before an offset of this file is on stable storage.
    case watermark(UInt64)
    /// At the start of a file: entries that stand in the files before it.
    case earlier(Range<LogIndex>)

    static let headerByteCount = 32

    /// The store and file that a record belongs to: it is valid nowhere else.
    struct Place: Sendable {
        var store: UInt64
        var file: UInt64
        var mutation: DiskMutation?
    }

    private enum Kind: UInt8 {
        case entry = 1
        case truncate, compact, reset, metadata, watermark, earlier
    }

    /// The fields of the header, and the payload.
    private struct Fields {
        var type: Kind
        var hasValue = false
        var kind: UInt8 = 0
        var keyByteCount: UInt8 = 0
        var index: UInt64 = 0
        var term: UInt64 = 0
        var payload: [UInt8] = []
    }

    private var fields: Fields {
        switch self {
        case .entry(let entry):
            Fields(
                type: .entry, kind: entry.kind.rawValue, index: entry.index, term: entry.term,
                payload: entry.payload)
        case .truncate(let from): Fields(type: .truncate, index: from)
        case .compact(let through):
            Fields(type: .compact, index: through.index, term: through.term)
        case .reset(let position):
            Fields(
                type: .reset, hasValue: position != nil, index: position?.index ?? 0,
                term: position?.term ?? 0)
        case .metadata(let key, let value):
            Fields(
                type: .metadata, hasValue: value != nil, keyByteCount: UInt8(key.name.utf8.count),
                payload: key.name.utf8 + (value ?? []))
        case .watermark(let offset): Fields(type: .watermark, index: offset)
        case .earlier(let range):
            Fields(type: .earlier, index: range.lowerBound, term: range.upperBound)
        }
    }

    private init?(_ fields: Fields) {
        let position = LogPosition(term: fields.term, index: fields.index)
        switch fields.type {
        case .entry:
            let kind = EntryKind(rawValue: fields.kind)
            self = .entry(Entry(position: position, kind: kind, payload: fields.payload))
        case .truncate: self = .truncate(from: fields.index)
        case .compact: self = .compact(through: position)
        case .reset: self = .reset(to: fields.hasValue ? position : nil)
        case .metadata:
            let keyByteCount = Int(fields.keyByteCount)
            guard keyByteCount <= fields.payload.count,
                let name = String(validating: fields.payload[..<keyByteCount], as: UTF8.self)
            else { return nil }
            let value = fields.hasValue ? Array(fields.payload[keyByteCount...]) : nil
            self = .metadata(MetadataKey(name), value)
        case .watermark: self = .watermark(fields.index)
        case .earlier:
            guard fields.index <= fields.term else { return nil }
            self = .earlier(fields.index..<fields.term)
        }
    }

    // MARK: - Encoding

    /// Puts the record at the end of `bytes`, which is at `offset` in the file.
    func encode(
        to bytes: inout [UInt8], at offset: UInt64, in place: Place, moreFollows: Bool = false
    ) {
        let fields = fields
        let start = bytes.count
        bytes.put(0 as UInt64)
        bytes.put(UInt32(fields.payload.count))
        bytes.append(fields.type.rawValue)
        bytes.append((moreFollows ? 1 : 0) | (fields.hasValue ? 2 : 0))
        bytes.append(fields.kind)
        bytes.append(fields.keyByteCount)
        bytes.put(fields.index)
        bytes.put(fields.term)
        bytes.append(contentsOf: fields.payload)
        while (bytes.count - start) % 8 != 0 { bytes.append(0) }
        let sum = Self.checksum(bytes[start...], fields.type, place, offset)
        for byte in 0..<8 { bytes[start + byte] = UInt8(truncatingIfNeeded: sum >> (8 * byte)) }
    }

    /// The bytes that the record takes.
    var byteCount: Int { Self.headerByteCount + (fields.payload.count + 7) / 8 * 8 }

    // MARK: - Decoding

    /// A record as it was found.
    struct Found {
        var record: PlainRecord
        var moreFollows: Bool
        var end: Int
    }

    /// The valid record at an offset of a file; `nil` if there is none.
    static func find(in bytes: [UInt8], at offset: Int, of place: Place) -> Found? {
        guard let end = end(in: bytes, at: offset),
            let type = Kind(rawValue: bytes[offset + 12]),
            bytes.integer(at: offset) as UInt64
                == checksum(bytes[offset..<end], type, place, UInt64(offset))
        else { return nil }
        let payload = offset + headerByteCount
        let count = Int(bytes.integer(at: offset + 8) as UInt32)
        let fields = Fields(
            type: type, hasValue: bytes[offset + 13] & 2 != 0, kind: bytes[offset + 14],
            keyByteCount: bytes[offset + 15], index: bytes.integer(at: offset + 16),
            term: bytes.integer(at: offset + 24), payload: Array(bytes[payload..<payload + count]))
        return PlainRecord(fields).map {
            Found(record: $0, moreFollows: bytes[offset + 13] & 1 != 0, end: end)
        }
    }

    /// The checksum of a record that begins with the place for it.
    private static func checksum(
        _ record: ArraySlice<UInt8>, _ type: Kind, _ place: Place, _ offset: UInt64
    ) -> UInt64 {
        let checked = record.dropFirst(8)
        switch (place.mutation, type) {
        case (.leavesMetadataUnchecked, .metadata), (.leavesPayloadUnchecked, .entry):
            return PlainChecksum.of(checked.prefix(headerByteCount - 8), place, offset)
        case (.ignoresPlace, _):
            return PlainChecksum.of(checked, Place(store: 0, file: 0), 0)
        default: return PlainChecksum.of(checked, place, offset)
        }
    }

    /// Where the record at an offset would end; `nil` if there cannot be one.
    private static func end(in bytes: [UInt8], at offset: Int) -> Int? {
        guard offset + headerByteCount <= bytes.count else { return nil }
        let count = Int(bytes.integer(at: offset + 8) as UInt32)
        let end = offset + headerByteCount + (count + 7) / 8 * 8
        return Kind(rawValue: bytes[offset + 12]) != nil && end <= bytes.count ? end : nil
    }
}

/// A checksum of words: a change within any one word is always noticed.
enum PlainChecksum {
    static func of(
        _ bytes: ArraySlice<UInt8>, _ place: PlainRecord.Place, _ offset: UInt64
    ) -> UInt64 {
        var sum: UInt64 = 0xCBF2_9CE4_8422_2325
        for word in [place.store, place.file, offset] { add(word, to: &sum) }
        bytes.withUnsafeBytes { bytes in
            var place = 0
            while place + 8 <= bytes.count {
                add(bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self), to: &sum)
                place += 8
            }
        }
        return sum
    }

    private static func add(_ word: UInt64, to sum: inout UInt64) {
        sum = (sum ^ word.littleEndian) &* 0x9E37_79B9_7F4A_7C15
        sum = sum << 29 | sum >> 35
    }
}

extension [UInt8] {
    mutating func put(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    func integer<I: FixedWidthInteger>(at offset: Int) -> I {
        withUnsafeBytes { I(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: I.self)) }
    }
}
