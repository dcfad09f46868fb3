public import WALProtocol

/// A backend in one configuration, ready to be opened by any workload.
public struct Contestant: Sendable {
    /// What it is called in the table and in `--backends`.
    public let name: String
    /// Whether its syncs reach stable storage; where they do not, it has no durable figures.
    public let isDurable: Bool
    /// Opens a store in a directory, with a cache of so many bytes or the default one.
    public let open: @Sendable (String, Int?) throws(LogStoreError) -> any LogStore
    /// Checks every byte of a closed store in a directory; `nil` if it cannot.
    let verify: (@Sendable (String) throws(LogStoreError) -> VerificationReport)?
    /// Reads and appends through the concrete type.
    private(set) var loops: ConcreteLoops

    /// Enters a type of store.
    @inline(__always)
    public init<Store: LogStore & SendableMetatype>(
        _ name: String, isDurable: Bool = true, type: Store.Type,
        verify: (@Sendable (String) throws(LogStoreError) -> VerificationReport)? = nil,
        open: @escaping @Sendable (String, Int?) throws(LogStoreError) -> any LogStore
    ) {
        self.name = name
        self.isDurable = isDurable
        self.verify = verify
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
