import Foundation
import SegmentBackend
import Testing
import WALProtocol

@testable import WALBenchmark

@Suite struct InputTests {
    @Test func linesAreSplitWithoutTheirEnds() {
        let (bytes, lengths) = InputFile.split(Array("ab\n\nc\r\nlast".utf8))
        #expect(String(decoding: bytes, as: UTF8.self) == "abc\rlast")
        #expect(lengths == [2, 0, 2, 4])
    }

    @Test func aLastLineWithItsEndIsNotTwo() {
        #expect(InputFile.split(Array("a\n".utf8)).lengths == [1])
        #expect(InputFile.split([UInt8]()).lengths.isEmpty)
    }

    @Test func everyDifferenceIsFound() throws {
        let directory = NSTemporaryDirectory() + "/walbench-input-\(UUID())"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        let file = directory + "/input"
        let lines = ["one", "two", "", "four"]
        try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
        let input = try InputFile(path: file)
        #expect(input.recordCount == 4)

        func difference(_ name: String, _ lines: [String]) throws -> String? {
            let store = try SegmentStore(at: directory + "/" + name)
            for (number, line) in lines.enumerated() {
                try store.append(
                    Array(line.utf8), at: LogPosition(term: 1, index: LogIndex(number) + 1))
            }
            defer { try? store.close() }
            return try InputComparison.firstDifference(of: store, from: input)
        }
        #expect(try difference("same", lines) == nil)
        #expect(try difference("other", ["one", "twO", "", "four"])?.contains("record 2") == true)
        #expect(
            try difference("longer", ["one", "two", " ", "four"])?.contains("record 3") == true)
        #expect(try difference("fewer", ["one", "two", ""]) == "read back 3 records")
    }

    private func run(
        _ contestants: [Contestant], _ conformance: [Conformity] = []
    ) throws -> Comparison {
        let scratch = try Scratch(in: NSTemporaryDirectory())
        defer { scratch.removeAll() }
        let file = scratch.fresh("input")
        // The second line is longer than any block that the limit reads.
        let lines = ["one", String(repeating: "x", count: 300_000), "three"]
        try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
        var comparison = Comparison(
            environment: WALBenchmark.Environment(
                directory: scratch.path, versions: [:], options: [:]))
        try InputComparison(
            InputFile(path: file), in: Bench(profile: .quick, scratch: scratch),
            contestants: contestants, conformance: conformance
        ).run(into: &comparison)
        return comparison
    }

    /// The store that never leaves memory was opened anew to be read back: the file was called lost.
    @Test func whatKeepsNothingOnDiskLosesNothing() throws {
        let comparison = try run([.segment, .memory])
        #expect(comparison.inputs.map(\.backend) == ["segment"])
        #expect(comparison.inputs.allSatisfy { $0.isIdentical })
        #expect(comparison.rows.flatMap(\.cells).map(\.backend) == ["segment", "segment"])
        #expect(
            comparison.notes == [
                .init(workload: "input", backend: "memory", reason: "it keeps nothing on disk")
            ])
    }

    /// A backend whose syncs were found to lie had no durable figure but that of the file.
    @Test func aBackendThatBrokeADurabilityRuleIsOnlyReadBack() throws {
        let other = Contestant("other") { (path) throws(LogStoreError) in
            try SegmentStore(at: path)
        }
        let broken = Conformity(
            backend: "other", passed: 1, failed: 1, notChecked: 0,
            durabilityFailures: ["durability.syncIsHonest"])
        let comparison = try run([.segment, other], [broken])
        #expect(comparison.rows.map(\.workload) == ["input.append", "input.readback"])
        #expect(
            comparison.rows.map { $0.cells.map(\.backend) } == [["segment"], ["segment", "other"]])
        #expect(comparison.inputs.map(\.backend) == ["segment", "other"])
        #expect(
            comparison.notes == [
                .init(
                    workload: "input.append", backend: "other",
                    reason: "it broke the durability rule durability.syncIsHonest")
            ])
    }

    @Test func filesThatCannotBeReadAreNamed() {
        let error = #expect(throws: LogStoreError.self) { try InputFile(path: "/nowhere/input") }
        #expect(error?.code == .io)
        #expect(error?.context.file == "/nowhere/input")
        #expect(error?.cause?.errno == ENOENT)
    }
}
