public import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The real disk: every operation is the system call of its name, made once.
///
/// Errors carry the call and its error number, and nothing is interpreted here. Only `open` and
/// `flock` are repeated after a signal (`EINTR`); a failed sync never is, because the kernel may
/// have dropped the pages it could not write.
///
/// Durability: `fdatasync` and `fsync` on Linux; `F_FULLFSYNC` on Darwin, for directories too,
/// because `fsync` there leaves the drive's cache unflushed.
public struct POSIXFileSystem: FileSystem {
    /// The file system of this process; it has no state.
    public init() {}

    /// Opens a regular file.
    ///
    /// - Throws: the error of `open(2)` or `fstat(2)`; `EISDIR` if a directory stands there, and
    ///   `EINVAL` if anything else does that is not a regular file. A FIFO is refused, not waited
    ///   for.
    public func open(
        _ path: String, _ mode: FileOpenMode
    ) throws(SystemCallError) -> any File {
        let flags =
            switch mode {
            case .read: O_RDONLY
            case .readWrite: O_RDWR
            case .create: O_RDWR | O_CREAT | O_EXCL
            }
        return POSIXFile(descriptor: try openRegularFile(path, flags), path: path)
    }

    /// The names in a directory, all of them or an error.
    ///
    /// A name that is not UTF-8 comes back repaired (with U+FFFD), so that it is listed but never
    /// equals a name that a store gave.
    ///
    /// - Throws: the error of `opendir(3)` or `readdir(3)`.
    public func list(_ directory: String) throws(SystemCallError) -> [String] {
        guard let stream = opendir(directory) else {
            throw SystemCallError(lastError: "opendir", directory)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            // `readdir` returns the same null at the end and on an error; `errno` alone tells.
            errno = 0
            guard let entry = readdir(stream) else {
                let error = errno
                if error == 0 { return names }
                throw SystemCallError(call: "readdir", errno: error, path: directory)
            }
            let name = name(of: entry)
            if name != ".", name != ".." { names.append(name) }
        }
    }

    /// What stands at a path, symbolic links followed.
    ///
    /// - Returns: `nil` if nothing does, which includes a path through something that is no
    ///   directory and a link that leads nowhere.
    /// - Throws: every other error of `stat(2)`.
    public func kind(of path: String) throws(SystemCallError) -> FileKind? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let error = errno
            if error == ENOENT || error == ENOTDIR { return nil }
            throw SystemCallError(call: "stat", errno: error, path: path)
        }
        return FileKind(status)
    }

    /// Creates one directory, with mode 0755 under the process's mask.
    ///
    /// - Throws: the error of `mkdir(2)`, `EEXIST` included.
    public func createDirectory(_ path: String) throws(SystemCallError) {
        guard mkdir(path, 0o755) == 0 else { throw SystemCallError(lastError: "mkdir", path) }
    }

    /// Makes the names in a directory durable.
    ///
    /// File systems that keep no separate state for a directory answer `EINVAL`; there is nothing
    /// to sync then. Every other error is thrown.
    public func syncDirectory(_ path: String) throws(SystemCallError) {
        let descriptor = try openDescriptor(path, O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        #if canImport(Darwin)
            guard fcntl(descriptor, F_FULLFSYNC) == -1 else { return }
        #else
            guard fsync(descriptor) != 0 else { return }
        #endif
        let error = errno
        if error != EINVAL {
            throw SystemCallError(call: "fsync", errno: error, path: path)
        }
    }

    /// Renames a file, replacing what has the new name.
    ///
    /// - Throws: the error of `rename(2)`, with the old path.
    public func rename(_ path: String, to newPath: String) throws(SystemCallError) {
        try renameFile(path, newPath)
    }

    /// Removes a file.
    ///
    /// - Throws: the error of `unlink(2)`.
    public func remove(_ path: String) throws(SystemCallError) {
        guard unlink(path) == 0 else { throw SystemCallError(lastError: "unlink", path) }
    }

    /// Gives a file a second name.
    ///
    /// - Returns: `false` on a file system without hard links, for a file that has as many as it
    ///   can, and where the kernel does not allow it (`fs.protected_hardlinks`).
    /// - Throws: every other error of `link(2)`.
    public func link(_ path: String, to newPath: String) throws(SystemCallError) -> Bool {
        guard !linkFile(path, newPath) else { return true }
        let error = lastErrorNumber()
        if [EPERM, EMLINK, EOPNOTSUPP, ENOTSUP, ENOSYS, EXDEV].contains(error) { return false }
        throw SystemCallError(call: "link", errno: error, path: newPath)
    }

    /// Takes `flock(2)` on a file, which is created if need be.
    ///
    /// The lock belongs to the open file and not to the process, so a second taker in the same
    /// process is refused as well.
    ///
    /// - Returns: `nil` if somebody else has it.
    /// - Throws: the error of `open(2)`, `fstat(2)` or `flock(2)`.
    public func lock(_ path: String) throws(SystemCallError) -> (any FileLock)? {
        let descriptor = try openRegularFile(path, O_RDWR | O_CREAT)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let error = errno
            if error == EINTR { continue }
            close(descriptor)
            if error == EWOULDBLOCK { return nil }
            throw SystemCallError(call: "flock", errno: error, path: path)
        }
        return POSIXFileLock(descriptor: descriptor)
    }
}

extension FileKind {
    fileprivate init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR: self = .directory
        default: self = .other
        }
    }
}

extension SystemCallError {
    /// The call that has just failed: takes `errno` before anything else can change it.
    init(lastError call: String, _ path: String) {
        self.init(call: call, errno: lastErrorNumber(), path: path)
    }
}

// Outside the types, because their members hide the system calls of the same names.

private func lastErrorNumber() -> Int32 { errno }

private func renameFile(_ path: String, _ newPath: String) throws(SystemCallError) {
    guard rename(path, newPath) == 0 else { throw SystemCallError(lastError: "rename", path) }
}

private func linkFile(_ path: String, _ newPath: String) -> Bool { link(path, newPath) == 0 }

/// Opens with `O_CLOEXEC`, so that no child process keeps a file or a lock alive.
private func openDescriptor(_ path: String, _ flags: Int32) throws(SystemCallError) -> Int32 {
    while true {
        let descriptor = open(path, flags | O_CLOEXEC, 0o644)
        if descriptor >= 0 { return descriptor }
        let error = errno
        if error == EINTR { continue }
        throw SystemCallError(call: "open", errno: error, path: path)
    }
}

/// Opens a regular file, refusing everything else.
///
/// `O_NONBLOCK` keeps `open` from waiting for the other end of a FIFO; it means nothing to a
/// regular file.
private func openRegularFile(_ path: String, _ flags: Int32) throws(SystemCallError) -> Int32 {
    let descriptor = try openDescriptor(path, flags | O_NONBLOCK)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
        let error = errno
        close(descriptor)
        throw SystemCallError(call: "fstat", errno: error, path: path)
    }
    let kind = FileKind(status)
    guard kind == .file else {
        close(descriptor)
        let error = kind == .directory ? EISDIR : EINVAL
        throw SystemCallError(call: "open", errno: error, path: path)
    }
    return descriptor
}

/// The name in a directory entry.
///
/// Read through a pointer: an entry may be shorter than the declared structure, so copying the
/// whole of it could read past the end of the buffer behind it.
private func name(of entry: UnsafeMutablePointer<dirent>) -> String {
    guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else {
        preconditionFailure("d_name is a stored field")
    }
    let characters = UnsafeRawPointer(entry).advanced(by: offset)
    return String(cString: characters.assumingMemoryBound(to: CChar.self))
}
