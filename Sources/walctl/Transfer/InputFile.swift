import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file to be read from its beginning to its end.
final class InputFile {
    let path: String
    /// The size of the file; `nil` if it is not a regular one.
    let byteCount: UInt64?
    private let descriptor: Int32

    /// Opens the file.
    ///
    /// - Throws: `Failure` with status `failed`.
    init(path: String) throws(Failure) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard descriptor >= 0 else {
            throw Failure(SystemCallError(call: "open", errno: errno, path: path))
        }
        let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        byteCount = isRegular ? UInt64(clamping: status.st_size) : nil
    }

    deinit { close(descriptor) }

    /// Reads what comes next; 0 bytes are the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemCallError) -> Int {
        try Descriptors.read(descriptor, into: buffer, path: path)
    }
}
