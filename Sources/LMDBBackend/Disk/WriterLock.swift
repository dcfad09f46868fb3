#if LMDB
    import WALProtocol

    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// The exclusive right to write a store: `flock(2)` on a file of our own in its directory.
    ///
    /// LMDB would make a second writer wait and let it in between two transactions; a log has one
    /// owner. The lock belongs to the open file, so it holds within a process, across processes and
    /// through symbolic links, and the kernel drops it when its owner dies.
    final class WriterLock: Sendable {
        static let fileName = "LOCK"

        private let descriptor: Int32
        private let guardian = ForkGuard()

        /// Takes the lock, creating its file if need be.
        ///
        /// - Throws: `locked` if somebody else has it; `readOnly` or `io`.
        init(in directory: String) throws(LogStoreError) {
            let path = directory + "/" + Self.fileName
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o644)
            guard descriptor >= 0 else {
                throw LogStoreError(SystemCallError(call: "open", errno: errno, path: path))
            }
            while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
                let error = errno
                if error == EINTR { continue }
                close(descriptor)
                if error == EWOULDBLOCK { throw .locked(path: path) }
                throw LogStoreError(SystemCallError(call: "flock", errno: error, path: path))
            }
            self.descriptor = descriptor
        }

        deinit {
            // A forked child shares the open file: unlocking there would unlock the parent.
            // In the owner it is unlocked by name, so that no child's copy keeps it locked.
            if !guardian.isInChildForCertain { _ = flock(descriptor, LOCK_UN) }
            close(descriptor)
        }
    }
#endif
