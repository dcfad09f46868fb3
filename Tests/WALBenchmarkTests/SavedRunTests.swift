import Foundation
import Testing

@testable import WALBenchmark

/// A run of two backends, with everything that a run can have.
func sampleComparison(segment: String = "segment") throws -> Comparison {
    let environment = WALBenchmark.Environment(
        directory: NSTemporaryDirectory(), versions: ["swift-raft-wal": "0.1.0"],
        options: ["profile": "quick"])
    var comparison = Comparison(environment: environment)
    comparison.conformance = [
        Conformity(backend: segment, passed: 130, failed: 0, notChecked: 0),
        Conformity(
            backend: "lmdb", passed: 111, failed: 1, notChecked: 18, failures: ["a.b: x"]),
    ]
    var durable = durableRow()
    try durable.add(cell(segment, 100))
    try durable.add(cell("lmdb", 400))
    try durable.setLimit(cell("limit", 80))
    var unsynced = Row(
        workload: "append.durable.10", sentence: "append and sync", unit: .nanosecondsPerEntry,
        durability: .none, entriesPerCall: 10)
    try unsynced.add(cell("lmdb:nosync", 30, .none))
    var rates: [Row] = []
    for (count, nanoseconds) in [(1, 100_000.0), (64, 4_000)] {
        var row = Row(
            workload: "append.concurrent.\(count)", sentence: "tasks", unit: .nanosecondsPerEntry,
            durability: .durable)
        try row.add(cell(segment, nanoseconds))
        try row.add(cell("lmdb", nanoseconds * 3))
        try row.setLimit(cell("limit", 90_000))
        rates.append(row)
    }
    var opening: [Row] = []
    for (size, nanoseconds) in [("10k", 50_000.0), ("1M", 200_000), ("1GB", 400_000)] {
        var row = Row(
            workload: "open.clean.\(size)", sentence: "open", unit: .nanosecondsPerCall,
            durability: .none)
        try row.add(cell(segment, nanoseconds, .none))
        try row.add(cell("lmdb", nanoseconds * 0.5, .none))
        opening.append(row)
    }
    var memory = Row(
        workload: "memory.after1M", sentence: "memory", unit: .bytes, durability: .none)
    try memory.add(
        Row.Cell(
            backend: segment, durability: .none,
            summary: try #require(Summary([2_000_000, 3_000_000, 9_000_000])),
            course: Course(
                along: "entries written",
                points: (0...10).map { .init(x: Double($0) * 1e5, y: Double($0) * 3e5) })))
    comparison.rows = [durable, unsynced] + rates + opening + [memory]
    comparison.notes = [
        .init(workload: "open.killed.1M", backend: "lmdb", reason: "nobody died"),
        .init(workload: "device.bytesPerDurableEntry", backend: nil, reason: "nobody counts"),
    ]
    comparison.inputs = [
        .init(backend: segment, text: "input: 3 records, read back identical", isIdentical: true)
    ]
    return comparison
}

@Suite struct SavedRunTests {
    private func read(_ text: String) throws -> Comparison {
        try JSONReport(reading: Data(text.utf8), from: "run.json").comparison(named: "run.json")
    }

    private func refusal(_ text: String) -> Failure? {
        do {
            _ = try read(text)
            return nil
        } catch {
            return error as? Failure
        }
    }

    @Test func aSavedRunIsTheRunAgain() throws {
        var comparison = try sampleComparison()
        comparison.isPartial = true
        let again = try read(try JSONReport(comparison).text())
        #expect(again.environment == comparison.environment)
        #expect(again.conformance == comparison.conformance)
        #expect(again.notes == comparison.notes)
        #expect(again.inputs == comparison.inputs)
        #expect(again.isPartial)
        #expect(again.rows.map(\.workload) == comparison.rows.map(\.workload))
        // A rate is written as such, and its time read back with the last digit rounded.
        let exact = comparison.rows.filter { !$0.isRate }
        #expect(again.rows.filter { !$0.isRate } == exact)
        #expect(exact.contains { $0.cells.contains { $0.course != nil } })
        for (row, old) in zip(again.rows, comparison.rows) where row.isRate {
            #expect(row.durability == old.durability)
            #expect(row.sentence == old.sentence)
            for (cell, old) in zip(
                row.cells + [row.limit].compactMap(\.self),
                old.cells + [old.limit].compactMap(\.self))
            {
                #expect(abs(cell.summary.median / old.summary.median - 1) < 1e-9)
                #expect(abs(cell.summary.low / old.summary.low - 1) < 1e-9)
                #expect(cell.summary.values.count == old.summary.values.count)
                #expect(cell.percentiles == old.percentiles)
            }
        }
        #expect(again.rows.filter(\.isRate).count == 2)
    }

