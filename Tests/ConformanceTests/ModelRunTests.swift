@testable import Conformance
import LMDBBackend
import SegmentBackend
import Testing
import WALProtocol

/// Random histories of everything: the bounded form of `walstress model`.
@Suite struct ModelRunTests {
    @Test func segmentStoreOnASimulatedDisk() {
        let run = ModelRun(
            onSimulatedDisk: [
                FaultSweepTests.opening(), FaultSweepTests.opening(cache: 0),
                FaultSweepTests.opening(cache: 4096),
            ], seed: 20_261_121)
        let report = run.run(operationCount: 3000)
        #expect(report.failures.isEmpty, "\(report.failures.first ?? "")")
        #expect(report.operationCount == 3000 && report.checkCount > 200)
    }

    @Test func segmentStoreOnFiles() throws {
        let report = ModelRun(onFiles: [Self.segment], seed: 7).run(operationCount: 1200)
        #expect(report.failures.isEmpty, "\(report.failures.first ?? "")")
    }

    #if LMDB
        /// The same history on all three stores: the same answers after every step (P82).
        @Test func threeStoresAgreeAfterEveryStep() throws {
            let disk = ReferenceDisk()
            let run = ModelRun(
                onFiles: [
                    Self.segment, [{ try LMDBStore(at: $0) }],
                    [{ try ReferenceStore(at: $0, on: disk) }],
                ], seed: 3)
            let report = run.run(operationCount: 800)
            #expect(report.failures.isEmpty, "\(report.failures.first ?? "")")
            #expect(report.operationCount == 800)
        }
    #endif

    /// A store whose syncs do nothing is caught, and hardly more than that is left.
    @Test func aFailureIsMadeShort() throws {
        let run = ModelRun(
            onSimulatedDisk: [
                { path, fileSystem, executor in
                    try FaultSweepTests.opening()(
                        path, SyncInterceptor(fileSystem) { _ in }, executor)
                }
            ], seed: 1)
        let report = run.run(operationCount: 20_000)
        let failure = try #require(report.failures.first)
        #expect(failure.contains("# power cut with seed"))
        #expect(failure.split(separator: "\n").count < 12, "\(failure)")
    }

    private static let segment: [LogStoreSuite.Opening] = [64 << 10, 0].map { cache in
        { path in
            var options = SegmentStore.Options()
            options.minimumSegmentByteCount = 8 << 10
            options.maximumSegmentByteCount = 8 << 10
            options.cacheByteCount = cache
            return try SegmentStore(at: path, options: options)
        }
    }
}
