/// What the conformance rules said about a backend.
struct Conformity: Hashable, Sendable {
    /// The backend.
    var backend: String
    /// Rules that it kept.
    var passed: Int
    /// Rules that it broke.
    var failed: Int
    /// Rules that could not be checked on it.
    var notChecked: Int
    /// The ids of the rules that it broke, with what was found.
    var failures: [String]
    /// The ids of the rules among them that are about durability.
    var durabilityFailures: [String]

    /// Makes a result.
    init(
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
    static let durabilityProperties = Set(41...59).union([122, 126, 127, 128])
}

extension Sequence<Conformity> {
    /// The backends that broke a rule about durability, each with the reason why none of its figures
    /// is durable.
    var distrusted: [String: String] {
        reduce(into: [:]) { list, result in
            guard let rule = result.durabilityFailures.first else { return }
            list[result.backend] = "it broke the durability rule \(rule)"
        }
    }
}
