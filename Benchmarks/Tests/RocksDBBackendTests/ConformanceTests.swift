#if RocksDB
    import Conformance
    import Foundation
    import RocksDBBackend
    import Testing

    /// The kit on this backend: each rule is a test of its own.
    @Suite struct ConformanceTests {
        @Test(arguments: Rule.allCases) func rocksDB(_ rule: Rule) async throws {
            try await LogStoreSuite.rocksDB().check(rule)
        }

        /// A process with 64 tasks that write is killed, again and again.
        @Test func killedWritersLoseNothing() throws {
            let drill = KillDrill(executable: try Self.writer()) { try RocksDBStore(at: $0) }
            let report = try drill.run(rounds: 10)
            #expect(report.roundCount == 10 && report.acknowledgedCount > 0)
        }

        /// The program beside the test bundle.
        private static func writer() throws -> String {
            let bundle =
                Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
            let directory = bundle?.deletingLastPathComponent() ?? Bundle.main.bundleURL
            let path = directory.appendingPathComponent("walbench").path
            try #require(FileManager.default.isExecutableFile(atPath: path), "\(path) is not built")
            return path
        }
    }
#endif
