import ArgumentParser
import Foundation
import Testing

@testable import WALBenchmark

@Suite struct DifferenceTests {
    private let calm: [Double] = [99, 101, 100, 102, 98]

    private func comparison(
        _ figures: [Double], limit: [Double]? = [80, 80, 81, 80, 79],
        workload: String = "append.durable.1", backend: String = "segment",
        durability: Durability = .durable, cpu: String = "Abacus"
    ) throws -> Comparison {
        var environment = WALBenchmark.Environment(
            directory: NSTemporaryDirectory(), versions: [:], options: [:])
        environment.cpu = cpu
        var comparison = Comparison(environment: environment)
        var row = Row(
            workload: workload, sentence: "", unit: .nanosecondsPerEntry, durability: durability)
        func cell(_ name: String, _ figures: [Double]) throws -> Row.Cell {
            Row.Cell(
                backend: name, durability: durability, summary: try #require(Summary(figures)))
        }
        try row.add(cell(backend, figures))
        if let limit { try row.setLimit(cell("limit", limit)) }
        comparison.rows = [row]
        return comparison
    }

    private func change(_ old: Comparison, _ new: Comparison) throws -> Change {
        let difference = Difference(from: old, to: new)
        #expect(difference.refusals.isEmpty)
        return try #require(difference.changes.first)
    }

    // MARK: Beyond the noise

    @Test func whatIsApartInEveryRepetitionCounts() throws {
        let worse = try change(
            try comparison(calm), try comparison(calm.map { $0 * 1.3 }))
        #expect(worse.verdict == .worse)
        #expect(abs((worse.ratio ?? 0) - 1.3) < 1e-9)
        #expect(worse.isRegression(beyond: 25))
        #expect(!worse.isRegression(beyond: 35))
        let better = try change(
            try comparison(calm), try comparison(calm.map { $0 / 1.3 }))
        #expect(better.verdict == .better)
        #expect(!better.isRegression(beyond: 0))
    }

    @Test func whatVariesAsMuchIsNoise() throws {
        #expect(try change(try comparison(calm), try comparison(calm)).verdict == .noise)
        let wide: [Double] = [80, 150, 90, 140, 100]
        #expect(try change(try comparison(calm), try comparison(wide)).verdict == .noise)
    }

    @Test func oneStrayRepetitionHidesNothing() throws {
        let old: [Double] = [100, 101, 102, 99, 98, 100, 101, 100, 180]
        let new: [Double] = [130, 131, 129, 133, 130, 132, 128, 131, 130]
        #expect(try change(try comparison(old), try comparison(new)).verdict == .worse)
    }

    @Test func threeRepetitionsProveNothing() throws {
        let verdict = try change(
            try comparison([99, 100, 101]), try comparison([199, 200, 201])
        ).verdict
        #expect(verdict == .unknown)
    }

    /// The plain loop is the same code in both runs: what slowed it down slowed the store down.
    @Test func aSlowerMachineIsNoRegression() throws {
        let slower = try change(
            try comparison(calm),
            try comparison(calm.map { $0 * 1.3 }, limit: [104, 104, 105, 104, 103]))
        #expect(slower.verdict == .machine)
        #expect(!slower.isRegression(beyond: 10))
        // Some of it is the store's own, and less than half.
        let mostlyMachine = try change(
            try comparison(calm),
            try comparison(calm.map { $0 * 1.3 }, limit: [96, 97, 96, 95, 96]))
        #expect(mostlyMachine.verdict == .machine)
        // But twice as slow on a machine that is a tenth slower is one.
        let worse = try change(
            try comparison(calm),
            try comparison(calm.map { $0 * 2 }, limit: [88, 88, 88, 88, 88]))
        #expect(worse.verdict == .worse)
        #expect(worse.isRegression(beyond: 80))
        #expect(!worse.isRegression(beyond: 95))
    }

    @Test func anotherMachineIsSaidAndJudgedByThePlainLoopOnly() throws {
        let old = try comparison(calm, cpu: "Abacus")
        let new = try comparison(calm.map { $0 * 2 }, cpu: "Slide rule")
        let difference = Difference(from: old, to: new)
        #expect(difference.warnings == ["another processor: Abacus, then Slide rule"])
        #expect(difference.changes.first?.verdict == .worse)
        let without = try change(
            try comparison(calm, limit: nil, cpu: "Abacus"),
            try comparison(calm.map { $0 * 2 }, limit: nil, cpu: "Slide rule"))
        #expect(without.verdict == .unknown)
    }

    @Test func aRunWithoutItsRepetitionsIsJudgedByItsEnds() throws {
        var old = try comparison(calm)
        old.rows[0] = try kept(old.rows[0], count: 5)
        let new = try comparison(calm.map { $0 * 1.3 })
        #expect(try change(old, new).verdict == .worse)
        old.rows[0] = try kept(old.rows[0], count: 1)
        #expect(try change(old, new).verdict == .unknown)
    }

    private func kept(_ row: Row, count: Int) throws -> Row {
        var result = Row(
            workload: row.workload, sentence: "", unit: row.unit, durability: row.durability)
        for cell in row.cells {
            var cell = cell
            let summary = cell.summary
            cell.summary = Summary(
                median: summary.median, low: summary.low, high: summary.high, count: count)
            try result.add(cell)
        }
        if let limit = row.limit { try result.setLimit(limit) }
        return result
    }

    // MARK: What does not compare

    @Test func figuresOfAnotherDurabilityAreNotCompared() throws {
        let difference = Difference(
            from: try comparison(calm), to: try comparison(calm, durability: .buffered))
        #expect(difference.changes.isEmpty)
        #expect(
            difference.refusals == [
                "append.durable.1, segment: durable in the first run, buffered in the second: such "
                    + "figures do not compare"
            ])
    }

