/// One operation that a store asked of a ``SimulatedDisk``.
public struct SimulatedCall: Hashable, Sendable {
    /// What was asked for: the members of `FileSystem` and `File`.
    public enum Name: String, Hashable, Sendable, CaseIterable {
        case open, create, list, stat, mkdir, syncDirectory, rename, remove, lock
        case read, write, size, setSize, reserve, sync

        /// Whether it can be cut short.
        var isTransfer: Bool { self == .read || self == .write }

        /// Whether it can leave the disk different from before.
        var changesDisk: Bool {
            switch self {
            case .open, .list, .stat, .read, .size: false
            default: true
            }
        }
    }

    /// What was asked for.
    public var name: Name
    /// The file or directory.
    public var path: String
}

/// What goes wrong on a ``SimulatedDisk``, and when.
public struct SimulatedFault: Hashable, Sendable {
    /// What happens to an operation.
    public enum Effect: Hashable, Sendable {
        /// It fails with this error number, and does nothing.
        ///
        /// A sync that fails drops what it should have written: it stays visible, and no later
        /// sync writes it.
        case error(Int32)
        /// A read or write transfers only half; anything else succeeds.
        case short
        /// A read or write transfers only half, and the next one on that file fails.
        case shortThenError(Int32)
    }

    /// The number of the first operation that it strikes.
    public var operation: Int
    /// What happens.
    public var effect: Effect
    /// Whether it strikes every operation from there on, and not only one.
    public var isLasting: Bool
    /// The operations that it can strike; all if empty.
    public var calls: Set<SimulatedCall.Name>

    /// Describes a fault.
    public init(
        at operation: Int, _ effect: Effect, isLasting: Bool = false,
        calls: Set<SimulatedCall.Name> = []
    ) {
        self.operation = operation
        self.effect = effect
        self.isLasting = isLasting
        self.calls = calls
    }

    func strikes(_ number: Int, _ name: SimulatedCall.Name) -> Bool {
        guard calls.isEmpty || calls.contains(name) else { return false }
        return isLasting ? number >= operation : number == operation
    }
}
