internal import WALProtocol

/// A place in the stream of records: a segment and an offset in it.
struct StreamOffset: Hashable, Comparable, Sendable {
    var sequence: UInt64
    var offset: UInt64

    static func < (lhs: StreamOffset, rhs: StreamOffset) -> Bool {
        (lhs.sequence, lhs.offset) < (rhs.sequence, rhs.offset)
    }
}

/// The payload of a checkpoint record: everything there is to know of the log at that place, but
/// the entries.
struct Checkpoint: Hashable, Sendable {
    /// An older segment that holds live entries.
    struct LiveSegment: Hashable, Sendable {
        var sequence: UInt64
        /// The end of its records that count.
        var end: UInt64
        /// Its first live entry.
        var first: LogIndex
        /// The number of its live entries.
        var count: UInt64
    }

    var compacted: LogPosition?
    var first: LogIndex?
    var last: LogPosition?
    /// Everything before this place was durable when the checkpoint was written.
    var watermark = StreamOffset(sequence: 0, offset: 0)
    /// Older segments only, oldest first.
    var segments: [LiveSegment] = []
    var metadata: [MetadataKey: [UInt8]] = [:]

    private static let hasCompacted: UInt32 = 1
    private static let hasFirst: UInt32 = 2
    private static let hasLast: UInt32 = 4

    /// The payload's length with this many segments, and keys and values of this many bytes.
    static func byteCount(segments: Int, metadataKeys: Int, metadataBytes: Int) -> Int {
        72 + segments * 32 + metadataKeys * 6 + metadataBytes
    }

    /// Encodes; keys in ascending order, so that equal states have equal bytes.
    func encode() -> [UInt8] {
        assert(isConsistent, "\(self) would not be believed")
        var writer = ByteWriter()
        writer.put(
            (compacted == nil ? 0 : Self.hasCompacted) | (first == nil ? 0 : Self.hasFirst)
                | (last == nil ? 0 : Self.hasLast))
        writer.put(UInt32(segments.count))
        writer.put(UInt32(metadata.count))
        writer.put(UInt32(0))
        writer.put(compacted ?? LogPosition(term: 0, index: 0))
        writer.put(last ?? LogPosition(term: 0, index: 0))
        writer.put(first ?? 0)
        writer.put(watermark.sequence)
        writer.put(watermark.offset)
        for segment in segments {
            writer.put(segment.sequence)
            writer.put(segment.end)
            writer.put(segment.first)
            writer.put(segment.count)
        }
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            writer.put(UInt16(key.name.utf8.count))
            writer.put(UInt32(value.count))
            writer.put(key.name)
            writer.put(value)
        }
        return writer.bytes
    }

    /// Decodes; `nil` if the payload is not one that ``encode()`` makes, or lists other segments
    /// than those before the one that it stands in.
    init?(_ payload: UnsafeRawBufferPointer, in holder: UInt64) {
        var reader = ByteReader(payload)
        guard let flags = reader.take(UInt32.self), flags < 8,
            let segmentCount = reader.take(UInt32.self),
            let metadataCount = reader.take(UInt32.self),
            reader.take(UInt32.self) == 0,
            let compacted = reader.takePosition(), let last = reader.takePosition(),
            let first = reader.take(UInt64.self),
            let sequence = reader.take(UInt64.self), let offset = reader.take(UInt64.self),
            Int(segmentCount) <= reader.remaining / 32
        else { return nil }
        self.compacted = flags & Self.hasCompacted != 0 ? compacted : nil
        self.last = flags & Self.hasLast != 0 ? last : nil
        self.first = flags & Self.hasFirst != 0 ? first : nil
        watermark = StreamOffset(sequence: sequence, offset: offset)
        for _ in 0..<segmentCount {
            guard let sequence = reader.take(UInt64.self), let end = reader.take(UInt64.self),
                let first = reader.take(UInt64.self), let count = reader.take(UInt64.self)
            else { return nil }
            segments.append(
                LiveSegment(sequence: sequence, end: end, first: first, count: count))
        }
        for _ in 0..<metadataCount {
            guard let keyCount = reader.take(UInt16.self), let count = reader.take(UInt32.self),
                let key = reader.take(Int(keyCount)), let value = reader.take(Int(count)),
                let name = String(validating: key, as: UTF8.self)
            else { return nil }
            metadata[MetadataKey(name)] = value
        }
        guard reader.remaining == 0, isConsistent,
            segments.last.map({ $0.sequence < holder }) ?? true
        else { return nil }
    }

    /// Whether positions and segments can be those of a log, so that recovery may calculate with
    /// them.
    var isConsistent: Bool {
        if let last, last.index == .max { return false }
        if let compacted {
            guard let last, compacted.index <= last.index else { return false }
            if let first, first <= compacted.index { return false }
        }
        if let first {
            guard let last, first <= last.index else { return false }
        }
        guard let lowest = segments.first else { return true }
        guard let last, first == lowest.first else { return false }
        var next = lowest.first
        var sequence: UInt64 = 0
        for segment in segments {
            let (end, overflow) = segment.first.addingReportingOverflow(segment.count)
            guard !overflow, segment.first == next, segment.count > 0, end <= last.index + 1,
                segment.sequence > sequence, segment.end <= SegmentFormat.maximumOffset,
                segment.count <= segment.end / UInt64(SegmentFormat.recordHeaderByteCount)
            else { return false }
            (next, sequence) = (end, segment.sequence)
        }
        return true
    }

    init() {}
}

/// The payload of a metadata record: one byte of key length, the key, the value.
enum MetadataRecord {
    static func byteCount(_ key: MetadataKey, _ value: [UInt8]?) -> Int {
        1 + key.name.utf8.count + (value?.count ?? 0)
    }

    static func encode(_ key: MetadataKey, _ value: [UInt8]?) -> [UInt8] {
        var writer = ByteWriter()
        writer.put(UInt8(truncatingIfNeeded: key.name.utf8.count))
        writer.put(key.name)
        writer.put(value ?? [])
        return writer.bytes
    }

    static func decode(_ payload: UnsafeRawBufferPointer) -> (MetadataKey, [UInt8])? {
        var reader = ByteReader(payload)
        guard let keyCount = reader.take(UInt8.self), let key = reader.take(Int(keyCount)),
            let name = String(validating: key, as: UTF8.self),
            let value = reader.take(reader.remaining)
        else { return nil }
        return (MetadataKey(name), value)
    }
}
