#if LMDB
    import WALProtocol

    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// Finds out whether the disk, the quota or the file size limit has room for more.
    enum SpaceProbe {
        private static let blockByteCount = 64 << 10
        /// What LMDB may write besides the data of a transaction: copied pages, its free list.
        private static let overheadByteCount = 1 << 20
        /// A disk that has room for this much is not full.
        private static let limitByteCount = 64 << 20

        /// Writes a file and removes it again.
        ///
        /// The file is as long as the data file, with a hole in front, so that it meets the same
        /// limit on the size of a file.
        ///
        /// - Returns: why there is no room; `nil` if there is, or nobody can tell.
        static func failure(in directory: String, byteCount: Int) -> SystemCallError? {
            let path = directory + "/.space-probe"
            let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return fullness(of: "open", errno, path) }
            defer {
                close(descriptor)
                unlink(path)
            }
            var status = stat()
            var offset = stat(DataFile.path(in: directory), &status) == 0 ? status.st_size : 0
            let end =
                offset + off_t(min(byteCount * 2 + overheadByteCount, limitByteCount))
            let block = [UInt8](repeating: 0xA5, count: blockByteCount)
            while offset < end {
                let count = block.withUnsafeBytes {
                    pwrite(descriptor, $0.baseAddress, $0.count, offset)
                }
                if count < 0 {
                    if errno == EINTR { continue }
                    return fullness(of: "pwrite", errno, path)
                }
                offset += off_t(count)
            }
            return nil
        }

        private static func fullness(
            of call: String, _ error: Int32, _ path: String
        ) -> SystemCallError? {
            guard [ENOSPC, EDQUOT, EFBIG].contains(error) else { return nil }
            return SystemCallError(call: call, errno: error, path: path)
        }
    }
#endif
