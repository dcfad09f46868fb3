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

    @Test func whatFollowsABurstIsHeldAgainstWhatWasBefore() {
        let before = [UInt64](1...100), after = before.map { $0 * 3 }
        let sample = AppendAfterBurst.sample(before: before, after: after)
        #expect(sample.figure == 3)
        #expect(sample.calls.first == 3.0 / 99)
        #expect(AppendAfterBurst.sample(before: [1], after: after).figure == 0)
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
