internal import Synchronization
internal import WALProtocol

/// The blocks of a log in the order of their entries, and how the right one is found.
///
/// A read of any entry in memory comes through here, so that all it takes is in flat arrays, and it
/// takes few instructions: the fewer there are, the more reads the processor has under way while
/// their memory is on its way.
final class BlockTable: Sendable {
    /// The closed blocks, ascending and without a gap; they keep the memory alive.
    let spans: [BlockSpan]
    /// The block that the writer appends to.
    let tail: Block?
    /// The first entry that counts, if there is a bound.
    let start: LogIndex?
    /// Where to look for an entry in memory.
    let lookup: Lookup

    static let empty = BlockTable([], tail: nil, start: nil)

    init(_ spans: [BlockSpan], tail: Block?, start: LogIndex?) {
        self.spans = spans
        self.tail = tail
        self.start = start
        lookup = Lookup(spans, tail: tail, start: start ?? 0)
    }

    deinit { lookup.deallocate() }

    /// The closed block that holds an entry, in memory or not.
    func span(of index: LogIndex) -> BlockSpan? {
        let place = spans.partitionPoint { $0.end > index }
        guard place < spans.count, spans[place].first <= index else { return nil }
        return spans[place]
    }

    /// How many entries there are in memory from the first one of ``lookup`` on.
    ///
    /// Looks at how many the tail block has by now.
    func count() -> UInt64 {
        guard let tail, lookup.hasTail else { return lookup.closedCount }
        let published = UInt64(tail.published.pointee.load(ordering: .acquiring))
        let end = tail.firstIndex + published
        return end > lookup.first ? end - lookup.first : 0
    }
}

extension BlockTable {
    /// Addresses that are good as long as the table is: of the blocks behind the last one that is
    /// not in memory, as the oldest leave it first.
    struct Lookup: @unchecked Sendable {
        /// The first entry that counts; the place of an entry is how far it is behind this one.
        let first: LogIndex
        /// The number of entries in closed blocks.
        let closedCount: UInt64
        /// Whether the tail block is among the blocks.
        let hasTail: Bool
        /// For each stretch of 2^shift places the block that its first one is in.
        let hints: UnsafePointer<UnsafePointer<BlockAddresses>>
        let shift: UInt64

        fileprivate init(_ spans: [BlockSpan], tail: Block?, start: LogIndex) {
            let outside = spans.lastIndex { $0.block == nil || $0.end <= start }
            let inMemory = spans[(outside.map { $0 + 1 } ?? 0)...]
            var first = max(start, inMemory.first?.first ?? 0)
            let closedEnd = inMemory.last?.end ?? first
            closedCount = closedEnd - first
            var limit = closedEnd
            // A tail block that does not go on where the others end is looked for elsewhere.
            let tail = inMemory.isEmpty || tail?.firstIndex == closedEnd ? tail : nil
            hasTail = tail != nil
            if let tail {
                if inMemory.isEmpty { first = max(start, tail.firstIndex) }
                let begin = max(first, tail.firstIndex)
                limit = begin + min(LogIndex(tail.entryCountLimit), .max - begin)
            }
            self.first = first
            // Some stretches for each block, so that few hints are off.
            let blockCount = inMemory.count + 1
            var shift: UInt64 = 0
            while (limit - first) >> shift > UInt64(16 * blockCount + 1) { shift += 1 }
            self.shift = shift
            // All in one piece: tables are made often.
            typealias Hint = UnsafePointer<BlockAddresses>
            let hintCount = Int((limit - first) >> shift) + 1
            let hintsByteCount = hintCount * MemoryLayout<Hint>.stride
            let memory = UnsafeMutableRawPointer.allocate(
                byteCount: hintsByteCount + blockCount * MemoryLayout<BlockAddresses>.stride,
                alignment: 64)
            let hints = memory.bindMemory(to: Hint.self, capacity: hintCount)
            self.hints = UnsafePointer(hints)
            var place = (memory + hintsByteCount).bindMemory(
                to: BlockAddresses.self, capacity: blockCount)
            var stretch = 0
            func put(_ block: Block, to end: LogIndex) {
                place.initialize(to: BlockAddresses(block, from: first, to: end))
                while stretch < hintCount, UInt64(stretch) << shift < end - first {
                    (hints + stretch).initialize(to: UnsafePointer(place))
                    stretch += 1
                }
                place += 1
            }
            for span in inMemory {
                if let block = span.block { put(block, to: span.end) }
            }
            if let tail { put(tail, to: limit) }
        }

        fileprivate func deallocate() { hints.deallocate() }
    }
}

/// Where the entries of a block stand, as numbers that a place is only added to.
@usableFromInline
struct BlockAddresses {
    /// The place behind the last entry.
    @usableFromInline var end: UInt64
    /// Where the offset of the entry at place 0 ends, if the entries from there on were in the same
    /// block; the others are before it.
    @usableFromInline var offsets: UInt
    /// Where the beginning of the file would be.
    @usableFromInline var file: UInt

    /// - Parameter first: The entry at place 0.
    init(_ block: Block, from first: LogIndex, to end: LogIndex) {
        self.end = end - first
        let skipped = UInt(truncatingIfNeeded: block.firstIndex &- first)
        offsets = UInt(bitPattern: block.offsetsEnd) &+ 4 &* skipped
        file = UInt(bitPattern: block.records) &- UInt(block.fileOffset)
    }

    /// The record of the entry at a place; there has to be one.
    @inlinable
    @inline(__always)
    func record(_ place: UInt64) -> UnsafeRawPointer { Self.record(offset(place), file) }

    /// The entries at some places; there have to be such.
    @inlinable
    @inline(__always)
    func run(_ place: UInt64, to end: UInt64) -> EntryRun {
        EntryRun(offset: offset(place), end: offset(end), file: file)
    }

    /// Where the file offset of an entry is.
    @inlinable
    @inline(__always)
    func offset(_ place: UInt64) -> UInt { offsets &+ 4 &* ~UInt(truncatingIfNeeded: place) }

    /// The record whose offset in the file is at an address; both are in the memory of a block.
    @inlinable
    @inline(__always)
    static func record(_ offset: UInt, _ file: UInt) -> UnsafeRawPointer {
        let offset = UnsafePointer<UInt32>(bitPattern: offset).unsafelyUnwrapped.pointee
        return UnsafeRawPointer(bitPattern: file &+ UInt(offset)).unsafelyUnwrapped
    }
}
