import Foundation
import SegmentBackend
import Testing
import WALProtocol

@testable import WALBenchmark

/// A workload that writes down who was measured when.
private struct Recorded: Workload {
    final class Log {
        var turns: [String] = []
        var finished: [String] = []
    }

    var durability = Durability.durable
    var refused: String?
    let log = Log()

    var id: String { "test" }
    var sentence: String { "a test" }
    var unit: FigureUnit { .nanosecondsPerCall }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        if contestant.name == refused { throw NotMeasurable("it was refused") }
        return trial(contestant.name)
    }

    func limit(in bench: Bench) throws -> Trial? { trial("limit") }

    private func trial(_ name: String) -> Trial {
        Trial {
            log.turns.append(name)
            return Sample(Double(log.turns.count))
        } finish: {
            log.finished.append(name)
        }
    }
}

@Suite struct RunnerTests {
    private func contestant(_ name: String, isDurable: Bool = true) -> Contestant {
        Contestant(name, isDurable: isDurable, type: SegmentStore.self) {
            (path, _) throws(LogStoreError) in try SegmentStore(at: path)
        }
    }

    private func run(
        _ workload: Recorded, _ contestants: [Contestant], _ conformance: [Conformity] = []
    ) throws -> Comparison {
        let scratch = try Scratch(in: NSTemporaryDirectory())
        defer { scratch.removeAll() }
        let environment = WALBenchmark.Environment(
            directory: scratch.path, versions: [:], options: [:])
        var comparison = Comparison(environment: environment)
        try Runner(
            Bench(profile: .quick, scratch: scratch), contestants: contestants,
            conformance: conformance
        ).run([workload], into: &comparison)
        return comparison
    }

    @Test func lanesAreWarmedUpInterleavedAndTakeTurnsAtBeingFirst() throws {
        let workload = Recorded()
        let comparison = try run(workload, [contestant("a"), contestant("b")])
        #expect(
            workload.log.turns == [
                "limit", "a", "b",
                "limit", "a", "b", "a", "b", "limit", "b", "limit", "a",
                "limit", "a", "b", "a", "b", "limit",
            ])
        #expect(workload.log.finished == ["limit", "a", "b"])
        let row = try #require(comparison.rows.first)
        // The warm-up of "a" was turn 2 and does not count.
        #expect(row.cells.first?.summary == Summary([5, 7, 12, 14, 16]))
        #expect(row.limit?.summary == Summary([4, 9, 11, 13, 18]))
    }

    @Test func whatDoesNotSyncGetsARowOfItsOwn() throws {
        let comparison = try run(
            Recorded(), [contestant("a"), contestant("a:nosync", isDurable: false)])
        #expect(comparison.rows.map(\.durability) == [.durable, .none])
        #expect(comparison.rows.map { $0.cells.map(\.backend) } == [["a"], ["a:nosync"]])
        #expect(comparison.rows.last?.limit == nil)
    }

    @Test func aBackendThatBrokeADurabilityRuleGetsNoDurableFigures() throws {
        let broken = Conformity(
            backend: "a", passed: 1, failed: 1, notChecked: 0,
            durabilityFailures: ["durability.syncIsHonest"])
        let durable = try run(Recorded(), [contestant("a"), contestant("b")], [broken])
        #expect(durable.rows.flatMap(\.cells).map(\.backend) == ["b"])
        #expect(durable.notes.map(\.backend) == ["a"])
        #expect(durable.notes.first?.reason.contains("durability.syncIsHonest") == true)

        let buffered = try run(
            Recorded(durability: .buffered), [contestant("a"), contestant("b")], [broken])
        #expect(buffered.rows.flatMap(\.cells).map(\.backend) == ["a", "b"])
    }

    @Test func whatCannotBeMeasuredSaysSo() throws {
        let comparison = try run(Recorded(refused: "a"), [contestant("a"), contestant("b")])
        #expect(comparison.rows.flatMap(\.cells).map(\.backend) == ["b"])
        #expect(
            comparison.notes == [.init(workload: "test", backend: "a", reason: "it was refused")])
    }
}
