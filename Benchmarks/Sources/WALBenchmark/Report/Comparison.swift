/// All that a run found out.
public struct Comparison: Sendable {
    /// Why something has no figure.
    public struct Note: Hashable, Sendable {
        /// The workload.
        public var workload: String
        /// The backend; `nil` if it concerns the limit or all.
        public var backend: String?
        /// The reason, as a clause.
        public var reason: String
    }

    /// Where it was measured.
    public var environment: Environment
    /// What the rules said.
    public var conformance: [Conformity] = []
    /// The figures.
    public var rows: [Row] = []
    /// What has no figure.
    public var notes: [Note] = []
    /// The backend that the others are held against.
    public var baseline: String

    /// Starts a comparison.
    public init(environment: Environment, baseline: String = Contestant.baselineName) {
        self.environment = environment
        self.baseline = baseline
    }
}
