import WALProtocol

/// One thing that is measured, for every backend and for the plain loop that is its limit.
protocol Workload {
    /// The id that scripts know it by.
    var id: String { get }
    /// What is done and timed, in one sentence.
    var sentence: String { get }
    /// What its figure counts.
    var unit: FigureUnit { get }
    /// What has survived when the timed calls return, on a store whose syncs are honest.
    var durability: Durability { get }
    /// The entries of one call, where single calls are timed; 1 elsewhere.
    var entriesPerCall: Int { get }
    /// Whether it has no meaning for a store that keeps nothing on disk.
    var needsDisk: Bool { get }
    /// The smallest profile that includes it, unless it is asked for by its id.
    var smallestProfile: Profile { get }
    /// How often it is repeated at most: five times where one repetition takes seconds.
    var repetitionLimit: Int { get }
    /// How long a repetition takes, in times of one that waits for some hundred syncs: a guess, for
    /// the time that is left.
    var weight: Double { get }
    /// Workloads of one family share prepared logs, which are dropped after the last of them.
    var family: String { get }

    /// Prepares a backend to be measured.
    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial

    /// Prepares the plain loop; `nil` if the work has no meaning without a store.
    func limit(in bench: Bench) throws -> Trial?
}

extension Workload {
    /// One, unless calls take batches.
    var entriesPerCall: Int { 1 }
    /// As often as the profile says.
    var repetitionLimit: Int { .max }
    /// As most of them; more where there are fewer repetitions, because each takes seconds.
    var weight: Double { repetitionLimit == .max ? 1 : 5 }
    /// All stores can do most things.
    var needsDisk: Bool { false }
    /// Every profile.
    var smallestProfile: Profile { .quick }
    /// A family of its own.
    var family: String { id }
    /// None.
    func limit(in bench: Bench) throws -> Trial? { nil }
}

/// A backend, or a limit, that stands ready to be measured again and again.
struct Trial {
    /// Runs one repetition.
    var measure: () throws -> Sample
    /// Gives up what was prepared.
    var finish: () throws -> Void

    /// Makes a trial.
    init(measure: @escaping () throws -> Sample, finish: @escaping () throws -> Void = {}) {
        self.measure = measure
        self.finish = finish
    }
}
