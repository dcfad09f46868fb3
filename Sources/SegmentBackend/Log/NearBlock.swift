public import Synchronization
public import WALProtocol

/// The entries that a cursor found last in memory, as plain addresses and numbers.
///
/// Reading one of them again, or one near it, takes a look at two numbers, one load of the entry's
/// offset and nothing else: no object is retained, no lock is taken. It is worth nothing as soon as
/// the log has another view; then the cursor looks again.
@usableFromInline
struct NearBlock {
    /// The number of the log's present view, which the writer raises.
    @usableFromInline let current: UnsafeMutablePointer<Atomic<UInt64>>
    /// The number of the view that all this is taken from.
    @usableFromInline var version: UInt64 = 0
    /// The first entry, and how many there are.
    @usableFromInline var first: LogIndex = 0
    @usableFromInline var count: UInt64 = 0
    /// Where its first entry and the ones behind it stand.
    @usableFromInline var addresses: BlockAddresses
    /// Where all other blocks are, the first entry that counts, and the block that was read last.
    var blocks = BlockTable.empty.lookup
    var start: LogIndex = 0
    var lastNumber = -1
    /// The closures that are looking at memory of this cursor at this moment.
    @usableFromInline var readsUnderWay = 0
    /// Something is kept for them that the cursor does not need any more.
    @usableFromInline var isHolding = false

    init(_ shared: SharedLog) {
        current = shared.version
        // Of no block yet: there is no entry that would be looked for.
        let nowhere = UnsafeRawPointer(current)
        addresses = BlockAddresses(
            records: nowhere, fileOffset: 0,
            offsetsEnd: nowhere.assumingMemoryBound(to: UInt32.self))
    }

    /// Stays with a block, whose first entries may be dead.
    ///
    /// Another entry of it is likely to be read next.
    mutating func stay(first: LogIndex, count: UInt64, _ addresses: BlockAddresses) {
        let dead = first < start ? start - first : 0
        self.first = first + dead
        self.count = count - dead
        self.addresses = addresses
        self.addresses.offsetsEnd -= Int(dead)
    }

    /// The record of an entry of this block; `nil` if it is not here, or the log has changed.
    @inlinable
    @inline(__always)
    func record(of index: LogIndex) -> UnsafeRawPointer? {
        let place = index &- first
        guard place < count, current.pointee.load(ordering: .acquiring) == version else {
            return nil
        }
        return addresses.record(Int(truncatingIfNeeded: place))
    }

    /// The record of an entry of any closed block in memory; the view has to be the current one.
    @inline(__always)
    mutating func recordInBlocks(of index: LogIndex) -> UnsafeRawPointer? {
        guard blocks.contains(index), index >= start else { return nil }
        let number = blocks.number(of: index)
        let place = blocks.places + number
        guard let addresses = place.pointee.addresses else { return nil }
        if number == lastNumber {
            let first = place.pointee.first
            stay(first: first, count: blocks.firsts[number + 1] - first, addresses)
        }
        lastNumber = number
        return addresses.record(Int(truncatingIfNeeded: index &- place.pointee.first))
    }

    /// Takes over what a view says.
    mutating func note(_ view: LogView, version: UInt64) {
        self.version = version
        start = view.start ?? 0
        blocks = view.isClosed ? BlockTable.empty.lookup : view.blocks.lookup
        lastNumber = -1
        count = 0
    }
}
