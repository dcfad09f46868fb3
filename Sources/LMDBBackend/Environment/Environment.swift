#if LMDB
    import CLMDB
    import WALProtocol

    /// An open LMDB environment with the store's three databases in it.
    ///
    /// One process has at most one for a data file, because closing a second one would drop the
    /// record locks of the first (`fcntl(2)`): stores share it through ``EnvironmentRegistry``.
    ///
    /// Concurrency: read transactions run on any thread, for the length of one copy out of the
    /// map. Whatever needs none to be running (growing the map, reopening, closing) waits for them
    /// and holds new ones up. Writing is the affair of the one store that has the writer's lock.
    final class Environment: @unchecked Sendable {
        /// How the data file is open.
        enum Mode: Hashable {
            /// Reading and writing.
            case readWrite
            /// Reading, beside writers in other processes.
            case readOnly
            /// Reading, with nobody writing: the lock file is absent, or cannot be written.
            case unlocked(lockFileIsAbsent: Bool)
        }

        let directory: String
        /// The path of the data file, for errors.
        let file: String

        private let guardian = ForkGuard()
        private let gate = ThreadLock()
        // All of the following under the gate, or while it is held shut.
        private var pool: [OpaquePointer] = []
        private var activeCount = 0
        private var isShut = false
        private var handle: OpaquePointer?
        private var mode: Mode
        private var databases: Databases
        private var settings: EnvironmentSettings

        /// At most this many idle read transactions keep their reader slots.
        private static let idlePoolLimit = 8
        /// A reader that finds the map too small again and again meets a writer that outruns it.
        private static let retryLimit = 16

        /// Opens the environment of a store that exists.
        init(
            directory: String, writable: Bool, settings: EnvironmentSettings
        ) throws(LogStoreError) {
            self.directory = directory
            self.settings = settings
            file = DataFile.path(in: directory)
            let opened = try Self.open(directory, writable: writable, settings)
            handle = opened.handle
            mode = opened.mode
            databases = opened.databases
        }

        // MARK: Reading

        /// Runs `body` in a read transaction.
        ///
        /// `body` calls nothing that the user gave us, so that no transaction lives longer than a
        /// few microseconds and pages freed by the writer are reused soon.
        func read<R>(
            _ body: (OpaquePointer, Databases) throws(LogStoreError) -> R
        ) throws(LogStoreError) -> R {
            for _ in 0..<Self.retryLimit {
                try lookForWriter()
                let (transaction, databases, mode) = try checkOut()
                let result: Result<R, LogStoreError>
                do throws(LogStoreError) {
                    result = .success(try body(transaction, databases))
                } catch {
                    result = .failure(error)
                }
                checkIn(transaction)
                // Without locks, a writer that appeared may have changed pages under the read.
                if mode == .unlocked(lockFileIsAbsent: true), try hasLockFile() { continue }
                return try result.get()
            }
            throw LogStoreError(
                .io, "a writer kept the store from being read", context: .init(file: file))
        }

        private func hasLockFile() throws(LogStoreError) -> Bool {
            do throws(SystemCallError) {
                return try Disk.isFile(LockFile.path(in: directory))
            } catch {
                throw LogStoreError(error, writing: false)
            }
        }

        /// Reopens with locks if the lock file was absent and a writer has made one since.
        private func lookForWriter() throws(LogStoreError) {
            guard gate.withLock({ mode }) == .unlocked(lockFileIsAbsent: true),
                try hasLockFile()
            else { return }
            try reopen(writable: false)
        }

        private func checkOut() throws(LogStoreError) -> (OpaquePointer, Databases, Mode) {
            for _ in 0..<Self.retryLimit {
                gate.lock()
                while isShut { gate.wait() }
                guard let handle else {
                    gate.unlock()
                    throw .closed
                }
                let idle = pool.popLast()
                let (databases, mode) = (self.databases, self.mode)
                activeCount += 1
                gate.unlock()

                var transaction = idle
                let result: Int32
                if let idle {
                    result = mdb_txn_renew(idle)
                    if result != MDB_SUCCESS { mdb_txn_abort(idle) }
                } else {
                    result = mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &transaction)
                }
                if result == MDB_SUCCESS, let transaction { return (transaction, databases, mode) }
                try recover(from: LMDBFailure("mdb_txn_begin", result), handle)
            }
            throw LMDBFailure("mdb_txn_begin", MDB_READERS_FULL).meaning(file: file)
        }

        /// Does what may let a read transaction begin after all, or throws.
        private func recover(
            from failure: LMDBFailure, _ handle: OpaquePointer
        ) throws(LogStoreError) {
            if failure.code == MDB_READERS_FULL {
                // Slots of processes that died can be had back.
                var dead: Int32 = 0
                mdb_reader_check(handle, &dead)
                gate.lock()
                activeCount -= 1
                gate.wakeAll()
                // Slots of this process come back in a moment.
                let mayWait = dead > 0 || activeCount > 0
                while dead == 0, activeCount > 0, pool.isEmpty, !isShut { gate.wait() }
                gate.unlock()
                if mayWait { return }
                throw failure.meaning(file: file)
            }
            leave()
            // Another process has made the map larger: take its size over.
            guard failure.code == MDB_MAP_RESIZED else { throw failure.meaning(file: file) }
            try exclusively { () throws(LogStoreError) in try resizeMap(to: 0) }
        }

        private func checkIn(_ transaction: OpaquePointer) {
            mdb_txn_reset(transaction)
            gate.lock()
            let isSurplus = pool.count >= Self.idlePoolLimit
            if !isSurplus { pool.append(transaction) }
            activeCount -= 1
            gate.wakeAll()
            gate.unlock()
            if isSurplus { mdb_txn_abort(transaction) }
        }

        private func leave() {
            gate.withLock {
                activeCount -= 1
                gate.wakeAll()
            }
        }

        // MARK: Writing

        /// Runs `body` in a write transaction and commits it, growing the map as often as needed.
        ///
        /// - Parameters:
        ///   - byteCount: About how much is written, to grow the map by enough at once.
        ///   - body: May run several times, each time on the unchanged store.
        func write(
            byteCount: Int,
            _ body: (OpaquePointer, Databases) throws(LMDBFailure) -> Void
        ) throws(LMDBFailure) {
            while true {
                do throws(LMDBFailure) {
                    return try writeOnce(body)
                } catch {
                    switch error.code {
                    case MDB_MAP_FULL: try grow(by: byteCount)
                    case MDB_MAP_RESIZED: try changeMap(to: 0)
                    default: throw error
                    }
                }
            }
        }

        private func writeOnce(
            _ body: (OpaquePointer, Databases) throws(LMDBFailure) -> Void
        ) throws(LMDBFailure) {
            gate.lock()
            while isShut { gate.wait() }
            activeCount += 1
            let (handle, databases) = (self.handle, self.databases)
            gate.unlock()
            defer { leave() }
            var transaction: OpaquePointer?
            try LMDBFailure.check("mdb_txn_begin", mdb_txn_begin(handle, nil, 0, &transaction))
            guard let transaction else { throw LMDBFailure("mdb_txn_begin", MDB_PANIC) }
            do throws(LMDBFailure) {
                try body(transaction, databases)
            } catch {
                mdb_txn_abort(transaction)
                throw error
            }
            try LMDBFailure.check("mdb_txn_commit", mdb_txn_commit(transaction))
        }

        /// Whether LMDB itself has given up on the environment: the write of a meta page failed.
        var isPanicked: Bool {
            do throws(LMDBFailure) {
                try writeOnce { (_, _) throws(LMDBFailure) in throw LMDBFailure("", 0) }
                return false
            } catch {
                return error.code == MDB_PANIC
            }
        }

        /// Brings everything committed to stable storage.
        func sync() throws(LMDBFailure) {
            try LMDBFailure.check("mdb_env_sync", mdb_env_sync(handle, 1))
        }

        /// Who checks the leaves of the entries; `nil` if all were checked when it was opened.
        var leafGuard: LeafGuard? { gate.withLock { databases.leafGuard } }

        // MARK: The map

        /// The bytes of address space that the map takes.
        var mapByteCount: Int {
            gate.withLock {
                var info = MDB_envinfo()
                mdb_env_info(handle, &info)
                return info.me_mapsize
            }
        }

        /// Makes the map twice as large, or as much as is needed if that is more.
        private func grow(by byteCount: Int) throws(LMDBFailure) {
            // A reader that died keeps the pages of its time from being reused.
            gate.withLock { _ = mdb_reader_check(handle, nil) }
            let old = mapByteCount
            // Beyond 64 GiB by a quarter: address space is finite, too.
            let step = max(old < 1 << 36 ? old : old / 4, byteCount * 2, 1 << 20)
            let (new, overflow) = old.addingReportingOverflow(step)
            guard !overflow else { throw LMDBFailure("mdb_env_set_mapsize", MDB_MAP_FULL) }
            try changeMap(to: EnvironmentSettings.wholePages(new))
        }

        private func changeMap(to byteCount: Int) throws(LMDBFailure) {
            try exclusively { () throws(LMDBFailure) in
                try LMDBFailure.check(
                    "mdb_env_set_mapsize", mdb_env_set_mapsize(handle, byteCount))
            }
        }

        private func resizeMap(to byteCount: Int) throws(LogStoreError) {
            let result = mdb_env_set_mapsize(handle, byteCount)
            guard result == MDB_SUCCESS else {
                throw LMDBFailure("mdb_env_set_mapsize", result).meaning(file: file)
            }
        }

        // MARK: Opening and closing

        /// Whether this is a forked child, which has to leave its parent's environment alone.
        var isInherited: Bool { guardian.isInChildForCertain }

        /// Makes the environment fit for the store that has the writer's lock.
        func admitWriter(_ settings: EnvironmentSettings) throws(LogStoreError) {
            gate.withLock { self.settings = settings }
            try reopen(writable: true)
            let result = mdb_env_set_flags(
                handle, UInt32(MDB_NOSYNC), settings.syncsCommits ? 0 : 1)
            guard result == MDB_SUCCESS else {
                throw LMDBFailure("mdb_env_set_flags", result).meaning(file: file)
            }
        }

        /// Opens the environment anew in another mode, for everybody who shares it.
        private func reopen(writable: Bool) throws(LogStoreError) {
            try exclusively { () throws(LogStoreError) in
                if mode == .readWrite || (!writable && mode == .readOnly) { return }
                shutDown()
                do throws(LogStoreError) {
                    adopt(try Self.open(directory, writable: writable, settings))
                } catch {
                    // Those who only read go on as before, if that is possible.
                    if let again = try? Self.open(directory, writable: false, settings) {
                        adopt(again)
                    }
                    throw error
                }
            }
        }

        /// Closes the environment when the running reads are done; later ones throw `closed`.
        func close() {
            exclusively { shutDown() }
        }

        private func adopt(_ opened: Opened) {
            handle = opened.handle
            mode = opened.mode
            databases = opened.databases
        }

        private func shutDown() {
            for transaction in pool { mdb_txn_abort(transaction) }
            pool.removeAll()
            if let handle { mdb_env_close(handle) }
            handle = nil
        }

        private func exclusively<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
            gate.lock()
            while isShut { gate.wait() }
            isShut = true
            while activeCount > 0 { gate.wait() }
            gate.unlock()
            defer {
                gate.withLock {
                    isShut = false
                    gate.wakeAll()
                }
            }
            return try body()
        }
    }
#endif
