public import ArgumentParser
public import Conformance

/// `walstress faults`.
struct FaultsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults",
        abstract: "Lets every operation of the disk fail, in every way.",
        discussion: """
            A run of about 80 calls of the segment store, again and again, each time with one \
            operation of the disk failing (EIO, ENOSPC, EDQUOT, EINTR, EMFILE, short transfers), \
            or all from there on. After each the call has to have failed with an error that says \
            so, without an effect, and every crash has to leave everything acknowledged.
            """)

    @Option(help: "Make no more cases of each form than this.")
    var limit = Int.max
    @Option(help: "Where everything random comes from.")
    var seed: UInt64 = 1
    @Option(help: "Bytes of cache; without one every entry is read from the disk.")
    var cache = 0
    @Option(help: "When background work is done.")
    var background = BackgroundPace.atOnce
    @Option(name: .customLong("case"), help: "Make one case only, as a failure names it.")
    var onlyCase: String?

    func run() throws {
        let sweep = FaultSweep(
            opening: SimulatedSegmentStore.opening(cacheByteCount: cache), seed: seed,
            pace: background)
        if let onlyCase {
            guard let fault = FaultCase(onlyCase) else {
                throw ValidationError("'\(onlyCase)' is no case")
            }
            guard let failure = sweep.run(fault) else { return print("passed") }
            print("FAILED\n\(failure)")
            throw ExitCode.failure
        }
        let start = ContinuousClock.now
        let single = try sweep.runSingle(limit: limit)
        print("once: \(single), seed \(seed), in \(ContinuousClock.now - start)")
        let lasting = try sweep.runLasting(limit: limit)
        print("lasting: \(lasting), seed \(seed), in \(ContinuousClock.now - start)")
        let full = sweep.runFullDisk(limit: limit)
        print("full disk: \(full), seed \(seed), in \(ContinuousClock.now - start)")
        let failures = single.failures + lasting.failures + full.failures
        for failure in failures.prefix(20) { print("FAILED\n\(failure)") }
        guard failures.isEmpty else {
            print("\(failures.count) cases failed")
            throw ExitCode.failure
        }
    }
}

extension BackgroundPace: ExpressibleByArgument {}
