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

    /// A store's directory, and how a store comes to be in it.
    ///
    /// Under the writer's lock, a new store is made in the subdirectory `.creating`, whose data
    /// file, once complete and synced, is renamed into the directory. That rename is the commit
    /// point; then the names are synced, and then the subdirectory is removed. So what the next
    /// writer finds tells how far the last one came:
    ///
    /// | `data.mdb` | `.creating` | then |
    /// |---|---|---|
    /// | no | no | nothing was made: make it |
    /// | no | yes | it died before the commit point: make it anew |
    /// | yes | yes | it died before the names were synced: sync them |
    /// | yes | no | a store |
    struct StoreDirectory {
        static let creationName = ".creating"

        let path: String
        private var creationPath: String { path + "/" + Self.creationName }

        init(path: String) { self.path = path }

        /// Throws unless there is a store.
        func checkPresent() throws(LogStoreError) {
            try checkWhole()
            do throws(SystemCallError) {
                if try Disk.isFile(DataFile.path(in: path)) { return }
            } catch {
                throw LogStoreError(error, writing: false)
            }
            throw LogStoreError(
                .unavailable, "there is no store here", context: .init(file: path))
        }

        /// Throws if the directory is an unfinished copy.
        private func checkWhole() throws(LogStoreError) {
            let isMarked: Bool
            do throws(SystemCallError) {
                isMarked = try Disk.isFile(path + "/" + UnfinishedCopy.markerName)
            } catch {
                throw LogStoreError(error, writing: false)
            }
            if isMarked { throw UnfinishedCopy.refusal(path) }
        }

        /// Takes the writer's lock, and makes the store if there is none.
        func prepareForWriting(_ options: LMDBStore.Options) throws(LogStoreError) -> WriterLock {
            try checkWhole()
            do throws(SystemCallError) {
                try Disk.createDirectories(path)
            } catch {
                throw LogStoreError(error)
            }
            let lock = try WriterLock(in: path)
            let hasStore: Bool
            do throws(SystemCallError) {
                hasStore = try Disk.isFile(DataFile.path(in: path))
                let wasInterrupted = try Disk.isDirectory(creationPath)
                if hasStore, !wasInterrupted { return lock }
                if hasStore { try Disk.syncNames(upFrom: path) }
                if wasInterrupted { try removeCreation() }
                if hasStore { return lock }
                guard try !Disk.isFile(LockFile.path(in: path)) else {
                    throw SystemCallError(call: "", errno: 0, path: path)
                }
            } catch {
                if error.call.isEmpty {
                    throw .corrupt(
                        "the data file is missing although the store was in use",
                        file: DataFile.path(in: path))
                }
                throw LogStoreError(error)
            }
            try create(options)
            return lock
        }

        private func create(_ options: LMDBStore.Options) throws(LogStoreError) {
            do throws(SystemCallError) {
                try Disk.createDirectories(creationPath)
            } catch {
                throw LogStoreError(error)
            }
            do throws(LMDBFailure) {
                // Whatever the store's own commits do, this one is synced.
                var settings = EnvironmentSettings(options)
                settings.syncsCommits = true
                try Environment.create(creationPath, settings, number: options.number)
            } catch {
                try? removeCreation()
                throw error.meaning(file: DataFile.path(in: creationPath))
            }
            do throws(SystemCallError) {
                try Disk.renameFile(
                    DataFile.path(in: creationPath), to: DataFile.path(in: path))
                try Disk.syncNames(upFrom: path)
                try removeCreation()
            } catch {
                throw LogStoreError(error)
            }
        }

        private func removeCreation() throws(SystemCallError) {
            try Disk.removeFile(DataFile.path(in: creationPath))
            try Disk.removeFile(LockFile.path(in: creationPath))
            try Disk.removeDirectory(creationPath)
        }
    }
#endif
