import Conformance
import SQLiteBackend
import Testing

/// The kit on this backend: each rule is a test of its own.
@Suite struct ConformanceTests {
    @Test(arguments: Rule.allCases) func sqlite(_ rule: Rule) async throws {
        try await LogStoreSuite(opening: { try SQLiteStore(at: $0) }).check(rule)
    }

    /// A process with 64 tasks that write is killed, again and again.
    @Test func killedWritersLoseNothing() throws {
        let program = try KillDrill.path(ofProgram: "sqlite-walbench")
        let drill = KillDrill(executable: program) { try SQLiteStore(at: $0) }
        let report = try drill.run(rounds: 10)
        #expect(report.roundCount == 10 && report.acknowledgedCount > 0)
    }
}
