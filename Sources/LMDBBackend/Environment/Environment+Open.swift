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

    /// How an environment is set up.
    struct EnvironmentSettings: Hashable, Sendable {
        /// The address space to map at first; it grows.
        var mapByteCount: Int
        /// The reader slots of a lock file that is made anew.
        var maximumReaders: Int
        /// Whether commits wait for the disk.
        var syncsCommits: Bool

        /// What a reader uses that shares an environment with nobody.
        static let reading = EnvironmentSettings(
            mapByteCount: 0, maximumReaders: LMDBStore.Options().maximumReaders,
            syncsCommits: true)

        /// Rounded up to whole pages of any kind.
        static func wholePages(_ byteCount: Int) -> Int { (byteCount + 65535) & ~65535 }
    }

    /// The handles of the named databases.
    struct Databases {
        var entries: MDB_dbi = 0
        var metadata: MDB_dbi = 0
        var state: MDB_dbi = 0
        /// Who checks the leaves of the entries before LMDB comes to them; `nil` if all were.
        var leafGuard: LeafGuard?

        static let entriesName = "entries"
        static let metadataName = "metadata"
        static let stateName = "state"

        /// Opens the databases, or creates them.
        init(in transaction: OpaquePointer, creating: Bool) throws(LMDBFailure) {
            let flags = creating ? UInt32(MDB_CREATE) : 0
            let integerKeys = flags | UInt32(MDB_INTEGERKEY)
            try LMDBFailure.check(
                "mdb_dbi_open",
                mdb_dbi_open(transaction, Self.entriesName, integerKeys, &entries))
            try LMDBFailure.check(
                "mdb_dbi_open", mdb_dbi_open(transaction, Self.metadataName, flags, &metadata))
            try LMDBFailure.check(
                "mdb_dbi_open", mdb_dbi_open(transaction, Self.stateName, flags, &state))
            var found: UInt32 = 0
            try LMDBFailure.check("mdb_dbi_flags", mdb_dbi_flags(transaction, entries, &found))
            guard found & UInt32(MDB_INTEGERKEY) != 0 else {
                throw LMDBFailure("mdb_dbi_flags", MDB_INCOMPATIBLE)
            }
        }
    }

    extension Environment {
        struct Opened {
            var handle: OpaquePointer
            var mode: Mode
            var databases: Databases
        }

        /// Opens the environment in a directory that holds one.
        ///
        /// - Throws: `corrupt`, `unsupportedFormat`, `readOnly`, `io`.
        static func open(
            _ directory: String, writable: Bool, _ settings: EnvironmentSettings
        ) throws(LogStoreError) -> Opened {
            let leafGuard = try DataFile.check(in: directory)
            let mode = try openMode(directory, writable: writable)
            let failure: LMDBFailure
            do throws(LMDBFailure) {
                return try open(directory, mode, settings, creating: false, leafGuard)
            } catch {
                failure = error
            }
            let file = DataFile.path(in: directory)
            // The lock file may be closed to us although the data file can be read.
            if mode == .readOnly, [EACCES, EPERM, EROFS].contains(failure.code) {
                let unlocked = Mode.unlocked(lockFileIsAbsent: false)
                do throws(LMDBFailure) {
                    return try open(directory, unlocked, settings, creating: false, leafGuard)
                } catch {
                    throw error.meaning(file: file)
                }
            }
            if failure.code == MDB_NOTFOUND {
                throw .corrupt("there is no log in this LMDB file", file: file)
            }
            if failure.code > 0, !writable {
                let cause = SystemCallError(call: failure.call, errno: failure.code, path: file)
                throw LogStoreError(cause, writing: false)
            }
            throw failure.meaning(file: file)
        }

        private static func openMode(
            _ directory: String, writable: Bool
        ) throws(LogStoreError) -> Mode {
            if writable { return .readWrite }
            do throws(SystemCallError) {
                // Without a lock file nobody is writing, and a reader creates nothing.
                return try Disk.isFile(LockFile.path(in: directory))
                    ? .readOnly : .unlocked(lockFileIsAbsent: true)
            } catch {
                throw LogStoreError(error, writing: false)
            }
        }

        /// Opens an environment and its databases, or makes them.
        static func open(
            _ directory: String, _ mode: Mode, _ settings: EnvironmentSettings, creating: Bool,
            _ leafGuard: LeafGuard? = nil
        ) throws(LMDBFailure) -> Opened {
            var handle: OpaquePointer?
            try LMDBFailure.check("mdb_env_create", mdb_env_create(&handle))
            guard let handle else { throw LMDBFailure("mdb_env_create", ENOMEM) }
            do throws(LMDBFailure) {
                try configure(handle, mode, settings)
                try reserveLockFile(directory, mode, settings)
                try LMDBFailure.check(
                    "mdb_env_open",
                    mdb_env_open(handle, directory, flags(mode, settings), 0o644))
                // Readers of processes that died hold slots, and pages that could be reused.
                mdb_reader_check(handle, nil)
                var databases = try openDatabases(handle, mode, creating: creating)
                databases.leafGuard = leafGuard
                return Opened(handle: handle, mode: mode, databases: databases)
            } catch {
                mdb_env_close(handle)
                throw error
            }
        }

        private static func configure(
            _ handle: OpaquePointer, _ mode: Mode, _ settings: EnvironmentSettings
        ) throws(LMDBFailure) {
            try LMDBFailure.check("mdb_env_set_maxdbs", mdb_env_set_maxdbs(handle, 3))
            try LMDBFailure.check(
                "mdb_env_set_maxreaders",
                mdb_env_set_maxreaders(handle, UInt32(settings.maximumReaders)))
            // A reader maps what the file says it needs.
            guard mode == .readWrite else { return }
            try LMDBFailure.check(
                "mdb_env_set_mapsize",
                mdb_env_set_mapsize(
                    handle, EnvironmentSettings.wholePages(settings.mapByteCount)))
        }

        private static func reserveLockFile(
            _ directory: String, _ mode: Mode, _ settings: EnvironmentSettings
        ) throws(LMDBFailure) {
            if case .unlocked = mode { return }
            do throws(SystemCallError) {
                try LockFile.reserve(
                    in: directory, maximumReaders: settings.maximumReaders,
                    creating: mode == .readWrite)
            } catch {
                throw LMDBFailure(error.call, error.errno)
            }
        }

        private static func flags(_ mode: Mode, _ settings: EnvironmentSettings) -> UInt32 {
            // Read transactions belong to no thread: they are pooled.
            var flags = UInt32(MDB_NOTLS)
            switch mode {
            case .readWrite: if !settings.syncsCommits { flags |= UInt32(MDB_NOSYNC) }
            case .readOnly: flags |= UInt32(MDB_RDONLY)
            case .unlocked: flags |= UInt32(MDB_RDONLY) | UInt32(MDB_NOLOCK)
            }
            return flags
        }

        /// Handles outlive the transaction that opened them once it is committed.
        private static func openDatabases(
            _ handle: OpaquePointer, _ mode: Mode, creating: Bool
        ) throws(LMDBFailure) -> Databases {
            var transaction: OpaquePointer?
            try LMDBFailure.check(
                "mdb_txn_begin",
                mdb_txn_begin(handle, nil, creating ? 0 : UInt32(MDB_RDONLY), &transaction))
            guard let transaction else { throw LMDBFailure("mdb_txn_begin", MDB_PANIC) }
            let databases: Databases
            do throws(LMDBFailure) {
                databases = try Databases(in: transaction, creating: creating)
                if creating {
                    try StateRecord.new().put(in: transaction, databases)
                }
            } catch {
                mdb_txn_abort(transaction)
                throw error
            }
            try LMDBFailure.check("mdb_txn_commit", mdb_txn_commit(transaction))
            return databases
        }
    }
#endif
