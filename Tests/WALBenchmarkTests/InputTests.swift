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

    @Test func filesThatCannotBeReadAreNamed() {
        let error = #expect(throws: LogStoreError.self) { try InputFile(path: "/nowhere/input") }
        #expect(error?.code == .io)
        #expect(error?.context.file == "/nowhere/input")
        #expect(error?.cause?.errno == ENOENT)
    }
}
