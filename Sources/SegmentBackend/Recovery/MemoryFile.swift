internal import WALProtocol

/// A file's bytes in memory, to be read as a file is.
final class MemoryFile: File {
    let path: String
    private let bytes: [UInt8]

    init(path: String, _ bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Int {
        guard offset < UInt64(bytes.count) else { return 0 }
        let start = Int(offset)
        let count = min(buffer.count, bytes.count - start)
        bytes.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + count]))
        }
        return count
    }

    func size() throws(SystemCallError) -> UInt64 { UInt64(bytes.count) }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemCallError) -> Int {
        throw refusal("pwrite")
    }

    func setSize(_ byteCount: UInt64) throws(SystemCallError) { throw refusal("ftruncate") }
    func reserve(_ byteCount: UInt64) throws(SystemCallError) { throw refusal("fallocate") }
    func sync() throws(SystemCallError) {}

    /// EBADF: it is open for reading only.
    private func refusal(_ call: String) -> SystemCallError {
        SystemCallError(call: call, errno: 9, path: path)
    }
}
