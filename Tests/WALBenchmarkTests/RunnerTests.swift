import Foundation
import SegmentBackend
import Synchronization
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
    /// Who cannot be measured from which turn on.
    var given: (name: String, turn: Int)?
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
            if let given, name == given.name, log.turns.count >= given.turn {
                throw NotMeasurable("it gave up")
            }
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

    /// What only the first call finds out, such as a child that cannot tell its memory, ended the
    /// whole run.
    @Test(arguments: [1, 8]) func whoCannotBeMeasuredAfterAllIsLeftOut(_ turn: Int) throws {
        let workload = Recorded(given: (name: "a", turn: turn))
        let comparison = try run(workload, [contestant("a"), contestant("b")])
        #expect(comparison.rows.flatMap(\.cells).map(\.backend) == ["b"])
        #expect(comparison.rows.first?.cells.first?.summary.count == 5)
        #expect(comparison.rows.first?.limit?.summary.count == 5)
        #expect(comparison.notes == [.init(workload: "test", backend: "a", reason: "it gave up")])
        #expect(workload.log.turns.count { $0 == "a" } == (turn == 1 ? 1 : 4))
        #expect(workload.log.finished == ["limit", "a", "b"])
    }

    @Test func aLimitThatCannotBeMeasuredCostsNobodyHisFigure() throws {
        let comparison = try run(Recorded(given: (name: "limit", turn: 1)), [contestant("a")])
        #expect(comparison.rows.flatMap(\.cells).map(\.backend) == ["a"])
        #expect(comparison.rows.first?.limit == nil)
        #expect(comparison.notes == [.init(workload: "test", backend: nil, reason: "it gave up")])
    }

    /// Only the backends of this package were given the cache that holds the large log: the others
    /// were measured "in memory" with what they take by default.
    @Test func anyBackendIsToldHowLargeItsCacheIsToBe() throws {
        let told = Mutex<[Int?]>([])
        let contestant = Contestant("mine") { (path, cache) throws(LogStoreError) in
            told.withLock { $0.append(cache) }
            return try SegmentStore(at: path)
        }
        let scratch = try Scratch(in: NSTemporaryDirectory())
        defer { scratch.removeAll() }
        try contestant.open(scratch.fresh("mine"), nil).close()
        try contestant.open(scratch.fresh("mine"), Bench.hotCacheByteCount).close()
        #expect(told.withLock { $0 } == [nil, Bench.hotCacheByteCount])
    }
}
