#if LMDB
    import CLMDB
    import WALProtocol

    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// A liblmdb call that did not return `MDB_SUCCESS`: one of LMDB's own codes (negative) or an
    /// error number.
    struct LMDBFailure: Error {
        var call: String
        var code: Int32

        init(_ call: String, _ code: Int32) {
            self.call = call
            self.code = code
        }

        /// Throws if `code` is not success.
        static func check(_ call: String, _ code: Int32) throws(LMDBFailure) {
            if code != MDB_SUCCESS { throw LMDBFailure(call, code) }
        }

        /// What it means to the caller of a store.
        ///
        /// - Parameters:
        ///   - file: The data file.
        ///   - index: The entry concerned, if it is one.
        func meaning(file: String, index: LogIndex? = nil) -> LogStoreError {
            if code > 0 {
                return LogStoreError(SystemCallError(call: call, errno: code, path: file))
            }
            let text = "LMDB's \(call) failed: " + String(cString: mdb_strerror(code))
            switch code {
            case MDB_CORRUPTED, MDB_INVALID, MDB_PAGE_NOTFOUND, MDB_PANIC, MDB_NOTFOUND,
                MDB_INCOMPATIBLE, MDB_BAD_DBI, MDB_CURSOR_FULL, MDB_PAGE_FULL, MDB_KEYEXIST,
                MDB_BAD_TXN:
                // What our own calls cannot cause, so the file's structure is to blame.
                return .corrupt(text, file: file, index: index)
            case MDB_VERSION_MISMATCH:
                return LogStoreError(
                    .unsupportedFormat,
                    "the file was written by a version of LMDB with another data format",
                    context: .init(file: file))
            case MDB_READERS_FULL:
                return LogStoreError(
                    .io,
                    "all reader slots of the store are taken, by other processes too: close some "
                        + "readers, or raise maximumReaders while nobody has it open",
                    context: .init(file: file))
            case MDB_MAP_FULL:
                return LogStoreError(
                    .noSpace, "the store cannot be mapped at the size it needs",
                    context: .init(file: file))
            default:
                return LogStoreError(.io, text, context: .init(file: file, index: index))
            }
        }
    }
#endif
