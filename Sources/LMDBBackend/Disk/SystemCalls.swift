#if LMDB
    import WALProtocol

    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// The system calls that a store needs besides liblmdb's own.
    enum Disk {
        /// Blocks the thread for a while.
        static func pause(_ duration: Duration) {
            let parts = duration.components
            var time = timespec()
            time.tv_sec = Int(clamping: parts.seconds)
            time.tv_nsec = Int(clamping: parts.attoseconds / 1_000_000_000)
            nanosleep(&time, nil)
        }

        /// What stands at a path, symbolic links followed; `nil` if nothing does.
        static func status(of path: String) throws(SystemCallError) -> stat? {
            var status = stat()
            guard stat(path, &status) == 0 else {
                let error = errno
                if error == ENOENT || error == ENOTDIR { return nil }
                throw SystemCallError(call: "stat", errno: error, path: path)
            }
            return status
        }

        /// The size of a file; 0 if it is not there.
        static func byteCount(of path: String) throws(SystemCallError) -> UInt64 {
            UInt64(clamping: try status(of: path)?.st_size ?? 0)
        }

        static func isDirectory(_ path: String) throws(SystemCallError) -> Bool {
            guard let status = try status(of: path) else { return false }
            return status.st_mode & S_IFMT == S_IFDIR
        }

        static func isFile(_ path: String) throws(SystemCallError) -> Bool {
            guard let status = try status(of: path) else { return false }
            return status.st_mode & S_IFMT == S_IFREG
        }

        /// Creates a directory and what it lies in; one that is there already is no error.
        ///
        /// The names are not durable yet: see ``syncNames(upFrom:)``.
        static func createDirectories(_ path: String) throws(SystemCallError) {
            if try isDirectory(path) { return }
            let parent = self.parent(of: path)
            if parent != path { try createDirectories(parent) }
            guard mkdir(path, 0o755) == 0 else {
                let error = errno
                if error == EEXIST {
                    if try isDirectory(path) { return }
                    throw SystemCallError(call: "mkdir", errno: ENOTDIR, path: path)
                }
                throw SystemCallError(call: "mkdir", errno: error, path: path)
            }
        }

        /// Makes the names in a directory durable.
        static func syncDirectory(_ path: String) throws(SystemCallError) {
            let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw SystemCallError(call: "open", errno: errno, path: path)
            }
            defer { close(descriptor) }
            #if canImport(Darwin)
                guard fcntl(descriptor, F_FULLFSYNC) == -1 else { return }
            #else
                guard fsync(descriptor) != 0 else { return }
            #endif
            let error = errno
            // File systems that keep no separate state for a directory answer EINVAL.
            if error != EINVAL {
                throw SystemCallError(call: "fsync", errno: error, path: path)
            }
        }

        /// Makes a directory's contents, its own name and the names of everything it lies in
        /// durable.
        ///
        /// An earlier creator may have died after making any of them and before syncing, so all
        /// are synced, whoever made them. Directories that this process may not open were there
        /// before any of us.
        static func syncNames(upFrom path: String) throws(SystemCallError) {
            var child = try absolute(path)
            try syncDirectory(child)
            while true {
                let parent = self.parent(of: child)
                if parent == child { return }
                do {
                    try syncDirectory(parent)
                } catch {
                    if error.errno != EACCES && error.errno != EPERM { throw error }
                }
                child = parent
            }
        }

        static func renameFile(_ path: String, to newPath: String) throws(SystemCallError) {
            guard rename(path, newPath) == 0 else {
                throw SystemCallError(call: "rename", errno: errno, path: path)
            }
        }

        /// Gives a file a second name; where there are no hard links, another name.
        static func keepFile(_ path: String, as newPath: String) throws(SystemCallError) {
            guard link(path, newPath) != 0 else { return }
            let error = errno
            guard [EPERM, EMLINK, EOPNOTSUPP, ENOTSUP, ENOSYS].contains(error) else {
                throw SystemCallError(call: "link", errno: error, path: newPath)
            }
            try renameFile(path, to: newPath)
        }

        /// Removes a file; one that is not there is no error.
        static func removeFile(_ path: String) throws(SystemCallError) {
            guard unlink(path) == 0 || errno == ENOENT else {
                throw SystemCallError(call: "unlink", errno: errno, path: path)
            }
        }

        /// Removes an empty directory; one that is not there is no error.
        static func removeDirectory(_ path: String) throws(SystemCallError) {
            guard rmdir(path) == 0 || errno == ENOENT else {
                throw SystemCallError(call: "rmdir", errno: errno, path: path)
            }
        }

        /// The directory that a path names it in: `.` for a bare name, `/` for itself.
        static func parent(of path: String) -> String {
            var bytes = [UInt8](path.utf8)
            while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
            guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
            while bytes.count > slash, bytes.count > 1 { bytes.removeLast() }
            while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
            return String(decoding: bytes, as: UTF8.self)
        }

        /// The path without symbolic links and `..`, from the root.
        private static func absolute(_ path: String) throws(SystemCallError) -> String {
            guard let resolved = realpath(path, nil) else {
                throw SystemCallError(call: "realpath", errno: errno, path: path)
            }
            defer { free(resolved) }
            return String(cString: resolved)
        }
    }
#endif
