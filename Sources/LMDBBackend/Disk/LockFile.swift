#if LMDB
    import WALProtocol

    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// LMDB's own lock file, with the table of readers that all processes share.
    ///
    /// LMDB makes it as long as it has to be, maps it and writes to the map: on a full disk the
    /// kernel finds no block for the page and ends the process with `SIGBUS`. So the blocks are
    /// set aside before LMDB opens the file.
    enum LockFile {
        static let name = "lock.mdb"
        static func path(in directory: String) -> String { directory + "/" + name }

        /// LMDB's: a mutex and a slot of one cache line each for everybody, and one per reader.
        private static let slotByteCount = 64
        private static let headerByteCount = 2 * slotByteCount

        /// Sets the blocks of the file aside, and its size if it is new.
        ///
        /// Only while this process does not have it open: closing it here drops the record locks
        /// that LMDB holds on it (`fcntl(2)`).
        ///
        /// - Parameter creating: Whether a file that is not there is made.
        /// - Throws: `ENOSPC` and its like. What else may be wrong, LMDB finds out.
        static func reserve(
            in directory: String, maximumReaders: Int, creating: Bool
        ) throws(SystemCallError) {
            let path = self.path(in: directory)
            let mode = O_RDWR | O_CLOEXEC | (creating ? O_CREAT : 0)
            let descriptor = open(path, mode, 0o644)
            if descriptor < 0 { return try check("open", errno, path) }
            defer { close(descriptor) }
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                return
            }
            let newByteCount = headerByteCount + maximumReaders * slotByteCount
            let byteCount = status.st_size > 0 ? Int(status.st_size) : newByteCount
            #if os(Linux)
                var result = posix_fallocate(descriptor, 0, off_t(byteCount))
                while result == EINTR {
                    result = posix_fallocate(descriptor, 0, off_t(byteCount))
                }
                try check("posix_fallocate", result, path)
            #else
                if status.st_size > 0 { return }
                let zeros = [UInt8](repeating: 0, count: byteCount)
                if pwrite(descriptor, zeros, byteCount, 0) < 0 { try check("pwrite", errno, path) }
            #endif
        }

        private static func check(
            _ call: String, _ error: Int32, _ path: String
        ) throws(SystemCallError) {
            guard [ENOSPC, EDQUOT, EFBIG].contains(error) else { return }
            throw SystemCallError(call: call, errno: error, path: path)
        }
    }
#endif
