/// All that a run found out.
struct Comparison: Sendable {
    /// Why something has no figure.
    struct Note: Hashable, Sendable {
        /// The workload.
        var workload: String
        /// The backend; `nil` if it concerns the limit or all.
        var backend: String?
        /// The reason, as a clause.
        var reason: String
    }

    /// Where it was measured.
    var environment: Environment
    /// What the rules said.
    var conformance: [Conformity] = []
    /// The figures.
    var rows: [Row] = []
    /// What has no figure.
    var notes: [Note] = []
    /// What came of a real file; empty if none was given.
    var inputs: [InputComparison.Outcome] = []
    /// Whether the run was stopped before it had done everything.
    var isPartial = false
    /// The backend that the others are held against.
    var baseline: String

    /// Starts a comparison.
    init(environment: Environment, baseline: String = Contestant.baselineName) {
        self.environment = environment
        self.baseline = baseline
    }
}