    @Test func whatOnlyOneRunHasIsNamed() throws {
        let other = try comparison(calm, workload: "metadata.durable")
        #expect(
            Difference(from: try comparison(calm), to: other).refusals == [
                "segment, only in the first run: append.durable.1",
                "segment, only in the second run: metadata.durable",
            ])
        let lmdb = try comparison(calm, backend: "lmdb")
        #expect(
            Difference(from: try comparison(calm), to: lmdb).refusals == [
                "segment: only in the first run", "lmdb: only in the second run",
            ])
    }

    // MARK: The report

    @Test func aRegressionEndsTheProgramWithOne() throws {
        let difference = Difference(
            from: try comparison(calm), to: try comparison(calm.map { $0 * 1.3 }))
        let report = DifferenceReport(difference, threshold: 10)
        #expect(report.failure?.exitCode == 1)
        #expect(report.conclusion == "worse by more than 10 %: append.durable.1 of segment")
        let line = try #require(report.text.split(separator: "\n").dropFirst().first)
        #expect(
            line.split(separator: " ").map(String.init) == [
                "append.durable.1", "segment", "100", "ns", "98.0", "ns", "–", "102", "ns", "130",
                "ns", "127", "ns", "–", "133", "ns", "1.30", "1.00", "REGRESSION",
            ])
        #expect(report.markdown.contains("| append.durable.1 | segment | 100 ns |"))
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(try report.json().utf8))
                as? [String: Any])
        let result = try #require((json["results"] as? [[String: Any]])?.first)
        #expect(result["isRegression"] as? Bool == true)
        #expect(result["verdict"] as? String == "worse")
        #expect(DifferenceReport(difference, threshold: 50).failure == nil)
    }

    @Test func lessOfARateIsWorse() throws {
        let name = "append.concurrent.64"
        let report = DifferenceReport(
            Difference(
                from: try comparison(calm, workload: name),
                to: try comparison(calm.map { $0 * 2 }, workload: name)), threshold: 10)
        #expect(report.failure != nil)
        #expect(report.text.contains("10,000,000/s  9,800,000/s – 10,200,000/s  5,000,000/s"))
        #expect(report.text.contains("  0.500  "))
    }

    @Test func whatIsWithinTheNoiseIsCountedAndShownOnRequest() throws {
        let difference = Difference(from: try comparison(calm), to: try comparison(calm))
        let report = DifferenceReport(difference, threshold: 10)
        #expect(report.failure == nil)
        #expect(
            report.conclusion
                == "nothing is worse by more than 10 %: of 1 figures 1 within the noise")
        #expect(!report.text.contains("append.durable.1"))
        #expect(
            DifferenceReport(difference, threshold: 10, showsAll: true).text
                .contains("append.durable.1"))
    }

    // MARK: The command

    @Test func theCommandReadsTheJSONAndThePage() throws {
        let directory = URL(fileURLWithPath: NSTemporaryDirectory())
            .appendingPathComponent("walbench-diff-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let before = directory.appendingPathComponent("before.html").path
        let after = directory.appendingPathComponent("after.json").path
        try Output.write(try HTMLReport(try comparison(calm)).text(), toFile: before)
        try Output.write(
            try JSONReport(try comparison(calm.map { $0 * 3 })).text(), toFile: after)

        let difference = try DiffCommand.parse([before, after]).difference()
        #expect(difference.changes.map(\.verdict) == [.worse])
        #expect(throws: (any Error).self) {
            try DiffCommand.parse([before, after, "--backends", "x"]).difference()
        }
        #expect(throws: (any Error).self) {
            try DiffCommand.parse([before, after, "--threshold=-1"])
        }
        do {
            _ = try DiffCommand.parse([before, directory.path + "/none"]).difference()
            Issue.record("a file that is not there was read")
        } catch let failure as Failure {
            #expect(failure.exitCode == 5)
            #expect(failure.message.contains("none"))
        }
    }
}

@Suite struct RankSumTests {
    @Test func chancesAreThoseOfTheTables() {
        #expect(abs(RankSum.chance([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]) - 2.0 / 252) < 1e-12)
        // Two of the 25 pairs are the wrong way round: 1 + 1 + 2 of 252 orders are no less apart.
        #expect(abs(RankSum.chance([1, 2, 3, 4, 7.5], [5, 6, 7, 8, 9]) - 2 * 7.0 / 252) < 1e-12)
        #expect(abs(RankSum.chance([1, 2, 3, 4, 6.5], [5, 6, 7, 8, 9]) - 2 * 4.0 / 252) < 1e-12)
        #expect(abs(RankSum.chanceOfSeparation(4, 4) - 2.0 / 70) < 1e-12)
        #expect(abs(RankSum.chanceOfSeparation(3, 3) - 0.1) < 1e-12)
        #expect(abs(RankSum.chanceOfSeparation(9, 3) - 2.0 / 220) < 1e-12)
    }

    @Test func nothingAndEqualsProveNothing() {
        #expect(RankSum.chance([], [1]) == 1)
        #expect(RankSum.chance([1, 1, 1, 1, 1], [1, 1, 1, 1, 1]) == 1)
        #expect(RankSum.chanceOfSeparation(0, 5) == 1)
        #expect(RankSum.chance([2, 2, 3], [2, 2, 3]) == 1)
    }

    @Test func aThousandRepetitionsAreDecidedToo() {
        let low = (0..<1_000).map(Double.init)
        #expect(RankSum.chance(low, low.map { $0 + 900 }) < 0.001)
        #expect(RankSum.chance(low, low.map { $0 + 1 }) > 0.5)
    }
}
