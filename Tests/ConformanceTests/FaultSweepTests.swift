@testable import Conformance
import SegmentBackend
import Testing
import WALProtocol

/// Every operation of a run fails, in every way: the bounded form of the sweep.
@Suite struct FaultSweepTests {
    /// Opens a segment store on a simulated disk.
    static func opening(cache: Int = 64 << 10) -> SimulatedOpening {
        { path, fileSystem, executor in
            var options = SegmentStore.Options.simulated(fileSystem, executor)
            options.cacheByteCount = cache
            return try SegmentStore(at: path, options: options)
        }
    }

    /// Every opening after the first one reads from the disk.
    private let sweep = FaultSweep(opening: opening(cache: 0), seed: 1)

    @Test func everyOperationOnce() throws {
        let report = try sweep.runSingle(limit: 16)
        #expect(report.failures.isEmpty, "\(report.failures.count): \(report.failures.first ?? "")")
        #expect(report.operationCount > 150 && report.strikeCount >= report.runCount)
        #expect(report.refusalCount > 0)
    }

    @Test func everythingFromAnOperationOn() throws {
        let report = try sweep.runLasting(limit: 12)
        #expect(report.failures.isEmpty, "\(report.failures.count): \(report.failures.first ?? "")")
        #expect(report.strikeCount > report.runCount && report.refusalCount > report.runCount)
    }

    /// Background work that is late must not matter either.
    @Test(arguments: [BackgroundPace.late, .atClose])
    func everyOperationOnceWithALateBackground(pace: BackgroundPace) throws {
        let sweep = FaultSweep(opening: Self.opening(), seed: 2, pace: pace)
        let report = try sweep.runSingle(limit: 10)
        #expect(report.failures.isEmpty, "\(report.failures.count): \(report.failures.first ?? "")")
        #expect(report.strikeCount >= report.runCount && report.refusalCount > 0)
    }

    @Test func fullDiskIsRelievedByCompacting() {
        let report = sweep.runFullDisk(limit: 10)
        #expect(report.failures.isEmpty, "\(report.failures.count): \(report.failures.first ?? "")")
        #expect(report.runCount > 8 && report.refusalCount >= report.runCount)
    }
}
