import Conformance
import Foundation
import SQLiteBackend
import Testing

/// The kit on this backend: each rule is a test of its own.
@Suite struct ConformanceTests {
    /// What is checked is what the catalogue of the rules says about this backend.
    @Test(arguments: Rule.allCases) func sqlite(_ rule: Rule) async throws {
        let suite = LogStoreSuite(opening: { try SQLiteStore(at: $0) })
        let isChecked = try await suite.check(rule) == .passed
        // Not every system counts what its devices write.
        guard rule.id != "sync.reachesTheDevice" else { return }
        let row = try Self.catalogue.split(separator: "\n").first {
            $0.hasPrefix("| `\(rule.id)` |")
        }
        let backends = try #require(row).split(separator: "|")[3]
        #expect(isChecked == (backends.contains("sqlite") || backends == " all "))
    }

    private static var catalogue: String {
        get throws {
            let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../../../Sources/Conformance/Conformance.docc")
            return try String(
                contentsOf: path.appendingPathComponent("RuleCatalogue.md"), encoding: .utf8)
        }
    }

    /// A process with 64 tasks that write is killed, again and again.
    @Test func killedWritersLoseNothing() throws {
        let program = try KillDrill.path(ofProgram: "sqlite-walbench")
        let drill = KillDrill(executable: program) { try SQLiteStore(at: $0) }
        let report = try drill.run(rounds: 10)
        #expect(report.roundCount == 10 && report.acknowledgedCount > 0)
    }
}
