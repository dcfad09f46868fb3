import Dispatch
import Synchronization
import WALProtocol

/// Every short sequence of operations, every crash in it, every outcome of the crash, and crashes
/// in the recovery that follows: law L3, without an exception.
///
/// After each crash the store has to open, hold a prefix of what was submitted that contains all
/// that was acknowledged, and take an entry that survives the next crash.
public struct CrashExploration: Sendable {
    /// How much is explored.
    public struct Bounds: Hashable, Sendable {
        /// The longest sequence of operations.
        public var length = 3
        /// The outcomes of a crash that are tried exhaustively, or else are a sample.
        public var outcomeLimit = 256
        /// How many times the recovery crashes too.
        public var recoveryDepth = 2
        /// The bytes after which a store starts a new file.
        public var rotationByteCount = 8 << 10
        /// One sequence of so many is explored; which ones, the seed says.
        public var stride = 1
        /// Whether every sequence starts on an empty disk, and not also behind others.
        public var startsEmptyOnly = false
        /// Whether one failure is enough.
        public var stopsAtFirstFailure = false

        /// The bounds of a thorough exploration.
        public init() {}
    }

    /// What was explored, and what was found.
    public struct Report: Hashable, Sendable {
        /// The sequences of operations.
        public var sequenceCount = 0
        /// The moments at which the power was cut.
        public var crashPointCount = 0
        /// The disks that a power cut left; each was opened, or equal to one that was.
        public var stateCount = 0
        /// Those that were opened.
        public var openedCount = 0
        /// What went wrong, with what is needed to see it again; the first hundred.
        public var failures: [String] = []

        mutating func add(_ other: Report) {
            sequenceCount += other.sequenceCount
            crashPointCount += other.crashPointCount
            stateCount += other.stateCount
            openedCount += other.openedCount
            failures.append(contentsOf: other.failures.prefix(100 - failures.count))
        }
    }

    private let opening: SimulatedOpening
    private let bounds: Bounds
    private let seed: UInt64

    /// Prepares an exploration.
    public init(
        opening: @escaping SimulatedOpening, bounds: Bounds = Bounds(), seed: UInt64 = 1
    ) {
        self.opening = opening
        self.bounds = bounds
        self.seed = seed
    }

    /// Explores, on all cores.
    ///
    /// - Parameters:
    ///   - threadCount: The sequences that are explored at a time.
    ///   - shouldStop: Asked before each sequence.
    public func run(
        threadCount: Int = 1, shouldStop: @Sendable () -> Bool = { false }
    ) -> Report {
        let sequences = Move.sequences(
            upTo: bounds.length,
            after: bounds.startsEmptyOnly ? [[]] : Move.preludes)
        var random = SeededGenerator(seed: seed)
        let phase = Int(random.next() % UInt64(max(1, bounds.stride)))
        // Each sequence twice: with background work done at once, and lagging behind.
        let chosen = (0..<2 * sequences.count).filter { $0 % max(1, bounds.stride) == phase }
        let next = Atomic(0)
        let total = Mutex(Report())
        DispatchQueue.concurrentPerform(iterations: max(1, threadCount)) { _ in
            while !shouldStop() {
                let place = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard place < chosen.count else { return }
                let number = chosen[place]
                let report = explore(sequences[number / 2], isLagging: number % 2 == 1, number)
                let hasFailed = total.withLock { total in
                    total.add(report)
                    return !total.failures.isEmpty
                }
                if hasFailed, bounds.stopsAtFirstFailure { return }
            }
        }
        return total.withLock { $0 }
    }

    /// Runs a sequence and crashes in its last operation; shorter sequences cover the ones before.
    private func explore(_ moves: [Move], isLagging: Bool, _ number: Int) -> Report {
        var report = Report()
        report.sequenceCount = 1
        var steps: [Step] = []
        do {
            let run = try SimulatedRun(
                opening, isLagging: isLagging, isRecorded: moves.isEmpty)
            for (place, move) in moves.enumerated() {
                let step = move.step(
                    on: run.history.model, number: place,
                    rotationByteCount: bounds.rotationByteCount)
                steps.append(step)
                try run.perform(step, isRecorded: place == moves.count - 1)
            }
            var crash = CrashCheck(
                opening: opening, outcomeLimit: bounds.outcomeLimit,
                random: SeededGenerator(seed: seed &+ UInt64(number)))
            for snapshot in run.disk.snapshots {
                report.crashPointCount += 1
                crash.check(
                    snapshot.state, run.histories[snapshot.mark], depth: bounds.recoveryDepth)
                if let failure = crash.failure {
                    report.failures.append(
                        Self.describe(
                            steps, isLagging: isLagging,
                            "the power goes after operation \(snapshot.operation)",
                            failure))
                    break
                }
            }
            report.stateCount = crash.stateCount
            report.openedCount = crash.openedCount
        } catch {
            report.failures.append(
                Self.describe(
                    steps, isLagging: isLagging, "no crash at all", "\(error)"))
        }
        return report
    }

    private static func describe(
        _ steps: [Step], isLagging: Bool, _ crash: String, _ failure: String
    ) -> String {
        (["open" + (isLagging ? " (background work lags a step behind)" : "")]
            + steps.map(\.description)).joined(separator: "\n") + "\n\(crash)\n\(failure)"
    }
}
