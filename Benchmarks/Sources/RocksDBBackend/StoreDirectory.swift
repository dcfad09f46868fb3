#if RocksDB
    import WALProtocol

    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// The directory of a store.
    enum StoreDirectory {
        /// Makes a directory and those above it, and their names durable.
        ///
        /// - Returns: its only path: RocksDB's lock goes by paths within one process, and would let
        ///   a second writer in by another one.
        /// - Throws: `readOnly`, `noSpace`, `io`.
        static func make(_ path: String) throws(LogStoreError) -> String {
            let ends = path.indices.dropFirst().filter { path[$0] == "/" } + [path.endIndex]
            for end in ends {
                let part = String(path[..<end])
                if mkdir(part, 0o755) == 0 {
                    try syncParent(of: part)
                } else if errno != EEXIST {
                    throw LogStoreError(SystemCallError(call: "mkdir", errno: errno, path: part))
                }
            }
            guard let resolved = realpath(path, nil) else {
                throw LogStoreError(SystemCallError(call: "realpath", errno: errno, path: path))
            }
            defer { free(resolved) }
            return String(cString: resolved)
        }

        /// Removes the logs that an opening without any writing left behind each time.
        ///
        /// RocksDB keeps them until it writes out a table. What it has recovered is in a table
        /// already, and the newest log is the one it writes to; only for who has its lock.
        static func removeEmptyLogs(in path: String) {
            guard let stream = opendir(path) else { return }
            defer { closedir(stream) }
            var logs: [(number: UInt64, path: String)] = []
            while let entry = readdir(stream) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                guard name.hasSuffix(".log"), let number = UInt64(name.dropLast(4)) else {
                    continue
                }
                logs.append((number, "\(path)/\(name)"))
            }
            logs.sort { $0.number < $1.number }
            for log in logs.dropLast() {
                var status = stat()
                if stat(log.path, &status) == 0, status.st_size == 0 { unlink(log.path) }
            }
        }

        private static func syncParent(of path: String) throws(LogStoreError) {
            let parent = path + "/.."
            let descriptor = open(parent, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw LogStoreError(SystemCallError(call: "open", errno: errno, path: parent))
            }
            defer { close(descriptor) }
            guard fsync(descriptor) == 0 else {
                throw LogStoreError(SystemCallError(call: "fsync", errno: errno, path: parent))
            }
        }
    }
#endif
