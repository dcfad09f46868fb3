import Conformance
import LMDBBackend
import SegmentBackend
import WALProtocol

/// Runs the conformance rules on the backends, before anything is measured.
struct ConformanceRun: Sendable {
    private let scratch: Scratch
    private let progress: @Sendable (String) -> Void

    /// Prepares the run; the stores are made on the disk that is measured.
    init(
        in scratch: Scratch, progress: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.scratch = scratch
        self.progress = progress
    }

    /// Checks every rule on every backend, and waits for that on the calling thread.
    func check(_ contestants: [Contestant]) throws -> [Conformity] {
        try waitFor { await results(of: contestants) }
    }

    private func results(of contestants: [Contestant]) async -> [Conformity] {
        var results: [Conformity] = []
        for contestant in contestants {
            var number = 0
            let report = await contestant.suite(in: scratch.path).run { rule in
                number += 1
                progress(
                    "\(contestant.name): rule \(number) of \(Rule.allCases.count), \(rule.id)")
            }
            results.append(Conformity(contestant.name, report))
        }
        return results
    }
}

extension Conformity {
    init(_ backend: String, _ report: Report) {
        let broken = report.violations
        self.init(
            backend: backend, passed: report.passed.count, failed: broken.count,
            notChecked: report.notChecked.count,
            failures: broken.map { "\($0.rule): \($0.message) (seed \($0.seed))" },
            durabilityFailures: broken.filter {
                !Self.durabilityProperties.isDisjoint(with: $0.rule.properties)
            }.map(\.rule.id))
    }
}

extension Contestant {
    /// The rules for this backend; ours with small segments, so that they come to rotate, and with
    /// other options to vary.
    func suite(in directory: String) -> LogStoreSuite {
        switch name {
        case "segment":
            @Sendable func open(_ path: String, cache: Int) throws(LogStoreError) -> any LogStore {
                var options = SegmentStore.Options()
                options.minimumSegmentByteCount = 8 << 10
                options.maximumSegmentByteCount = 8 << 10
                options.cacheByteCount = cache
                return try SegmentStore(at: path, options: options)
            }
            return LogStoreSuite(
                opening: { try open($0, cache: 64 << 10) },
                variants: [{ try open($0, cache: 0) }, { try SegmentStore(at: $0) }],
                openingReadOnly: { path in
                    var options = SegmentStore.Options()
                    options.access = .readOnly
                    return try SegmentStore(at: path, options: options)
                },
                openingOnSimulatedDisk: { path, fileSystem, executor in
                    var options = SegmentStore.Options()
                    options.minimumSegmentByteCount = 8 << 10
                    options.maximumSegmentByteCount = 8 << 10
                    options.fileSystem = fileSystem
                    options.executor = executor
                    options.randomNumbers = { 0x5eed }
                    return try SegmentStore(at: path, options: options)
                }, scratchDirectory: directory)
        #if LMDB
            case Self.baselineName, "lmdb:nosync":
                let durability: LMDBStore.Options.Durability = isDurable ? .full : .noSync
                @Sendable func open(
                    _ path: String, _ access: StoreAccess = .readWrite, pending: Int = 8 << 20
                ) throws(LogStoreError) -> any LogStore {
                    var options = LMDBStore.Options()
                    options.durability = durability
                    options.access = access
                    options.pendingByteLimit = pending
                    return try LMDBStore(at: path, options: options)
                }
                return LogStoreSuite(
                    opening: { try open($0) }, variants: [{ try open($0, pending: 4 << 10) }],
                    openingReadOnly: { try open($0, .readOnly) }, scratchDirectory: directory)
        #endif
        default:
            let open = open
            return LogStoreSuite(opening: { try open($0, nil) }, scratchDirectory: directory)
        }
    }
}
