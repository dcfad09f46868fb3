import CRaftWAL
import WALProtocol

/// What comes from C is checked before it is used: it is a caller's, and never traps.
enum Arguments {
    static func handle(_ wal: OpaquePointer?) throws(LogStoreError) -> Handle {
        guard let wal else { throw .invalidArgument("the handle is NULL") }
        return Unmanaged<Handle>.fromOpaque(UnsafeRawPointer(wal)).takeUnretainedValue()
    }

    static func pointer<Pointer>(
        _ pointer: Pointer?, _ name: StaticString
    ) throws(LogStoreError) -> Pointer {
        guard let pointer else { throw .invalidArgument("\(name) is NULL") }
        return pointer
    }

    static func bytes(
        _ start: UnsafeRawPointer?, _ byteCount: Int, _ name: StaticString
    ) throws(LogStoreError) -> UnsafeRawBufferPointer {
        // A size_t comes as an Int: a negative one is beyond what there is of memory.
        guard byteCount >= 0 else {
            throw .invalidArgument("the byte count of \(name) is larger than memory")
        }
        guard byteCount == 0 || start != nil else {
            throw .invalidArgument("\(name) is NULL, and its byte count is \(byteCount)")
        }
        return UnsafeRawBufferPointer(start: start, count: byteCount)
    }

    static func path(_ path: UnsafePointer<CChar>?) throws(LogStoreError) -> String {
        let path = try pointer(path, "the path")
        guard let text = String(validatingCString: path), !text.isEmpty else {
            throw .invalidArgument("the path is empty or not UTF-8")
        }
        return text
    }

    static func key(
        _ start: UnsafePointer<CChar>?, _ byteCount: Int
    ) throws(LogStoreError) -> MetadataKey {
        let bytes = try bytes(start, byteCount, "the key")
        guard let name = String(validating: bytes, as: UTF8.self) else {
            throw .invalidArgument("the key is not UTF-8")
        }
        return MetadataKey(name)
    }

    /// The flags, of which there are no others.
    static func flags(
        _ flags: UInt32, among known: [Int], of name: StaticString
    ) throws(LogStoreError) -> UInt32 {
        let rest = known.reduce(flags) { $0 & ~UInt32($1) }
        guard rest == 0 else {
            throw .invalidArgument("\(name) have flags that this version does not know: \(rest)")
        }
        return flags
    }

    static func structSize<Structure>(
        _ size: UInt32, of type: Structure.Type, _ name: StaticString
    ) throws(LogStoreError) {
        let expected = MemoryLayout<Structure>.size
        guard size == expected else {
            throw LogStoreError(
                .invalidArgument, "\(name) say a struct_size that this version does not know",
                context: .init(expected: UInt64(expected), found: UInt64(size)))
        }
    }
}

extension UInt32 {
    func contains(_ flag: Int) -> Bool { self & UInt32(flag) != 0 }
}
