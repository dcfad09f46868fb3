internal import CWALChecksum
internal import WALProtocol

/// The first 64 bytes of a segment.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 8 | magic `raftwal\n` |
/// | 8 | 4 | format version |
/// | 12 | 4 | required feature flags |
/// | 16 | 16 | store id |
/// | 32 | 8 | sequence number |
/// | 40 | 8 | capacity in bytes |
/// | 48 | 8 | end of what was durable before the file had its name; 0: nothing |
/// | 56 | 4 | zero |
/// | 60 | 4 | CRC-32C of bytes 0–59 |
struct SegmentHeader: Hashable, Sendable {
    static let byteCount = 64

    var storeID: StoreID
    var sequence: UInt64
    var capacity: UInt64
    var durableAtBirth: UInt64

    /// What the start of a file turned out to be.
    enum Decoded: Hashable {
        /// A header.
        case valid(SegmentHeader)
        /// All zeros, or shorter than a header: nothing was written yet.
        case blank
        /// Neither.
        case invalid
        /// Of a version, or with a required feature, that this code does not know.
        case unsupported(found: UInt64)
    }

    func encode(to block: UnsafeMutableRawPointer) {
        block.put(SegmentFormat.magic, 0)
        block.put(SegmentFormat.version, 8)
        block.put(UInt32(0), 12)
        block.put(storeID.low, 16)
        block.put(storeID.high, 24)
        block.put(sequence, 32)
        block.put(capacity, 40)
        block.put(durableAtBirth, 48)
        block.put(UInt32(0), 56)
        block.put(wal_crc32c(block, 60), 60)
    }

    static func decode(_ block: UnsafeRawBufferPointer) -> Decoded {
        guard block.count >= byteCount, let base = block.baseAddress else {
            return block.allSatisfy { $0 == 0 } ? .blank : .invalid
        }
        guard base.u64(0) == SegmentFormat.magic else {
            return block.prefix(byteCount).allSatisfy { $0 == 0 } ? .blank : .invalid
        }
        // Another version may keep its checksum elsewhere, so the version is looked at first.
        guard base.u32(8) == SegmentFormat.version else {
            return .unsupported(found: UInt64(base.u32(8)))
        }
        guard wal_crc32c(base, 60) == base.u32(60) else { return .invalid }
        guard base.u32(12) == 0 else { return .unsupported(found: UInt64(base.u32(12))) }
        return .valid(
            SegmentHeader(
                storeID: StoreID(low: base.u64(16), high: base.u64(24)), sequence: base.u64(32),
                capacity: base.u64(40), durableAtBirth: base.u64(48)))
    }
}

/// One of a segment's two status slots; the valid one with the higher generation counts.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 8 | generation |
/// | 8 | 4 | state: 1 open, 2 clean, 3 sealed |
/// | 12 | 4 | zero |
/// | 16 | 8 | end of the records |
/// | 24 | 8 | offset of the checkpoint record of a clean close, or 0 |
/// | 32 | 8 | offset of the index record, or 0 |
/// | 40 | 20 | zero |
/// | 60 | 4 | CRC-32C of bytes 0–59, seeded |
struct StatusSlot: Hashable, Sendable {
    static let byteCount = 64

    enum State: UInt32, Sendable {
        /// Records may follow: nothing is promised.
        case open = 1
        /// The store was closed here; everything before `end` is durable and nothing follows.
        case clean = 2
        /// The log went on in the next segment; everything before `end` is durable.
        case sealed = 3
    }

    var generation: UInt64
    var state: State
    var end: UInt64 = 0
    var checkpointOffset: UInt64 = 0
    var indexOffset: UInt64 = 0

    /// Where it stands: two slots take turns, so that one is whole whatever happens to the other.
    var fileOffset: UInt64 { UInt64(SegmentFormat.slotOffsets[Int(generation % 2)]) }

    func encode(seed: UInt32) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        bytes.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            base.put(generation, 0)
            base.put(state.rawValue, 8)
            base.put(end, 16)
            base.put(checkpointOffset, 24)
            base.put(indexOffset, 32)
            base.put(wal_crc32c_update(seed, base, 60), 60)
        }
        return bytes
    }

    /// Decodes a slot; `nil` if it is blank or damaged.
    init?(_ bytes: UnsafeRawBufferPointer, seed: UInt32) {
        guard bytes.count >= Self.byteCount, let base = bytes.baseAddress,
            wal_crc32c_update(seed, base, 60) == base.u32(60),
            let state = State(rawValue: base.u32(8))
        else { return nil }
        self.init(
            generation: base.u64(0), state: state, end: base.u64(16),
            checkpointOffset: base.u64(24), indexOffset: base.u64(32))
        // Whoever reads a slot calculates with its numbers.
        guard generation < .max,
            max(end, checkpointOffset, indexOffset) <= SegmentFormat.maximumOffset
        else { return nil }
    }

    init(
        generation: UInt64, state: State, end: UInt64 = 0, checkpointOffset: UInt64 = 0,
        indexOffset: UInt64 = 0
    ) {
        self.generation = generation
        self.state = state
        self.end = end
        self.checkpointOffset = checkpointOffset
        self.indexOffset = indexOffset
    }
}
