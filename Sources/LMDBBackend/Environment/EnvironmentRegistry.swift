#if LMDB
    import WALProtocol

    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// The environments that this process has open, one per data file.
    ///
    /// LMDB must not open a file twice in one process: closing either would release the record
    /// locks of both, and another process would then take living readers for dead ones and reuse
    /// the pages under them.
    enum EnvironmentRegistry {
        private struct Identity: Hashable {
            var device: UInt64
            var node: UInt64

            init(_ status: stat) {
                device = UInt64(truncatingIfNeeded: status.st_dev)
                node = UInt64(truncatingIfNeeded: status.st_ino)
            }
        }

        private struct Entry {
            var environment: Environment
            var userCount: Int
        }

        /// The table, guarded by its lock.
        private final class Table: @unchecked Sendable {
            let lock = ThreadLock()
            var entries: [Identity: Entry] = [:]
        }

        private static let table = Table()

        /// The environment of a store that exists; give it back with ``release(_:)``.
        static func acquire(
            _ directory: String, writable: Bool, _ settings: EnvironmentSettings
        ) throws(LogStoreError) -> Environment {
            try table.lock.withLock { () throws(LogStoreError) in
                let identity = try identity(of: directory)
                // What a forked child inherits is its parent's: it opens its own.
                if let entry = table.entries[identity], !entry.environment.isInherited {
                    if writable { try entry.environment.admitWriter(settings) }
                    table.entries[identity]?.userCount += 1
                    return entry.environment
                }
                let environment = try Environment(
                    directory: directory, writable: writable, settings: settings)
                table.entries[identity] = Entry(environment: environment, userCount: 1)
                return environment
            }
        }

        /// Gives an environment back; the last user closes it.
        static func release(_ environment: Environment) {
            if environment.isInherited { return }
            table.lock.withLock {
                let found = table.entries.first { $0.value.environment === environment }
                guard let (identity, entry) = found else { return }
                if entry.userCount > 1 {
                    table.entries[identity]?.userCount -= 1
                } else {
                    table.entries[identity] = nil
                    environment.close()
                }
            }
        }

        private static func identity(of directory: String) throws(LogStoreError) -> Identity {
            let path = DataFile.path(in: directory)
            do throws(SystemCallError) {
                guard let status = try Disk.status(of: path) else {
                    throw SystemCallError(call: "stat", errno: ENOENT, path: path)
                }
                return Identity(status)
            } catch {
                throw LogStoreError(error, writing: false)
            }
        }
    }
#endif