    /// What this package wrote before there were charts is still there to be compared with.
    @Test func aRunOfAnEarlierVersionIsReadToo() throws {
        let text = """
            {"schema": 1, "conformance": [], "environment": \(try environment()), "results": [
            {"workload": "append.durable.100", "backend": "segment", "durability": "durable",
             "unit": "ns/entry", "median": 1500, "low": 1300, "high": 1900, "p50": 1510,
             "p99": 4800, "limit": 1200, "ratioToLimit": 1.25, "repetitions": 9},
            {"workload": "append.concurrent.8", "backend": "segment", "durability": "durable",
             "unit": "entries/s", "median": 20000, "low": 10000, "high": 40000, "limit": 10000,
             "repetitions": 9}]}
            """
        let comparison = try read(text)
        #expect(comparison.baseline == "lmdb")
        let row = try #require(comparison.rows.first)
        #expect(row.entriesPerCall == 100)
        #expect(row.sentence == "write a batch of 100 × 128 bytes and sync")
        #expect(
            row.cells.first?.summary == Summary(median: 1_500, low: 1_300, high: 1_900, count: 9))
        #expect(row.limit?.summary.median == 1_200)
        let rate = try #require(comparison.rows.last)
        #expect(rate.unit == .nanosecondsPerEntry)
        #expect(rate.cells.first?.summary == Summary(median: 5e4, low: 2.5e4, high: 1e5, count: 9))
        #expect(rate.limit?.summary.median == 1e5)
    }

    private func environment() throws -> String {
        let environment = try sampleComparison().environment
        return String(decoding: try JSONEncoder().encode(environment), as: UTF8.self)
    }

    @Test func whatIsNoRunIsRefusedWithAReason() throws {
        #expect(refusal("")?.exitCode == 2)
        #expect(refusal("[]")?.exitCode == 2)
        #expect(refusal("{}")?.message.contains("there is no 'schema'") == true)
        #expect(refusal(#"{"schema": 1}"#)?.message.contains("there is no 'environment'") == true)
        #expect(refusal(#"{"schema": 2}"#)?.exitCode == 7)
        #expect(refusal(#"{"schema": "x"}"#)?.message.contains("'schema' has another type") == true)
    }

    @Test(arguments: [
        (#""durable""#, #""eternal""#, "durability 'eternal'"),
        (#""ns/entry""#, #""furlongs""#, "unit 'furlongs'"),
        (#""median" : 100"#, #""median" : -1"#, "below zero"),
        (#""backend" : "segment""#, #""other" : 1"#, "there is no 'backend'"),
    ])
    func figuresThatMeanNothingAreRefused(
        _ figure: String, _ other: String, _ reason: String
    ) throws {
        let text = try JSONReport(try sampleComparison()).text()
        #expect(text.contains(figure))
        let failure = refusal(text.replacing(figure, with: other))
        #expect(failure?.exitCode == 2)
        #expect(failure?.message.contains(reason) == true, "\(failure?.message ?? "none")")
    }

    @Test func curvesGoAsFarAsTheCallsAllow() throws {
        let few = try #require(Percentiles([3, 1, 2]))
        #expect(few.curve.map(\.percent) == [1, 5, 10, 25, 50, 100])
        #expect(few.curve.map(\.value) == [1, 1, 1, 1, 2, 3])
        let many = try #require(Percentiles((1...10_000).map(Double.init)))
        #expect(many.curve.last == .init(percent: 100, value: 10_000))
        #expect(many.curve.first { $0.percent == 99.99 }?.value == 9_999)
        #expect(many.curve.first { $0.percent == 99 }?.value == many.p99)
        #expect(many.curve.first { $0.percent == 99.9 }?.value == many.p999)
    }

    @Test func spreadIsOfTheMiddleHalf() throws {
        #expect(try #require(Summary([100, 100, 100, 100, 900])).spread == 0)
        #expect(try #require(Summary([90, 100, 110])).spread == 0.1)
        #expect(Summary(median: 100, low: 90, high: 110, count: 5).spread == 0.1)
        #expect(Summary(median: 0, low: 0, high: 0, count: 5).spread == 0)
    }
}
