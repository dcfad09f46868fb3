import Foundation
import Testing

@testable import WALBenchmark

@Suite struct ReportTests {
    private func comparison() throws -> Comparison {
        let environment = WALBenchmark.Environment(
            directory: NSTemporaryDirectory(), versions: ["swift-raft-wal": "0.1.0"],
            options: ["profile": "quick"])
        var comparison = Comparison(environment: environment)
        comparison.conformance = [
            Conformity(
                backend: "segment", passed: 50, failed: 1, notChecked: 4, failures: ["a.b: x"])
        ]
        var row = durableRow()
        try row.add(cell("segment", 100))
        try row.add(cell("lmdb", 400))
        try row.setLimit(cell("limit", 80))
        var plain = Row(
            workload: "memory.after1M", sentence: "memory", unit: .bytes, durability: .none)
        try plain.add(
            Row.Cell(
                backend: "segment", durability: .none, summary: try #require(Summary([2_000_000]))))
        comparison.rows = [row, plain]
        comparison.notes = [
            .init(workload: "open.killed.1M", backend: "lmdb", reason: "nobody died")
        ]
        return comparison
    }

    private func object(_ comparison: Comparison) throws -> [String: Any] {
        let text = try JSONReport(comparison).text()
        return try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func theJSONHasTheShapeThatScriptsRead() throws {
        let report = try object(try comparison())
        #expect(report["schema"] as? Int == 1)
        let environment = try #require(report["environment"] as? [String: Any])
        for key in [
            "machine", "cpu", "cores", "kernel", "fileSystem", "versions", "options", "date",
        ] {
            #expect(environment[key] != nil, "\(key) is missing")
        }
        let conformance = try #require(report["conformance"] as? [[String: Any]])
        #expect(conformance.first?["backend"] as? String == "segment")
        #expect(conformance.first?["passed"] as? Int == 50)
        #expect(conformance.first?["failed"] as? Int == 1)
        #expect(conformance.first?["notChecked"] as? Int == 4)
        #expect(conformance.first?["failures"] as? [String] == ["a.b: x"])

        let results = try #require(report["results"] as? [[String: Any]])
        #expect(results.count == 3)
        let first = try #require(results.first)
        #expect(first["workload"] as? String == "append.durable.10")
        #expect(first["backend"] as? String == "segment")
        #expect(first["durability"] as? String == "durable")
        #expect(first["unit"] as? String == "ns/entry")
        #expect(first["median"] as? Double == 100)
        #expect(first["low"] as? Double == 99)
        #expect(first["high"] as? Double == 101)
        #expect(first["p50"] as? Double == 599)
        #expect(first["p99"] as? Double == 1_089)
        #expect(first["p999"] as? Double == 1_098)
        #expect(first["limit"] as? Double == 80)
        #expect(first["ratioToLimit"] as? Double == 1.25)
        #expect(first["ratioToBaseline"] as? Double == 0.25)
        #expect(first["repetitions"] as? Int == 3)
    }

    /// The page that scripts rely on has entries a second here; the JSON had nanoseconds.
    @Test func whatManyTasksDoIsARate() throws {
        var comparison = try comparison()
        var row = Row(
            workload: "append.concurrent.64", sentence: "tasks", unit: .nanosecondsPerEntry,
            durability: .durable)
        try row.add(cell("segment", 100))
        try row.add(cell("lmdb", 400))
        try row.setLimit(cell("limit", 80))
        comparison.rows = [row]
        let results = try #require(try object(comparison)["results"] as? [[String: Any]])
        let first = try #require(results.first)
        #expect(first["unit"] as? String == "entries/s")
        #expect(first["median"] as? Double == 1e7)
        #expect(first["low"] as? Double == 1e9 / 101)
        #expect(first["high"] as? Double == 1e9 / 99)
        #expect(first["limit"] as? Double == 1.25e7)
        #expect(first["ratioToLimit"] as? Double == 0.8)
        #expect(first["ratioToBaseline"] as? Double == 4)
        #expect(first["p50"] as? Double == 599)
    }

    @Test func whatDoesNotApplyIsAbsent() throws {
        let results = try #require(try object(try comparison())["results"] as? [[String: Any]])
        let plain = try #require(results.last)
        #expect(
            Set(plain.keys) == [
                "workload", "backend", "durability", "unit", "median", "low", "high", "repetitions",
                "samples",
            ])
    }

    @Test func theTableNamesEverythingOnce() throws {
        let text = Table(of: try comparison()).text
        let lines = text.split(separator: "\n").map(String.init)
        let segment = try #require(lines.first { $0.hasPrefix("append.durable.10 ") })
        #expect(segment.contains("segment"))
        #expect(segment.contains("100 ns/entry"))
        // A call took ten entries: its latency is shown whole.
        #expect(segment.contains("5.99 µs"))
        #expect(segment.hasSuffix("0.250     1.25"))
        #expect(
            lines.contains { $0.hasPrefix(" ") && $0.contains("limit  ") && $0.contains("80.0 ns") }
        )
        #expect(lines.contains { $0.contains("÷ lmdb") && $0.contains("÷ limit") })
        #expect(text.contains("50 passed, 1 failed, 4 not checked"))
        #expect(text.contains("broken: a.b: x"))
        #expect(text.contains("open.killed.1M, lmdb: no figure, nobody died"))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func columnsLineUp() throws {
        let lines = Table(of: try comparison()).text.split(separator: "\n").map(Array.init)
        let header = try #require(lines.first { String($0).hasPrefix("workload") })
        let place = try #require(String(header).range(of: "durability"))
        let column = String(header).distance(from: String(header).startIndex, to: place.lowerBound)
        for line in lines where String(line).contains(" durable  ") {
            #expect(String(line[column..<(column + 7)]) == "durable")
        }
    }

    @Test func onlyATerminalGetsEscapeCodes() throws {
        #expect(Table(of: try comparison(), emphasises: true).text.contains("\u{1B}[1m"))
    }
}
