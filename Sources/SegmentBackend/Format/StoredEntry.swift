public import WALProtocol

/// A valid record of an entry in memory, as whoever reads it gets it: put where it is used, in any
/// module, so that it cannot use the rest of the format.
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

    /// What the store knows of the entry, whose index the reader knows already.
    @inlinable
    @inline(__always)
    func header(index: LogIndex) -> EntryHeader {
        EntryHeader(
            position: LogPosition(term: term, index: index),
            kind: EntryKind(rawValue: load(10, as: UInt8.self)),
            payloadByteCount: Int(load(4, as: UInt32.self)))
    }
}
