import Conformance
import Foundation
import Testing
import WALProtocol

/// The kit is tested with stores that are broken on purpose: each fails exactly the rules that
/// stand beside it in `MUTANTS.md`.
///
/// `WRITE_MUTANTS=1 swift test --filter MutantTests` writes the table anew, and `ALL_MUTANTS=1` checks
/// that those that take long fail nowhere else.
@Suite(.serialized) struct MutantTests {
    /// Rules that take long, or that depend on which thread comes first: checked where they have to
    /// fail.
    static let slow: Set<String> = [
        "payload.batchTooLargeRefused", "payload.largeBatch", "payload.largest",
        "readers.raceWithRemoval", "readers.seeAPrefix", "readers.randomReads",
    ]

    /// Rules about tasks have mutants of their own: ``SplitMutantTests``.
    static var rules: [Rule] { Rule.allCases.filter { !$0.id.hasPrefix("async.") } }

    static let table = MutantTable(
        path: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("MUTANTS.md").path)

    @Test(arguments: Mutation.allCases)
    func failsExactlyTheRulesOfTheTable(_ mutation: Mutation) async throws {
        let disk = MutantDisk()
        let suite = LogStoreSuite(
            opening: { try MutantStore(at: $0, on: disk, mutation) },
            openingReadOnly: { try MutantStore(at: $0, on: disk, mutation, access: .readOnly) },
            seed: BackendTests.seed)
        try await Self.table.check(mutation.rawValue, by: Self.rules, .allBut(Self.slow), in: suite)
    }

    /// A rule that nothing fails says nothing, and there is no exception.
    @Test func everyRuleCatchesAMutant() throws {
        let caught = try Self.table.rules(thatCatch: Mutation.allCases.map(\.rawValue))
            .union(Self.table.rules(thatCatch: SplitMutation.allCases.map(\.rawValue)))
            .union(DiskMutantTests.table.rules(thatCatch: DiskMutation.allCases.map(\.rawValue)))
            .union(FileMutantTests.table.rules(thatCatch: FileMutation.allCases.map(\.rawValue)))
        #expect(Rule.allCases.map(\.id).filter { !caught.contains($0) } == [])
    }
}
