import CRaftWAL
import WALProtocol

/// The form in which entries cross the border: records behind each other in one buffer.
///
/// `index u64, term u64, kind u16, byte count u32, payload`, little-endian, without padding.
enum FlatEntries {
    static let headerByteCount = 22

    /// Calls `body` with each entry, and checks the whole of it.
    ///
    /// - Throws: `invalidArgument` if the bytes are no entries; what `body` throws.
    static func visit(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (LogPosition, EntryKind, UnsafeRawBufferPointer) throws(LogStoreError) -> Void
    ) throws(LogStoreError) {
        var offset = 0
        while offset < bytes.count {
            let rest = bytes.count - offset
            guard rest >= headerByteCount else {
                throw tooShort(at: offset, needs: headerByteCount)
            }
            let index = bytes.loadLittleEndian(at: offset, as: UInt64.self)
            let term = bytes.loadLittleEndian(at: offset + 8, as: UInt64.self)
            let code = bytes.loadLittleEndian(at: offset + 16, as: UInt16.self)
            let count = Int(bytes.loadLittleEndian(at: offset + 18, as: UInt32.self))
            guard let kind = UInt8(exactly: code) else {
                throw LogStoreError(
                    .invalidArgument, "the kind of an entry is more than 255",
                    context: .init(
                        byteOffset: UInt64(offset), index: index, found: UInt64(code), limit: 255))
            }
            guard count <= rest - headerByteCount else {
                throw tooShort(at: offset, needs: headerByteCount + count)
            }
            let start = offset + headerByteCount
            try body(
                LogPosition(term: term, index: index), EntryKind(rawValue: kind),
                UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
            offset = start + count
        }
    }

    /// The only entry of a buffer; `nil` if it holds another number, or something else.
    static func single(
        _ bytes: UnsafeRawBufferPointer
    ) -> (position: LogPosition, kind: EntryKind, payload: UnsafeRawBufferPointer)? {
        guard bytes.count >= headerByteCount,
            bytes.count - headerByteCount == Int(bytes.loadLittleEndian(at: 18, as: UInt32.self)),
            let kind = UInt8(exactly: bytes.loadLittleEndian(at: 16, as: UInt16.self))
        else { return nil }
        let position = LogPosition(
            term: bytes.loadLittleEndian(at: 8, as: UInt64.self),
            index: bytes.loadLittleEndian(at: 0, as: UInt64.self))
        return (
            position, EntryKind(rawValue: kind),
            UnsafeRawBufferPointer(rebasing: bytes[headerByteCount...])
        )
    }

    private static func tooShort(at offset: Int, needs: Int) -> LogStoreError {
        LogStoreError(
            .invalidArgument, "the entries end in the middle of one",
            context: .init(byteOffset: UInt64(offset), expected: UInt64(needs)))
    }
}

extension UnsafeRawBufferPointer {
    /// The caller has checked that there are enough bytes.
    @inline(__always)
    fileprivate func loadLittleEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int, as type: Value.Type
    ) -> Value {
        Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}
