public import CRaftWAL
import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The caller's `raft_wal_buffer`, from empty to full.
struct OutputBuffer {
    private let target: UnsafeMutablePointer<raft_wal_buffer>

    /// Empties the buffer; its memory is used again.
    init(_ target: UnsafeMutablePointer<raft_wal_buffer>) {
        self.target = target
        target.pointee.byte_count = 0
    }

    /// Empties the buffer: what stands in it after a failure means nothing.
    func removeAll() { target.pointee.byte_count = 0 }

    func append(_ header: EntryHeader, _ payload: RawSpan) throws(LogStoreError) {
        guard let byteCount = UInt32(exactly: payload.byteCount) else {
            throw LogStoreError(
                .entryTooLarge, "the payload is longer than a C caller can be told",
                context: .init(index: header.position.index, limit: UInt64(UInt32.max)))
        }
        let memory = try grow(by: FlatEntries.headerByteCount + payload.byteCount)
        memory.storeBytes(of: header.position.index.littleEndian, as: UInt64.self)
        memory.storeBytes(
            of: header.position.term.littleEndian, toByteOffset: 8, as: UInt64.self)
        memory.storeBytes(
            of: UInt16(header.kind.rawValue).littleEndian, toByteOffset: 16, as: UInt16.self)
        memory.storeBytes(of: byteCount.littleEndian, toByteOffset: 18, as: UInt32.self)
        payload.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            (memory + FlatEntries.headerByteCount).copyMemory(
                from: start, byteCount: bytes.count)
        }
    }

    func append(_ bytes: some Collection<UInt8>) throws(LogStoreError) {
        let count = bytes.count
        guard count > 0 else { return }
        let memory = try grow(by: count)
        UnsafeMutableRawBufferPointer(start: memory, count: count).copyBytes(from: bytes)
    }

    /// Makes room behind what is there, and counts it as there.
    private func grow(by byteCount: Int) throws(LogStoreError) -> UnsafeMutableRawPointer {
        let used = target.pointee.byte_count
        let (needed, overflow) = used.addingReportingOverflow(byteCount)
        if overflow || needed > target.pointee.capacity || target.pointee.bytes == nil {
            // By half more, so that many small entries cost few moves.
            let capacity = overflow ? Int.max : max(64, needed + min(needed / 2, 1 << 26))
            guard !overflow, let memory = realloc(target.pointee.bytes, capacity) else {
                throw LogStoreError(
                    .io, "there is no memory for what was read; read less at a time",
                    cause: SystemCallError(call: "realloc", errno: ENOMEM, path: ""))
            }
            target.pointee.bytes = memory.assumingMemoryBound(to: UInt8.self)
            target.pointee.capacity = capacity
        }
        target.pointee.byte_count = needed
        return UnsafeMutableRawPointer(target.pointee.bytes + used)
    }
}

/// Frees a buffer's memory.
@c @implementation
public func raft_wal_buffer_free(_ buffer: UnsafeMutablePointer<raft_wal_buffer>?) {
    guard let buffer else { return }
    free(buffer.pointee.bytes)
    buffer.pointee = raft_wal_buffer()
}
