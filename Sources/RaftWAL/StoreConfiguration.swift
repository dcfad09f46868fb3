/// Which store to open and how, in terms that every backend understands.
///
/// What only one backend knows is set through its own type: `SegmentStore.Options`,
/// `LMDBStore.Options`.
public struct StoreConfiguration: Hashable, Sendable {
    /// The store to use.
    public var backend: Backend
    /// Whether to write or only to look.
    public var access: StoreAccess = .readWrite
    /// What to do about damage.
    ///
    /// The LMDB backend has nothing to cut and only knows `.strict`; what is left of a damaged store
    /// is read by ``Backend/openSalvaged(at:)``.
    public var policy: RecoveryPolicy = .strict
    /// Whether opening reads and checks every byte first, and refuses any damage before anything is
    /// changed; the error's message lists all of it.
    ///
    /// The environment variable `RAFT_WAL_VERIFY` asks for it as well: see
    /// ``openLogStore(at:_:)``. Policies that accept damage do without.
    public var verifiesOnOpen = false
    /// The largest segment, in bytes, from 8 KiB to 1 GiB; `nil` for the backend's own.
    ///
    /// A backend without segments pays no attention to it.
    public var maximumSegmentByteCount: Int?
    /// The memory for recent entries, in bytes; `nil` for the backend's own.
    ///
    /// The LMDB backend reads through the page cache and pays no attention to it.
    public var cacheByteCount: Int?

    /// Makes a configuration with the defaults of a backend.
    public init(_ backend: Backend = .segment) { self.backend = backend }

    /// Makes a configuration from the name of a backend, as a configuration file has it.
    ///
    /// - Throws: `invalidArgument` if there is no such backend.
    public init(backendNamed name: String) throws(LogStoreError) {
        guard let backend = Backend(rawValue: name) else {
            let names = Backend.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidArgument("there is no backend named \(name); there is \(names)")
        }
        self.init(backend)
    }
}
