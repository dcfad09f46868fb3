import ArgumentParser
import Conformance
import Foundation
import Testing

@testable import WALBenchmark

@Suite struct CommandTests {
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "/walbench-command-\(UUID())"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try body(path)
    }

    private func report(_ arguments: String...) throws -> ReportCommand {
        try ReportCommand.parse(["run.json"] + arguments)
    }

    /// The first output that could not be written took the others and the table with it, after the
    /// whole run.
    @Test func anOutputThatCannotBeWrittenCostsNoOther() throws {
        try withDirectory { directory in
            let comparison = try sampleComparison()
            let page = directory + "/page.html", text = directory + "/text.md"
            let nowhere = directory + "/nowhere/file"
            let first = try report("--html", nowhere, "--markdown", text).outputs
            let failure = #expect(throws: Failure.self) {
                try first.publish(comparison, isSilent: true)
            }
            #expect(failure?.exitCode == 5)
            #expect(failure?.message.contains(nowhere) == true)
            #expect(FileManager.default.fileExists(atPath: text))

            let second = try report("--html", page, "--markdown", directory).outputs
            #expect(throws: Failure.self) {
                try second.publish(comparison, json: nowhere, isSilent: true, takesStdout: true)
            }
            #expect(FileManager.default.fileExists(atPath: page))
        }
    }

    /// A directory can be written, but not as a file: that was found out when the run was over.
    @Test func directoriesAreNoOutputs() throws {
        try withDirectory { directory in
            let failure = #expect(throws: Failure.self) { try Output.checkWritable(directory) }
            #expect(failure?.exitCode == 5)
            #expect(failure?.message.contains(directory) == true)
            try Output.checkWritable(directory + "/new")
            try Output.write("old", toFile: directory + "/old")
            try Output.checkWritable(directory + "/old")
            #expect(throws: Failure.self) { try Output.checkWritable(directory + "/nowhere/new") }
        }
    }

    /// `--svg` left the figures out although `--bars` asked for them, and `--svg -` had the path of
    /// the page behind the image.
    @Test func aChartOnStdoutHasItForItself() throws {
        #expect(try report("--svg", "chart.svg").isSilent)
        #expect(try !report("--svg", "chart.svg", "--bars").isSilent)
        #expect(try !report("--svg", "chart.svg", "--no-bars").isSilent)
        #expect(try report("--svg", "-").isSilent)
        #expect(try report("--svg", "-", "--html", "page.html").takesStdout)
        #expect(try !report("--svg", "chart.svg", "--html", "page.html").takesStdout)
        for others in [["--bars"], ["--no-bars"], ["--markdown", "-"]] {
            #expect(throws: (any Error).self) {
                try ReportCommand.parse(["run.json", "--svg", "-"] + others)
            }
        }
    }

    private func against(_ arguments: String...) throws -> AgainstCommand {
        try AgainstCommand.parse(["/bin/sh"] + arguments)
    }

    /// In so few rounds no difference counts, so that the threshold could never be passed.
    @Test(arguments: 1...5) func aThresholdThatCannotBePassedIsRefused(_ rounds: Int) throws {
        #expect(throws: (any Error).self) {
            try against("--rounds", "\(rounds)", "--fail-beyond", "5")
        }
        #expect(try against("--rounds", "\(rounds)").rounds == rounds)
    }

    @Test func thresholdsArePercentages() throws {
        #expect(try against("--rounds", "6", "--fail-beyond", "0").failBeyond == 0)
        for threshold in ["nan", "inf", "-1"] {
            #expect(throws: (any Error).self) { try against("--fail-beyond=\(threshold)") }
        }
    }

    @Test func theRulesCanBeReadByScripts() throws {
        let text = ConformanceCommand.json([("a", Report(seed: 1)), ("b", Report(seed: 2))])
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(object?["schema"] as? Int == 1)
        let backends = try #require(object?["backends"] as? [[String: Any]])
        #expect(backends.map { $0["backend"] as? String } == ["a", "b"])
        #expect(backends.map { $0["seed"] as? String } == ["1", "2"])
        #expect(try ConformanceCommand.parse(["--json", "out"]).json == "out")
    }
}
