public import Synchronization
public import WALProtocol

/// Where a cursor finds entries in memory, as plain addresses and numbers.
///
/// Finding an entry takes a look at the number of the present view, a hint, the block and the
/// entry's offset: no object is retained, no lock is taken. None of that changes while entries are
/// appended, so that it stays in the processor's cache whatever the writer does. All of it is worth
/// nothing as soon as the log has another view; then the cursor looks again.
@usableFromInline
struct EntryFinder {
    /// The number of the log's present view, which the writer raises.
    @usableFromInline let current: UnsafeMutablePointer<Atomic<UInt64>>
    /// The number of the view that all this is taken from.
    @usableFromInline var version: UInt64
    /// The first entry, and how many there are; of the tail block those that have been asked for:
    /// only a read of one behind them looks at the writer's count, which changes all the time.
    @usableFromInline var first: LogIndex
    @usableFromInline var count: UInt64
    /// What finds the block of an entry; see ``BlockTable``.
    @usableFromInline var hints: UnsafePointer<UnsafePointer<BlockAddresses>>
    @usableFromInline var shift: UInt64
    /// The entries that closures have begun to look at, and those that they are done with: as cheap
    /// as to count only those under way, and tells how many there were.
    @usableFromInline var readsBegun: UInt64 = 0
    @usableFromInline var readsEnded: UInt64 = 0

    /// Whether a closure is looking at memory of this cursor at this moment.
    var isBeingRead: Bool { readsBegun != readsEnded }

    /// Counts reads that nobody has to wait for.
    @inlinable
    @inline(__always)
    mutating func count(reads: UInt64) {
        readsBegun &+= reads
        readsEnded &+= reads
    }

    /// Takes over what a table says, whose memory has to stay.
    init(
        _ table: BlockTable, count: UInt64, version: UInt64,
        current: UnsafeMutablePointer<Atomic<UInt64>>
    ) {
        self.current = current
        self.version = version
        first = table.lookup.first
        self.count = count
        hints = table.lookup.hints
        shift = table.lookup.shift
    }

    /// The record of an entry; `nil` if it is not here, or the log has changed.
    ///
    /// - Complexity: O(1) for blocks of about as many entries; O(blocks) at worst.
    @inlinable
    @inline(__always)
    func record(of index: LogIndex) -> UnsafeRawPointer? {
        let place = index &- first
        guard place < count, current.pointee.load(ordering: .acquiring) == version else {
            return nil
        }
        return block(of: place).pointee.record(place)
    }

    /// The block that holds the entry at a place; there has to be one.
    @inlinable
    @inline(__always)
    func block(of place: UInt64) -> UnsafePointer<BlockAddresses> {
        var block = hints[Int(truncatingIfNeeded: place &>> shift)]
        while place >= block.pointee.end { block += 1 }
        return block
    }

    /// Where the entries of a range stand if all of them are in one block; none if they are not, or
    /// the log has changed.
    @inlinable
    @inline(__always)
    func run(of range: Range<LogIndex>) -> EntryRun {
        let place = range.lowerBound &- first
        let end = range.upperBound &- first
        guard place < end, end <= count, current.pointee.load(ordering: .acquiring) == version
        else { return .empty }
        let block = block(of: place)
        return end <= block.pointee.end ? block.pointee.run(place, to: end) : .empty
    }
}

/// Entries behind each other in memory.
@usableFromInline
struct EntryRun {
    /// Where the file offset of the first one is; those of the others are before it.
    @usableFromInline var offset: UInt
    /// Where the next one would be behind the last.
    @usableFromInline let end: UInt
    /// Where the beginning of the file would be.
    @usableFromInline let file: UInt

    @inlinable
    init(offset: UInt, end: UInt, file: UInt) {
        self.offset = offset
        self.end = end
        self.file = file
    }

    /// Entries of a block, which has them.
    init(_ block: Block, _ range: Range<LogIndex>) {
        self = BlockAddresses(block, from: block.firstIndex, to: range.upperBound)
            .run(range.lowerBound - block.firstIndex, to: range.upperBound - block.firstIndex)
    }

    @inlinable
    @inline(__always)
    static var empty: EntryRun { EntryRun(offset: 0, end: 0, file: 0) }

    @inlinable
    @inline(__always)
    var isEmpty: Bool { offset == end }

    /// The record of the first entry.
    @inlinable
    @inline(__always)
    var record: UnsafeRawPointer { BlockAddresses.record(offset, file) }

    @inlinable
    @inline(__always)
    mutating func removeFirst() { offset &-= 4 }
}
