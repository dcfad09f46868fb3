import ArgumentParser
import Conformance
import LMDBBackend
import SegmentBackend
import WALProtocol

/// `walstress model`.
struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Long random histories of everything, against a plain model.",
        discussion: """
            Appends, batches, truncations, compactions, resets, metadata, mistakes, flushes, syncs, \
            readers, openings with other options and deaths of the process; on a simulated disk \
            power cuts and failing calls as well. A failure is made short, and printed as a script \
            for 'walctl apply'.
            """)

    /// What is run.
    enum Stores: String, ExpressibleByArgument, CaseIterable {
        /// The segment store on a simulated disk.
        case segment
        /// The same on real files.
        case segmentOnFiles = "segment-on-files"
        case lmdb
        /// Segment store, LMDB and the reference store side by side.
        case differential
    }

    @Option(help: "The steps to carry out.")
    var operations = 1_000_000
    @Option(help: "Where everything random comes from.")
    var seed: UInt64 = 1
    @Option(help: "The steps of one history, each on a new store.")
    var length = 400
    @Option(help: "Begin no further history after so many seconds.")
    var seconds: Double = .infinity
    @Option(help: "The store.")
    var backend = Stores.segment
    @Option(help: "Where real files are made, and removed again.")
    var directory: String?

    func run() throws {
        var run = try modelRun()
        run.historyLength = length
        let start = ContinuousClock.now
        let deadline = Deadline(seconds: seconds)
        let report = run.run(operationCount: operations) { _ in !deadline.hasPassed }
        print("\(backend.rawValue): \(report), seed \(seed), in \(ContinuousClock.now - start)")
        for failure in report.failures { print("FAILED\n\(failure)") }
        guard report.failures.isEmpty else { throw ExitCode.failure }
    }

    private func modelRun() throws -> ModelRun {
        let segment: [LogStoreSuite.Opening] = [
            { try SegmentStore(at: $0, options: Self.options(cache: 64 << 10)) },
            { try SegmentStore(at: $0, options: Self.options(cache: 0)) },
            { try SegmentStore(at: $0, options: Self.options(segment: 32 << 10, cache: 4096)) },
        ]
        switch backend {
        case .segment:
            return ModelRun(
                onSimulatedDisk: [
                    SimulatedSegmentStore.opening(cacheByteCount: 64 << 10),
                    SimulatedSegmentStore.opening(cacheByteCount: 0),
                    SimulatedSegmentStore.opening(
                        cacheByteCount: 4096, segmentByteCount: 32 << 10),
                ], seed: seed)
        case .segmentOnFiles:
            return ModelRun(onFiles: [segment], seed: seed, directory: directory)
        case .lmdb:
            return ModelRun(onFiles: [try lmdb()], seed: seed, directory: directory)
        case .differential:
            let disk = ReferenceDisk()
            return ModelRun(
                onFiles: [segment, try lmdb(), [{ try ReferenceStore(at: $0, on: disk) }]],
                seed: seed, directory: directory)
        }
    }

    @Sendable private static func options(
        segment: Int = 8 << 10, cache: Int
    ) -> SegmentStore.Options {
        var options = SegmentStore.Options()
        options.minimumSegmentByteCount = segment
        options.maximumSegmentByteCount = segment
        options.cacheByteCount = cache
        return options
    }

    private func lmdb() throws -> [LogStoreSuite.Opening] {
        #if LMDB
            return [
                { try LMDBStore(at: $0) },
                { path in
                    var options = LMDBStore.Options()
                    options.initialMapByteCount = 1 << 20
                    options.pendingByteLimit = 4 << 10
                    return try LMDBStore(at: path, options: options)
                },
            ]
        #else
            throw ValidationError("this program was built without LMDB")
        #endif
    }
}
