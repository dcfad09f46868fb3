import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file that is there whole or not at all.
///
/// It is written under a temporary name beside the final one, synced, and renamed by ``commit()``.
/// What is not a regular file, such as a pipe, is written directly.
struct ExportFile: ~Copyable {
    private static let capacity = 1 << 20

    private let path: String
    /// The name under which the file is written; `nil` once it has its own.
    private var temporaryPath: String?
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    /// Creates the file under its temporary name.
    ///
    /// - Throws: `Failure` with status `failed`.
    init(path: String) throws(Failure) {
        var status = stat()
        let exists = stat(path, &status) == 0
        if exists, status.st_mode & S_IFMT != S_IFREG {
            self.path = path
            temporaryPath = nil
            descriptor = open(path, O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw Self.failure("open", path) }
            return
        }
        // A symbolic link stays one: what it points to is replaced.
        let target = exists ? Self.resolved(path) : path
        let temporaryPath = "\(target).\(getpid()).partial"
        self.path = target
        self.temporaryPath = temporaryPath
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.failure("open", temporaryPath) }
        if exists { _ = fchmod(descriptor, status.st_mode & 0o7777) }
    }

    deinit {
        close(descriptor)
        if let temporaryPath { unlink(temporaryPath) }
    }

    /// Adds bytes; they may stay in memory.
    mutating func write(_ bytes: RawSpan) throws(Failure) {
        bytes.withUnsafeBytes { buffer.append(contentsOf: $0) }
        if buffer.count >= Self.capacity { try flush() }
    }

    /// Makes everything durable and gives the file its name.
    mutating func commit() throws(Failure) {
        try flush()
        guard let temporaryPath else { return }
        guard fsync(descriptor) == 0 else { throw Self.failure("fsync", temporaryPath) }
        guard rename(temporaryPath, path) == 0 else { throw Self.failure("rename", path) }
        self.temporaryPath = nil
        let directory = Self.directory(of: path)
        let handle = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard handle >= 0 else { throw Self.failure("open", directory) }
        defer { close(handle) }
        guard fsync(handle) == 0 else { throw Self.failure("fsync", directory) }
    }

    private mutating func flush() throws(Failure) {
        defer { buffer.removeAll(keepingCapacity: true) }
        do throws(SystemCallError) {
            try Descriptors.write(
                buffer.span.bytes, to: descriptor, path: temporaryPath ?? path)
        } catch {
            throw Failure(error)
        }
    }

    private static func failure(_ call: String, _ path: String) -> Failure {
        Failure(SystemCallError(call: call, errno: errno, path: path))
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
