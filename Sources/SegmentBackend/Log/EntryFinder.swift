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
    /// The closures that are looking at memory of this cursor at this moment.
    @usableFromInline var readsUnderWay = 0

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
}
