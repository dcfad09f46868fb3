import Conformance
import Foundation
import Testing
import WALProtocol

/// The kit is tested with stores that are broken on purpose: each fails exactly the rules that
/// stand beside it in `MUTANTS.md`.
///
/// `WRITE_MUTANTS=1 swift test --filter MutantTests` writes the table anew.
@Suite(.serialized) struct MutantTests {
    /// Rules that take long and that no mutant breaks, and those that depend on which thread comes
    /// first.
    static let leftOut: Set<String> = [
        "payload.batchTooLargeRefused", "payload.largeBatch", "payload.largest",
        "readers.raceWithRemoval", "readers.seeAPrefix", "readers.randomReads",
    ]

    static var rules: [Rule] { Rule.allCases.filter { !leftOut.contains($0.id) } }

    static let table = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("MUTANTS.md")

    @Test(arguments: Mutation.allCases)
    func failsExactlyTheRulesOfTheTable(_ mutation: Mutation) async throws {
        let caught = await Self.rulesThatCatch(mutation)
        #expect(!caught.isEmpty, "no rule catches it")
        if ProcessInfo.processInfo.environment["WRITE_MUTANTS"] != nil {
            try Self.write(mutation, caught)
        }
        let expected = try Self.row(of: mutation)
        #expect(caught == expected)
    }

    /// Every rule that can be checked in memory is shown to catch something.
    @Test func everyRuleCatchesAMutant() throws {
        let caught = try Set(Mutation.allCases.flatMap { try Self.row(of: $0) })
        let idle = Self.rules.map(\.id).filter {
            !caught.contains($0) && !TestedBackend.reference.notChecked.contains($0)
        }
        #expect(idle == Self.withoutMutant)
    }

    /// Rules whose bugs the reference store cannot be given, or that ask for what no store gets
    /// wrong without breaking much more.
    static let withoutMutant = ["basic.emptyBatch", "readers.outliveTheStore"]

    private static func rulesThatCatch(_ mutation: Mutation) async -> [String] {
        let disk = MutantDisk()
        let suite = LogStoreSuite(
            opening: { try MutantStore(at: $0, on: disk, mutation) },
            openingReadOnly: { try MutantStore(at: $0, on: disk, mutation, access: .readOnly) },
            seed: BackendTests.seed)
        return await suite.run(rules).violations.map(\.rule.id)
    }

    private static func row(of mutation: Mutation) throws -> [String] {
        let text = try String(contentsOf: table, encoding: .utf8)
        let row = text.split(separator: "\n").first { $0.hasPrefix("| \(mutation.rawValue) |") }
        guard let cells = row?.split(separator: "|"), cells.count == 2 else { return [] }
        return cells[1].split(separator: " ").map { String($0) }
    }

    private static func write(_ mutation: Mutation, _ caught: [String]) throws {
        let row = "| \(mutation.rawValue) | \(caught.joined(separator: " ")) |"
        var lines = try String(contentsOf: table, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map { String($0) }
        if let place = lines.firstIndex(where: { $0.hasPrefix("| \(mutation.rawValue) |") }) {
            lines[place] = row
        } else {
            lines.insert(
                row, at: lines.lastIndex { $0.hasPrefix("|") }.map { $0 + 1 } ?? lines.count)
        }
        try lines.joined(separator: "\n").write(to: table, atomically: true, encoding: .utf8)
    }
}
