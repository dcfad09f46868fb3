#if LMDB
    public import WALProtocol

    extension LMDBStore {
        /// How a store is opened.
        ///
        /// Any of it may differ from one opening to the next.
        public struct Options: Sendable {
            /// Whether a commit waits for the disk.
            public enum Durability: String, Hashable, Sendable, CaseIterable {
                /// It does: what `sync()` covered survives the loss of power.
                case full
                /// It does not (`MDB_NOSYNC`), and LMDB promises nothing: the loss of power may
                /// lose what was acknowledged, or the whole store. To see what LMDB costs without
                /// the disk, not to keep data. The store is labelled `lmdb-nosync` and says
                /// `syncIsDurable == false`.
                case noSync
            }

            /// Whether the store is opened to be written or only looked at.
            public var access: StoreAccess = .readWrite
            /// Whether opening reads and checks every page in use first, as
            /// ``LMDBStore/verify(at:)`` does, and refuses any damage: the error's message lists
            /// all of it.
            ///
            /// Nothing was changed then. Costs O(bytes).
            public var verifiesOnOpen = false
            /// Whether a commit waits for the disk.
            public var durability: Durability = .full
            /// The address space that LMDB maps at first, in bytes: 1 MiB to 64 TiB.
            ///
            /// It grows.
            public var initialMapByteCount = 64 << 20
            /// The bytes that may wait in memory for a commit: 4 KiB to 1 GiB.
            ///
            /// One batch may be larger than that.
            public var pendingByteLimit = 8 << 20
            /// The reader slots, for all processes together: 1 to 65,536.
            ///
            /// They are in the lock file, so the first to open the store decides.
            public var maximumReaders = 126

            /// The number of a store that is made; drawn at random if it is left out.
            package var number: StoreNumber?

            /// The defaults.
            public init() {}

            /// - Throws: `invalidArgument`.
            func validate() throws(LogStoreError) {
                guard (1 << 20...64 << 40).contains(initialMapByteCount) else {
                    throw .invalidArgument("initialMapByteCount has to be 1 MiB to 64 TiB")
                }
                guard (4 << 10...1 << 30).contains(pendingByteLimit) else {
                    throw .invalidArgument("pendingByteLimit has to be 4 KiB to 1 GiB")
                }
                guard (1...65536).contains(maximumReaders) else {
                    throw .invalidArgument("maximumReaders has to be 1 to 65,536")
                }
            }
        }
    }

    extension EnvironmentSettings {
        init(_ options: LMDBStore.Options) {
            self.init(
                mapByteCount: options.initialMapByteCount,
                maximumReaders: options.maximumReaders,
                syncsCommits: options.durability == .full)
        }
    }
#endif
