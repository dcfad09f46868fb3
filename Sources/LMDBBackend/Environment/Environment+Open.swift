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
            // LMDB looks at the meta pages now, and at nothing else before a transaction does.
            _ = try DataFile(in: directory)
            let (handle, mode) = try openHandle(directory, writable: writable, settings)
            do throws(LogStoreError) {
                let databases = try checkAndOpenDatabases(handle, mode, directory)
                return Opened(handle: handle, mode: mode, databases: databases)
            } catch {
                mdb_env_close(handle)
                throw error
            }
        }

        private static func openHandle(
            _ directory: String, writable: Bool, _ settings: EnvironmentSettings
        ) throws(LogStoreError) -> (OpaquePointer, Mode) {
            let mode = try openMode(directory, writable: writable)
            let failure: LMDBFailure
            do throws(LMDBFailure) {
                return (try openHandle(directory, mode, settings), mode)
            } catch {
                failure = error
            }
            let file = DataFile.path(in: directory)
            // The lock file may be closed to us although the data file can be read.
            if mode == .readOnly, [EACCES, EPERM, EROFS].contains(failure.code) {
                let unlocked = Mode.unlocked(lockFileIsAbsent: false)
                do throws(LMDBFailure) {
                    return (try openHandle(directory, unlocked, settings), unlocked)
                } catch {
                    throw error.meaning(file: file)
                }
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

        /// Makes an environment, with its databases and nothing in them.
        static func create(
            _ directory: String, _ settings: EnvironmentSettings, number: StoreNumber?
        ) throws(LMDBFailure) {
            let handle = try openHandle(directory, .readWrite, settings)
            defer { mdb_env_close(handle) }
            let transaction = try begin(handle, 0)
            do throws(LMDBFailure) {
                let databases = try Databases(in: transaction, creating: true)
                try StateRecord.new(number).put(in: transaction, databases)
            } catch {
                mdb_txn_abort(transaction)
                throw error
            }
            try LMDBFailure.check("mdb_txn_commit", mdb_txn_commit(transaction))
        }

        private static func openHandle(
            _ directory: String, _ mode: Mode, _ settings: EnvironmentSettings
        ) throws(LMDBFailure) -> OpaquePointer {
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
                return handle
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

        private static func begin(
            _ handle: OpaquePointer, _ flags: Int32
        ) throws(LMDBFailure) -> OpaquePointer {
            var transaction: OpaquePointer?
            try LMDBFailure.check(
                "mdb_txn_begin", mdb_txn_begin(handle, nil, UInt32(flags), &transaction))
            guard let transaction else { throw LMDBFailure("mdb_txn_begin", MDB_PANIC) }
            return transaction
        }

        /// How often to look again at a store that a writer changes meanwhile.
        private static let attemptLimit = 16

        /// Opens the databases once the pages that lead to them were checked.
        ///
        /// The transaction is begun first: as long as it runs, no writer reuses a page of its
        /// snapshot, and what looks like damage is damage. Only without locks nothing holds a
        /// writer off; then it has to stand still for a moment.
        private static func checkAndOpenDatabases(
            _ handle: OpaquePointer, _ mode: Mode, _ directory: String
        ) throws(LogStoreError) -> Databases {
            let path = DataFile.path(in: directory)
            for _ in 0..<attemptLimit {
                let transaction: OpaquePointer
                do throws(LMDBFailure) {
                    transaction = try begin(handle, MDB_RDONLY)
                } catch {
                    throw error.meaning(file: path)
                }
                let number = Transaction.number(transaction)
                do throws(LogStoreError) {
                    let databases = try checkAndOpenDatabases(transaction, directory)
                    // Handles outlive the transaction that opened them once it is committed; a
                    // commit of reads cannot fail.
                    mdb_txn_commit(transaction)
                    if let databases { return databases }
                } catch {
                    mdb_txn_abort(transaction)
                    guard case .unlocked = mode,
                        try DataFile(in: directory).newestMeta.transaction != number
                    else { throw error }
                }
            }
            throw LogStoreError(
                .io, "a writer kept the store from being checked", context: .init(file: path))
        }

        /// - Returns: `nil` if the meta page of the transaction was overwritten before it was read.
        private static func checkAndOpenDatabases(
            _ transaction: OpaquePointer, _ directory: String
        ) throws(LogStoreError) -> Databases? {
            let number = Transaction.number(transaction)
            let file = try DataFile(in: directory)
            guard let meta = file.metas.first(where: { $0.transaction == number }) else {
                guard file.newestMeta.transaction > number else {
                    throw .corrupt(
                        "a meta page is damaged: its number is not that of its transaction",
                        file: file.path, expected: number, found: file.newestMeta.transaction)
                }
                return nil
            }
            let leafGuard = try file.checkTrees(of: meta)
            do throws(LMDBFailure) {
                var databases = try Databases(in: transaction, creating: false)
                databases.leafGuard = leafGuard
                return databases
            } catch {
                guard error.code != MDB_NOTFOUND else {
                    throw .corrupt("there is no log in this LMDB file", file: file.path)
                }
                throw error.meaning(file: file.path)
            }
        }
    }
#endif
