import Conformance
import Foundation
import Testing
import WALProtocol

/// The rules about `AsyncLog` are tested with stores whose syncs run beside appends and that are
/// broken on purpose: each fails at least the rules that stand beside it in `MUTANTS.md`.
///
/// It may fail others too, if its threads happen to meet.
/// `WRITE_MUTANTS=1 swift test --filter SplitMutantTests` writes down what was caught this time.
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
        let caught = await suite.run(Self.rules).violations.map(\.rule.id)
        if ProcessInfo.processInfo.environment["WRITE_MUTANTS"] != nil {
            try MutantTests.table.write(mutation.rawValue, caught)
        }
        let expected = try MutantTests.table.row(of: mutation.rawValue)
        #expect(!expected.isEmpty && expected.allSatisfy { caught.contains($0) })
    }

    /// What is found on a mutant is the mutant's bug.
    @Test(arguments: rules) func nothingIsFoundWithoutAMutation(_ rule: Rule) async throws {
        let disk = ReferenceDisk()
        let suite = LogStoreSuite(
            opening: { try SplitStore(at: $0, on: disk) }, seed: BackendTests.seed)
        let outcome = try await suite.check(rule)
        #expect(outcome == .passed)
    }

    @Test func everyRuleCatchesAMutant() throws {
        let caught = try Set(
            SplitMutation.allCases.flatMap { try MutantTests.table.row(of: $0.rawValue) })
        #expect(Self.rules.map(\.id).filter { !caught.contains($0) } == [])
    }
}
