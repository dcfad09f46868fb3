import ArgumentParser
import Conformance

/// `walstress explore`.
struct ExploreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explore",
        abstract: "Crashes short sequences of operations everywhere, in every way.",
        discussion: """
            All sequences of operations up to a length, each with the power cut after every \
            operation of the disk, and every outcome of the cut; then again in the recovery. After \
            each the segment store has to open, hold a prefix of what was submitted that contains \
            all that was acknowledged, and go on.
            """)

    @Option(help: "The longest sequence of operations.")
    var length = 3
    @Option(help: "The outcomes of a power cut that are tried before it becomes a sample.")
    var outcomes = 256
    @Option(help: "How many times a recovery crashes too.")
    var depth = 2
    @Option(help: "Explore one sequence of so many.")
    var stride = 1
    @Option(help: "Where everything random comes from.")
    var seed: UInt64 = 1
    @Option(help: "Begin no further sequence after so many seconds.")
    var seconds: Double = .infinity
    @Option(help: "Threads.")
    var threads = 2

    func run() throws {
        var bounds = CrashExploration.Bounds()
        bounds.length = length
        bounds.outcomeLimit = outcomes
        bounds.recoveryDepth = depth
        bounds.stride = stride
        let start = ContinuousClock.now
        let deadline = Deadline(seconds: seconds)
        let report = CrashExploration(
            opening: SimulatedSegmentStore.opening, bounds: bounds, seed: seed
        ).run(threadCount: threads) { deadline.hasPassed }
        let duration = ContinuousClock.now - start
        print(
            "explored \(report.sequenceCount) sequences, \(report.crashPointCount) crash points, "
                + "\(report.stateCount) states (\(report.openedCount) opened, the others equal to "
                + "one of them) in \(duration), seed \(seed)")
        for failure in report.failures.prefix(10) { print("FAILED\n\(failure)\n") }
        guard report.failures.isEmpty else {
            print("\(report.failures.count) sequences failed")
            throw ExitCode.failure
        }
    }
}
