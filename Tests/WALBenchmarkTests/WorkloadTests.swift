import Foundation
import SegmentBackend
import Testing
import WALProtocol

@testable import WALBenchmark

@Suite struct WorkloadTests {
    @Test func idsAreUnique() {
        let ids = Workloads.all.map(\.id)
        #expect(Set(ids).count == ids.count)
    }

    /// An id says little to whoever reads the report for the first time.
    @Test func allHaveANameAndASectionInTheReport() {
        for workload in Workloads.all {
            #expect(WorkloadName.short(workload.id) != workload.id)
            #expect(WorkloadGroup(of: workload.id) != .others, "\(workload.id)")
        }
    }

    /// Prepared logs are dropped after the last workload of a family: two runs of one family would
    /// write them twice.
    @Test(arguments: Profile.allCases) func familiesStandTogether(_ profile: Profile) {
        let families = Workloads.all.filter { $0.smallestProfile <= profile }.map(\.family)
        var runs: [String] = []
        for family in families where family != runs.last { runs.append(family) }
        #expect(Set(runs).count == runs.count)
    }

    /// The quick profile takes under a minute; what is added belongs to the others.
    @Test func theQuickProfileStaysAsItIs() {
        #expect(Workloads.all.filter { $0.smallestProfile == .quick }.count == 22)
        #expect(Profile.quick < .standard)
        #expect(Profile.standard < .full)
    }

    @Test func theSlowestCallIsHeldAgainstTheMedian() {
        let sample = SlowestSync.sample([100, 200, 300, 200, 1_000])
        #expect(sample.figure == 5)
        #expect(sample.calls == [0.5, 1, 1.5, 1, 5])
        #expect(SlowestSync.sample([]).figure == 0)
    }

    /// Too few calls to tell were the figure 0, which is better than any other.
    @Test func whatFollowsABurstIsHeldAgainstWhatWasBefore() throws {
        let before = [UInt64](1...100), after = before.map { $0 * 3 }
        let sample = try AppendAfterBurst.sample(before: before, after: after)
        #expect(sample.figure == 3)
        #expect(sample.calls.first == 3.0 / 99)
        #expect(throws: NotMeasurable("fewer than 100 calls in five seconds")) {
            try AppendAfterBurst.sample(before: [1], after: after)
        }
    }

    @Test func readsRunBesideTheWriterUntilItEnds() throws {
        let hasRead = DispatchSemaphore(value: 0)
        var reads = 0
        let sample = try ReadBesideWriter.beside { () throws(LogStoreError) in
            // If reading waited for writing, this would end by the clock.
            for _ in 0..<3 where hasRead.wait(timeout: .now() + 20) == .timedOut {
                throw LogStoreError(.io, "nothing was read")
            }
        } read: {
            reads += 1
            hasRead.signal()
            return 1
        }
        #expect(reads >= 3)
        #expect(sample.figure > 0)
    }

    @Test func aWriterThatFailsIsTold() {
        let failure = #expect(throws: LogStoreError.self) {
            try ReadBesideWriter.beside { () throws(LogStoreError) in
                throw LogStoreError(.noSpace, "full")
            } read: {
                1
            }
        }
        #expect(failure?.code == .noSpace)
    }

    @Test(arguments: [16, 64 << 10]) func payloadsOfEverySizeAreAppended(_ size: Int) throws {
        let scratch = try Scratch(in: NSTemporaryDirectory())
        defer { scratch.removeAll() }
        let store = try SegmentStore(at: scratch.fresh("segment"))
        let contestant = Contestant("segment", type: SegmentStore.self) {
            (path, _) throws(LogStoreError) in try SegmentStore(at: path)
        }
        try contestant.loops.append(store, 40, Payloads(byteCount: size))
        #expect(store.count == 40)
        #expect(try store.entry(at: 17).payload.count == size)
        try store.close()
    }

    @Test func timesOfTheMedianHaveASignOfTheirOwn() {
        #expect(Figures.text(2.5, .timesMedian) == "2.50 ×")
    }
}

