@testable import Conformance
import SegmentBackend
import Testing
import WALProtocol

/// The store that mutants are made of is right: what a rule finds on a mutant is the mutant's bug.
@Suite struct PlainFileStoreTests {
    /// Every rule, on the real disk; only memory is not bounded, because all of the log is in it.
    @Test(arguments: Rule.allCases.filter { $0.id != "read.memoryBounded" })
    func conforms(to rule: Rule) async throws {
        let suite = LogStoreSuite(
            opening: { try PlainFileStore(at: $0, on: POSIXFileSystem()) },
            seed: BackendTests.seed)
        try await suite.check(rule)
    }

    /// Every crash of some short sequences of operations, and crashes in the recovery.
    @Test func losesNothingInAnyCrash() {
        var bounds = CrashExploration.Bounds()
        bounds.length = 2
        bounds.outcomeLimit = 32
        bounds.recoveryDepth = 1
        bounds.rotationByteCount = PlainFileStore.fileByteCount
        bounds.stride = 24
        let report = CrashExploration(opening: Self.opening, bounds: bounds).run(threadCount: 2)
        #expect(report.failures == [])
        #expect(report.openedCount > 500)
    }

    static let opening: SimulatedOpening = { path, fileSystem, _ in
        try PlainFileStore(at: path, on: fileSystem)
    }
}
