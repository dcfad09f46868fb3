import Conformance
import Foundation
import SQLiteBackend
import Testing

/// The kit on this backend: each rule is a test of its own.
@Suite struct ConformanceTests {
    @Test(arguments: Rule.allCases) func sqlite(_ rule: Rule) async throws {
        try await LogStoreSuite(opening: { try SQLiteStore(at: $0) }).check(rule)
    }

    /// A process with 64 tasks that write is killed, again and again.
    @Test func killedWritersLoseNothing() throws {
        let drill = KillDrill(executable: try Self.writer()) { try SQLiteStore(at: $0) }
        let report = try drill.run(rounds: 10)
        #expect(report.roundCount == 10 && report.acknowledgedCount > 0)
    }

    /// The program beside the test bundle.
    private static func writer() throws -> String {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
        let directory =
            bundle?.deletingLastPathComponent()
            ?? Bundle.main.bundleURL
        let path = directory.appendingPathComponent("sqlite-walbench").path
        try #require(FileManager.default.isExecutableFile(atPath: path), "\(path) is not built")
        return path
    }
}