/// Workloads that follow a clock, or need a disk of their own.
@Suite struct ArrangementTests {
    @Test func allThatIsDueIsHandedOutOnceAndNothingEarly() {
        let schedule = Schedule(count: 50, interval: 100_000)
        var dues: [UInt64] = []
        var isEarly = false
        schedule.run { due, count in
            isEarly = isEarly || now() < due + UInt64(count - 1) * schedule.interval
            for number in 0..<count { dues.append(due + UInt64(number) * schedule.interval) }
        }
        #expect(!isEarly)
        #expect(dues.count == 50)
        #expect(zip(dues, dues.dropFirst()).allSatisfy { $1 - $0 == schedule.interval })
    }

    @Test func appendsThatAreDueWaitForNobody() throws {
        let scratch = try Scratch(in: NSTemporaryDirectory())
        defer { scratch.removeAll() }
        let bench = Bench(profile: .quick, scratch: scratch)
        let trial = try PacedAppend(ratePerSecond: 200).trial(of: .memory, in: bench)
        let sample = try trial.measure()
        // As many as are due in a quarter of a second, however slow each is.
        #expect(sample.calls.count == 50)
        try trial.finish()
    }

    /// Too few calls to tell were the figure 0, which is better than any other.
    @Test func theLastTenthIsHeldAgainstWhatWasBefore() throws {
        let calls = [UInt64](repeating: 10, count: 90) + [20, 20, 20, 20, 20, 20, 20, 20, 20, 20]
        #expect(try NearlyFullDisk.sample(calls).figure == 2)
        for few in [[], [UInt64](repeating: 10, count: 9)] {
            #expect(throws: NotMeasurable("fewer than ten calls filled the disk")) {
                try NearlyFullDisk.sample(few)
            }
        }
    }

    @Test func theTimeThatIsLeftFollowsTheWeights() {
        let remaining = RemainingTime([1, 1, 8])
        #expect(remaining.seconds(before: 0, elapsed: 5) == nil)
        #expect(remaining.seconds(before: 1, elapsed: 5) == 45)
        #expect(remaining.seconds(before: 2, elapsed: 10) == 40)
        #expect(remaining.text(before: 0) == "")
    }

    @Test(.enabled(if: geteuid() == 0, "only root mounts a disk"))
    func aSmallDiskFillsUpAndGoesWithTheScratchDirectory() throws {
        let scratch = try Scratch(in: NSTemporaryDirectory())
        defer { scratch.removeAll() }
        let disk: SmallFileSystem
        do {
            disk = try SmallFileSystem(byteCount: 8 << 20, in: scratch)
        } catch let error as NotMeasurable {
            // A container's root may not.
            #expect(!error.reason.isEmpty)
            return
        }
        let store = try SegmentStore(at: disk.path + "/log")
        let failure = #expect(throws: LogStoreError.self) {
            for index in 1...LogIndex(1_000) {
                try store.append(
                    [UInt8](repeating: 1, count: 64 << 10), at: LogPosition(term: 1, index: index))
                try store.sync()
            }
        }
        #expect(failure?.code == .noSpace)
        // Even while a file on it is open.
        scratch.removeAll()
        #expect(!FileManager.default.fileExists(atPath: scratch.path))
        withExtendedLifetime(store) {}
    }

    @Test func whatKeepsNothingOnDiskHasNoFiguresOfDisks() throws {
        let scratch = try Scratch(in: NSTemporaryDirectory())
        defer { scratch.removeAll() }
        var comparison = Comparison(
            environment: WALBenchmark.Environment(
                directory: scratch.path, versions: [:], options: [:]))
        try Runner(
            Bench(profile: .quick, scratch: scratch), contestants: [.memory], conformance: []
        ).run([SpaceOverTime()], into: &comparison)
        #expect(comparison.rows.isEmpty)
        #expect(comparison.notes.map(\.reason) == ["it keeps nothing on disk"])
    }
}
