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
    /// Where the records of the block stand in memory, and in the file.
    @usableFromInline var records: UnsafeRawPointer
    @usableFromInline var fileOffset = 0
    /// The file offsets of the entries stand below this address, the first one highest.
    @usableFromInline var offsetsEnd: UnsafePointer<UInt32>
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
        records = UnsafeRawPointer(current)
        offsetsEnd = UnsafeRawPointer(current).assumingMemoryBound(to: UInt32.self)
    }

    /// Stays with a block whose first entries may be dead.
    mutating func stay(
        first: LogIndex, count: UInt64, fileOffset: Int, records: UnsafeRawPointer,
        offsetsEnd: UnsafePointer<UInt32>
    ) {
        let dead = first < start ? start - first : 0
        self.first = first + dead
        self.count = count - dead
        self.fileOffset = fileOffset
        self.records = records
        self.offsetsEnd = offsetsEnd - Int(dead)
    }

    /// The record of an entry of this block; `nil` if it is not here, or the log has changed.
    @inlinable
    @inline(__always)
    func record(of index: LogIndex) -> UnsafeRawPointer? {
        let place = index &- first
        guard place < count, current.pointee.load(ordering: .acquiring) == version else {
            return nil
        }
        let offset = offsetsEnd[-1 - Int(truncatingIfNeeded: place)]
        return records + (Int(truncatingIfNeeded: offset) &- fileOffset)
    }

    /// The record of an entry of any closed block in memory, if the view is the current one.
    @inline(__always)
    mutating func recordInBlocks(of index: LogIndex) -> UnsafeRawPointer? {
        guard blocks.contains(index), index >= start else { return nil }
        let number = blocks.number(of: index)
        if number == lastNumber { stay(with: number) }
        lastNumber = number
        return blocks.place(number).pointee.record(of: index)
    }

    /// Another entry of the same block is likely to be read next.
    private mutating func stay(with number: Int) {
        let place = blocks.place(number).pointee
        guard let records = place.records, let offsetsEnd = place.offsetsEnd else { return }
        stay(
            first: place.first, count: blocks.firsts[number + 1] - place.first,
            fileOffset: place.fileOffset, records: records, offsetsEnd: offsetsEnd)
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

/// A valid record of an entry in memory; FORMAT.md has its layout.
@usableFromInline
struct StoredEntry {
    @usableFromInline let record: UnsafeRawPointer

    @inlinable
    @inline(__always)
    init(record: UnsafeRawPointer) { self.record = record }

    @inlinable
    @inline(__always)
    func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: T.Type) -> T {
        T(littleEndian: record.loadUnaligned(fromByteOffset: offset, as: type))
    }

    @inlinable
    @inline(__always)
    var term: Term { load(24, as: UInt64.self) }

    @inlinable
    @inline(__always)
    var payload: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: record + 32, count: Int(load(4, as: UInt32.self)))
    }

    @inlinable
    @inline(__always)
    var header: EntryHeader {
        EntryHeader(
            position: LogPosition(term: term, index: load(16, as: UInt64.self)),
            kind: EntryKind(rawValue: load(10, as: UInt8.self)),
            payloadByteCount: Int(load(4, as: UInt32.self)))
    }
}
