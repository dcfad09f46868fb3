/// What the conformance rules said about a backend.
public struct Conformity: Hashable, Sendable {
    /// The backend.
    public var backend: String
    /// Rules that it kept.
    public var passed: Int
    /// Rules that it broke.
    public var failed: Int
    /// Rules that could not be checked on it.
    public var notChecked: Int
    /// The ids of the rules that it broke, with what was found.
    public var failures: [String]
    /// The ids of the rules among them that are about durability.
    public var durabilityFailures: [String]

    /// Makes a result.
    public init(
        backend: String, passed: Int, failed: Int, notChecked: Int, failures: [String] = [],
        durabilityFailures: [String] = []
    ) {
        self.backend = backend
        self.passed = passed
        self.failed = failed
        self.notChecked = notChecked
        self.failures = failures
        self.durabilityFailures = durabilityFailures
    }

    /// The properties that say what an acknowledgement is worth: durability and crashes (P41–P59),
    /// and that a vote is never forgotten (P122, P126–P128).
    public static let durabilityProperties = Set(41...59).union([122, 126, 127, 128])
}
