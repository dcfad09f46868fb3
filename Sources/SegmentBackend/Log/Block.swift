internal import Synchronization
internal import WALProtocol

/// A run of records in memory: write buffer first, read cache afterwards.
///
/// Records grow upwards, the file offsets of the entries among them downwards from the end. The
/// writer publishes entries by a release store of their number; readers on other threads load it
/// with acquire and then read what can no longer change.
final class Block: @unchecked Sendable {
    /// Room before the records for the number of entries, in a cache line of its own.
    static let prefixByteCount = 64
    /// Where blocks end in the file, give or take a record: the kernel writes pages fastest that
    /// it can take in one piece.
    static let alignmentByteCount = 512 << 10
    /// The size of every block but those made for one large unit: room for the records up to the
    /// next boundary but one, if that one is near, and for the offsets of the smallest ones.
    static let standardByteCount = BlockSlab.blockByteCount

    let memory: BlockMemory
    let segment: Segment
    /// The place of the first record in the file.
    let fileOffset: Int
    /// The index of the first entry.
    let firstIndex: LogIndex

    /// The bytes of records; the writer's until the block is closed.
    var usedByteCount = 0
    /// How many of them were handed to the operating system; the writer's.
    var writtenByteCount = 0

    init(memory: BlockMemory, segment: Segment, fileOffset: Int, firstIndex: LogIndex) {
        self.memory = memory
        self.segment = segment
        self.fileOffset = fileOffset
        self.firstIndex = firstIndex
        published.initialize(to: Atomic(0))
    }

    /// Where the first record stands.
    @inline(__always)
    var records: UnsafeMutableRawPointer { memory.base + Self.prefixByteCount }

    /// The number of entries that readers may see.
    @inline(__always)
    var published: UnsafeMutablePointer<Atomic<Int>> {
        memory.base.assumingMemoryBound(to: Atomic<Int>.self)
    }

    /// The file offsets of the entries stand below this address, the first one highest.
    @inline(__always)
    var offsetsEnd: UnsafeMutablePointer<UInt32> {
        (memory.base + memory.byteCount).assumingMemoryBound(to: UInt32.self)
    }

    /// The file offsets of the first entries.
    func offsets(count: Int) -> [UInt32] {
        // The initializer writes its count even into the empty array that all threads share.
        if count == 0 { return [] }
        return [UInt32](unsafeUninitializedCapacity: count) { buffer, initialized in
            for place in 0..<count {
                buffer.initializeElement(at: place, to: offsetsEnd[-1 - place])
            }
            initialized = count
        }
    }

    /// The record of the entry at a place among the published ones.
    @inline(__always)
    func record(_ place: Int) -> UnsafeRawPointer {
        UnsafeRawPointer(records)
            + (Int(truncatingIfNeeded: offsetsEnd[-1 - place]) &- fileOffset)
    }

    /// No block has more entries.
    var entryCountLimit: Int {
        memory.byteCount / (SegmentFormat.recordHeaderByteCount + MemoryLayout<UInt32>.stride) + 1
    }

    /// The bytes that records and offsets can take together.
    var roomByteCount: Int {
        memory.byteCount - Self.prefixByteCount - SegmentFormat.endMarkByteCount
    }

    /// The bytes that records can take before the block should end at a boundary of the file.
    var recordRoomByteCount: Int {
        guard memory.byteCount == Self.standardByteCount else { return .max }
        let alignment = Self.alignmentByteCount
        let rest = alignment - fileOffset % alignment
        return rest > 16 << 10 ? rest : rest + alignment
    }
}

/// Closed records: a block in memory, or only the offsets of its entries.
struct BlockSpan: Sendable {
    /// Where the entries of a block stand that is no longer in memory, or never was, and their terms.
    final class Cold: Sendable {
        let segment: Segment
        let offsets: [UInt32]
        let terms: [SegmentIndex.TermRun]

        init(segment: Segment, offsets: [UInt32], terms: [SegmentIndex.TermRun]) {
            self.segment = segment
            self.offsets = offsets
            self.terms = terms
        }
    }

    enum Place: Sendable {
        case memory(Block)
        case file(Cold)
    }

    var place: Place
    var first: LogIndex
    /// The number of entries that still count.
    var count: Int

    var end: LogIndex { first + LogIndex(count) }

    var segment: Segment {
        switch place {
        case .memory(let block): block.segment
        case .file(let cold): cold.segment
        }
    }

    /// The block, if it is in memory.
    var block: Block? {
        if case .memory(let block) = place { return block }
        return nil
    }

    /// The file offsets of the entries.
    var offsets: [UInt32] {
        switch place {
        case .memory(let block): block.offsets(count: count)
        case .file(let cold): Array(cold.offsets.prefix(count))
        }
    }
}

/// The live entries of a sealed segment.
struct SegmentSpan: Sendable {
    var segment: Segment
    /// The end of its records that count.
    var recordsEnd: UInt64
    var first: LogIndex
    var count: UInt64
    /// Where the entries stand, if the segment's footer is not to be asked: a salvaged one.
    var index: SegmentIndex?
    /// Set if the entries are lost, which only a salvaged log has any of.
    var loss: Loss?

    var end: LogIndex { first + count }

    /// What is known of lost entries.
    final class Loss: Sendable {
        /// Where the damage begins; `nil` if the file is missing.
        let byteOffset: UInt64?
        /// Where each record stood, if that is known.
        let offsets: [UInt32]?
        /// The terms; empty if they are not known.
        let terms: [SegmentIndex.TermRun]

        init(byteOffset: UInt64?, offsets: [UInt32]?, terms: [SegmentIndex.TermRun]) {
            self.byteOffset = byteOffset
            self.offsets = offsets
            self.terms = terms
        }
    }

    /// Where an entry and some that follow it stand.
    ///
    /// - Throws: `corrupt` if they are lost, or the footer is damaged; `io`.
    func places(
        from entry: LogIndex, _ cache: SegmentCache
    ) throws(LogStoreError) -> SegmentIndex {
        if let index { return index }
        guard let loss else { return try segment.places(from: entry, cache) }
        let offset = loss.offsets.map { UInt64($0[Int(entry - first)]) } ?? loss.byteOffset
        throw .corrupt(
            "the entry is lost; repair it from another replica", file: segment.path,
            byteOffset: offset, index: entry)
    }

    /// The term of an entry.
    ///
    /// - Throws: as ``places(from:_:)``.
    func term(at entry: LogIndex, _ cache: SegmentCache) throws(LogStoreError) -> Term {
        if let term = loss?.terms.term(at: entry) { return term }
        let term =
            try index != nil || loss != nil
            ? places(from: entry, cache).term(at: entry) : segment.term(at: entry, cache)
        guard let term else {
            throw .corrupt(
                "the footer does not know an entry that is live", file: segment.path, index: entry)
        }
        return term
    }
}
