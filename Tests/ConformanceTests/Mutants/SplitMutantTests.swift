import Conformance
import Foundation
import Testing
import WALProtocol

/// The rules about `AsyncLog` are tested with stores whose syncs run beside appends and that are
/// broken on purpose: each fails exactly the rules that stand beside it in `MUTANTS.md`, and of those in
/// parentheses some, if its threads happen to meet.
@Suite(.serialized) struct SplitMutantTests {
    /// The rules about `AsyncLog` that can be checked in memory.
    static let rules = Rule.allCases.filter {
        $0.id.hasPrefix("async.") && !TestedBackend.reference.notChecked.contains($0.id)
    }

    @Test(arguments: SplitMutation.allCases)
    func failsTheRulesOfTheTable(_ mutation: SplitMutation) async throws {
        let threads = LeakedThreads()
        defer { threads.endAll() }
        let disk = ReferenceDisk()
        let suite = LogStoreSuite(
            opening: { try SplitStore(at: $0, on: disk, mutation, threads: threads) },
            seed: BackendTests.seed, timeLimit: .seconds(24))
        try await MutantTests.table.check(mutation.rawValue, by: Self.rules, in: suite)
    }

    /// What is found on a mutant is the mutant's bug.
    @Test(arguments: rules) func nothingIsFoundWithoutAMutation(_ rule: Rule) async throws {
        let disk = ReferenceDisk()
        let suite = LogStoreSuite(
            opening: { try SplitStore(at: $0, on: disk) }, seed: BackendTests.seed)
        let outcome = try await suite.check(rule)
        #expect(outcome == .passed)
    }
}
