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
            || rule.id == "metadata.firstCreationIsAtomic"
    }

    @Test(arguments: DiskMutation.allCases)
    func failsTheRulesOfTheTable(_ mutation: DiskMutation) async throws {
        try await Self.table.check(
            mutation.rawValue, by: Self.rules, .first, in: Self.suite(mutation))
    }

    /// What is found on a mutant is the mutant's bug.
    @Test(arguments: rules) func nothingIsFoundWithoutAMutation(_ rule: Rule) async throws {
        let outcome = try await Self.suite(nil).check(rule)
        #expect(outcome == .passed)
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
