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

    /// Rules about tasks have mutants of their own: ``SplitMutantTests``.
    static var rules: [Rule] {
        Rule.allCases.filter { !leftOut.contains($0.id) && !$0.id.hasPrefix("async.") }
    }

    static let table = MutantTable(
        path: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("MUTANTS.md").path)

    @Test(arguments: Mutation.allCases)
    func failsExactlyTheRulesOfTheTable(_ mutation: Mutation) async throws {
        let caught = await Self.rulesThatCatch(mutation)
        #expect(!caught.isEmpty, "no rule catches it")
        if ProcessInfo.processInfo.environment["WRITE_MUTANTS"] != nil {
            try Self.table.write(mutation.rawValue, caught)
        }
        let expected = try Self.table.row(of: mutation.rawValue)
        #expect(caught == expected)
    }

    /// Every rule that can be checked in memory is shown to catch something.
    @Test func everyRuleCatchesAMutant() throws {
        let caught = try Set(Mutation.allCases.flatMap { try Self.table.row(of: $0.rawValue) })
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
}
