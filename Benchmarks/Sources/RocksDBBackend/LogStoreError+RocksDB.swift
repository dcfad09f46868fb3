#if RocksDB
    import CRocksDB
    import WALProtocol

    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    extension LogStoreError {
        /// What a failure of RocksDB means.
        ///
        /// Its C interface tells of a failure in words alone: the kind first, the system's own
        /// sentence last.
        init(rocksDB text: String, file: String) {
            func ends(with numbers: [Int32]) -> Bool {
                numbers.contains { text.hasSuffix(String(cString: strerror($0))) }
            }
            let isLock =
                text.hasPrefix("IO error: lock hold by current process")
                || text.hasPrefix("IO error: While lock file")
            if isLock {
                self = .locked(path: file)
            } else if text.hasPrefix("Corruption") {
                self = .corrupt("RocksDB: \(text)", file: file)
            } else {
                let code: Code =
                    if text.hasPrefix("Not implemented") {
                        .unsupportedFormat
                    } else if ends(with: [ENOSPC, EDQUOT, EFBIG]) {
                        .noSpace
                    } else if ends(with: [EACCES, EPERM, EROFS]) {
                        .readOnly
                    } else {
                        .io
                    }
                self.init(code, "RocksDB: \(text)", context: Context(file: file))
            }
        }
    }

    /// Calls a function of RocksDB that may fail.
    func checked<R>(
        file: String, _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
    ) throws(LogStoreError) -> R {
        var text: UnsafeMutablePointer<CChar>?
        let result = body(&text)
        guard let text else { return result }
        defer { rocksdb_free(text) }
        throw LogStoreError(rocksDB: String(cString: text), file: file)
    }
#endif
