import Conformance
import Foundation
import Testing
import WALProtocol

/// The rules about disks are tested with stores that are broken on purpose: each fails exactly the
/// rules that stand beside it in `DISK-MUTANTS.md`.
///
/// A rule that finds nothing takes its time, so that every run makes sure only that each mutant
/// fails the first rule of its row. `ALL_MUTANTS=1 swift test --filter DiskMutantTests` compares
/// whole rows, `WRITE_MUTANTS=1` writes them.
@Suite(.serialized) struct DiskMutantTests {
    static let table = MutantTable(
        path: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("DISK-MUTANTS.md").path)

    /// The rules that need a simulated disk.
    static let rules = Rule.allCases.filter { rule in
        ["crash.", "faults.", "damage.", "async."].contains { rule.id.hasPrefix($0) }
            && TestedBackend.reference.notChecked.contains(rule.id) && rule.id != "damage.reported"
    }

    private static let environment = ProcessInfo.processInfo.environment

    @Test(arguments: DiskMutation.allCases)
    func failsTheRulesOfTheTable(_ mutation: DiskMutation) async throws {
        let isWritten = Self.environment["WRITE_MUTANTS"] != nil
        if isWritten {
            try Self.table.write(mutation.rawValue, await Self.caught(mutation, by: Self.rules))
        }
        let expected = try Self.table.row(of: mutation.rawValue)
        #expect(!expected.isEmpty, "no rule catches it")
        if Self.environment["ALL_MUTANTS"] != nil, !isWritten {
            #expect(await Self.caught(mutation, by: Self.rules) == expected)
        } else if let first = expected.first, !isWritten {
            let rule = try #require(Rule(id: first))
            #expect(await Self.caught(mutation, by: [rule]) == [first])
        }
    }

    /// What is found on a mutant is the mutant's bug.
    @Test(arguments: rules) func nothingIsFoundWithoutAMutation(_ rule: Rule) async throws {
        let outcome = try await Self.suite(nil).check(rule)
        #expect(outcome == .passed)
    }

    @Test func everyRuleCatchesAMutant() throws {
        let caught = try Set(
            DiskMutation.allCases.flatMap { try Self.table.row(of: $0.rawValue) })
        #expect(Self.rules.map(\.id).filter { !caught.contains($0) } == [])
    }

    private static func caught(_ mutation: DiskMutation, by rules: [Rule]) async -> [String] {
        await suite(mutation).run(rules).violations.map(\.rule.id)
    }

    static func suite(_ mutation: DiskMutation?) -> LogStoreSuite {
        LogStoreSuite(
            opening: { try PlainFileStore(at: $0, on: SimulatedDisk()) },
            openingOnSimulatedDisk: { path, fileSystem, _ in
                try PlainFileStore(at: path, on: fileSystem, mutation)
            },
            seed: BackendTests.seed)
    }
}
