import WALProtocol

/// Kills processes that write to a store, and looks for what it lost.
///
/// For stores that do their own I/O, which no simulated disk can crash. In one round a process opens
/// the store, appends from many tasks through an `AsyncLog`, tells of every entry that is durable, and
/// is killed with SIGKILL after a random time. Then everything that any round acknowledged has to be
/// there as it was written, everything that is there has to have been written, and each task's entries
/// have to stand in its order, with one at most that was not acknowledged. Every ten rounds a new store
/// is begun. A killed process loses what it had in memory; what the kernel had survives, so that this
/// says nothing about power cuts.
///
/// The process is any program whose `main` begins with ``KilledWriter/takeOver(opening:)``:
///
/// ```swift
/// KilledWriter.takeOver { try MyStore(at: $0) }
/// ```
public struct KillDrill: Sendable {
    private let executable: String
    private let opening: LogStoreSuite.Opening
    private let taskCount: Int
    private let seed: UInt64
    private let scratchDirectory: String

    /// The rounds that one store lives through.
    private static let roundCountEach = 10

    /// The milliseconds after which a process is killed at the latest, as long as some come to
    /// acknowledge anything.
    var longestLife: UInt32 = 150

    /// Prepares a drill.
    ///
    /// - Parameters:
    ///   - executable: The program that writes; it is started without arguments.
    ///   - taskCount: The tasks in it.
    ///   - seed: Where the times come from after which it is killed. The same seed does not kill in
    ///     the same places.
    ///   - scratchDirectory: Where stores are made; the system's place for temporary files if it is
    ///     left out. What fails is left there.
    ///   - opening: Opens the store that is left behind, and may check more of it.
    public init(
        executable: String, taskCount: Int = 64, seed: UInt64 = .random(in: .min ... .max),
        scratchDirectory: String? = nil, opening: @escaping LogStoreSuite.Opening
    ) {
        self.executable = executable
        self.taskCount = taskCount
        self.seed = seed
        self.scratchDirectory = scratchDirectory ?? Scratch.systemDirectory
        self.opening = opening
    }

    /// What a drill has come to.
    public struct Report: Hashable, Sendable {
        /// How often a process was killed.
        public internal(set) var roundCount = 0
        /// The entries that were acknowledged, and found again.
        public internal(set) var acknowledgedCount = 0
        /// The entries of the stores in the end.
        public internal(set) var entryCount = 0
    }

    /// Kills so many processes, one after the other.
    ///
    /// - Parameter progress: Told after each round.
    /// - Throws: ``KillFailure`` with the path of the store that lost something; what opening throws.
    public func run(rounds: Int, progress: (Report) -> Void = { _ in }) throws -> Report {
        let scratch = try Scratch(in: scratchDirectory)
        var random = SeededGenerator(seed: seed)
        var report = Report()
        var history = KillHistory()
        var entryCount = 0
        var longest = longestLife
        var round = 0
        // A drill in which nothing was acknowledged has shown nothing: on a busy machine a writer may
        // need longer to start than it has to live.
        while round < rounds || round > 0 && isVain(report) && round - rounds < 16 {
            let path = "\(scratch.path)/\(round / Self.roundCountEach)"
            let order = KilledWriter.Order(path: path, round: round, taskCount: taskCount)
            let milliseconds = 1 + UInt32(random.next() % UInt64(longest))
            do {
                let told = try order.live(in: executable, milliseconds: milliseconds)
                report.acknowledgedCount += told.count
                if isVain(report) { longest = min(longest * 2, 60_000) }
                history.add(told)
                entryCount = try history.check(opening, at: path)
                if (round + 1).isMultiple(of: Self.roundCountEach) {
                    report.entryCount += entryCount
                    entryCount = 0
                    history = KillHistory()
                    Files.removeAll(at: path)
                }
            } catch {
                throw KillFailure("round \(round): \(error) (kept in \(path))")
            }
            round += 1
            report.roundCount = round
            progress(report)
        }
        report.entryCount += entryCount
        scratch.remove()
        guard !isVain(report) || rounds <= 0 else {
            throw KillFailure("no writer lived long enough to acknowledge anything")
        }
        return report
    }

    private func isVain(_ report: Report) -> Bool { report.acknowledgedCount == 0 }
}

/// What a store lost or invented, or why that could not be found out.
public struct KillFailure: Error, CustomStringConvertible {
    /// What, and where the store is kept.
    public let description: String

    init(_ description: String) { self.description = description }
}
