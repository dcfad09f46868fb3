public import Conformance
public import WALProtocol

/// A backend in one configuration, ready to be opened by any workload.
public struct Contestant: Sendable {
    /// What it is called in the table and in `--backends`.
    let name: String
    /// Whether its syncs reach stable storage; where they do not, it has no durable figures.
    let isDurable: Bool
    /// Whether it keeps its log in files: others have no figures of opening or of room.
    let isOnDisk: Bool
    /// The version of what it is built on, for the report.
    let version: String?
    /// Opens a store in a directory, with a cache of so many bytes or the default one.
    let open: @Sendable (String, Int?) throws(LogStoreError) -> any LogStore
    /// Checks every byte of a closed store in a directory; `nil` if it cannot.
    let verify: (@Sendable (String) throws(LogStoreError) -> VerificationReport)?
    /// The rules for it, set up for a directory; `nil` for those that any backend is held to.
    let rules: (@Sendable (String) -> LogStoreSuite)?
    /// Reads and appends through the concrete type.
    private(set) var loops: ConcreteLoops

    /// Enters a backend.
    ///
    /// - Parameters:
    ///   - name: What it is called in the table and in `--backends`.
    ///   - isDurable: Whether its syncs reach stable storage.
    ///   - isOnDisk: Whether it keeps its log in files.
    ///   - version: The version of what it is built on, for the report.
    ///   - verify: Checks every byte of a closed store in a directory, if the backend can.
    ///   - rules: The rules for the backend, with stores in a given directory; `opening` and nothing
    ///     else if it is left out. Rules about rotation and memory want small segments and buffers.
    ///   - opening: Opens a store in a directory that need not exist.
    public init<Store: LogStore & SendableMetatype>(
        _ name: String, isDurable: Bool = true, isOnDisk: Bool = true, version: String? = nil,
        verify: (@Sendable (String) throws(LogStoreError) -> VerificationReport)? = nil,
        rules: (@Sendable (String) -> LogStoreSuite)? = nil,
        opening: @escaping @Sendable (String) throws(LogStoreError) -> Store
    ) {
        self.init(
            name, isDurable: isDurable, isOnDisk: isOnDisk, version: version, verify: verify,
            rules: rules
        ) {
            (path, _) throws(LogStoreError) in try opening(path)
        }
    }

    /// Enters a backend that can be told how large its cache is to be.
    ///
    /// - Parameters:
    ///   - name: What it is called in the table and in `--backends`.
    ///   - isDurable: Whether its syncs reach stable storage.
    ///   - isOnDisk: Whether it keeps its log in files.
    ///   - version: The version of what it is built on, for the report.
    ///   - verify: Checks every byte of a closed store in a directory, if the backend can.
    ///   - rules: The rules for the backend, with stores in a given directory.
    ///   - opening: Opens a store in a directory that need not exist, with a cache of so many bytes
    ///     for workloads whose log is to be in memory; `nil` stands for the backend's own default.
    public init<Store: LogStore & SendableMetatype>(
        _ name: String, isDurable: Bool = true, isOnDisk: Bool = true, version: String? = nil,
        verify: (@Sendable (String) throws(LogStoreError) -> VerificationReport)? = nil,
        rules: (@Sendable (String) -> LogStoreSuite)? = nil,
        opening: @escaping @Sendable (String, Int?) throws(LogStoreError) -> Store
    ) {
        self.init(
            name, isDurable: isDurable, isOnDisk: isOnDisk, version: version, type: Store.self,
            verify: verify, rules: rules
        ) {
            (path, cache) throws(LogStoreError) in try opening(path, cache)
        }
    }

    /// Enters a type of store of this package.
    @inline(__always)
    init<Store: LogStore & SendableMetatype>(
        _ name: String, isDurable: Bool = true, isOnDisk: Bool = true, version: String? = nil,
        type: Store.Type,
        verify: (@Sendable (String) throws(LogStoreError) -> VerificationReport)? = nil,
        rules: (@Sendable (String) -> LogStoreSuite)? = nil,
        open: @escaping @Sendable (String, Int?) throws(LogStoreError) -> any LogStore
    ) {
        self.name = name
        self.isDurable = isDurable
        self.isOnDisk = isOnDisk
        self.version = version
        self.verify = verify
        self.rules = rules
        self.open = open
        loops = ConcreteLoops(for: type)
    }

    /// The same with readers of a type that can be named outside of the backend.
    @inline(__always)
    func reading<Reader: LogReader & SendableMetatype>(with type: Reader.Type) -> Contestant {
        var result = self
        result.loops.read = ConcreteLoops.read(with: type)
        return result
    }

    /// What the figures of a workload are worth with this configuration.
    func durability(of workload: any Workload) -> Durability {
        workload.durability == .durable && !isDurable ? .none : workload.durability
    }
}
