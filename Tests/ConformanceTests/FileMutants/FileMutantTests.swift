@testable import Conformance
import Foundation
import SegmentBackend
import Testing
import WALProtocol

/// The rules about files are tested with stores on real ones that are broken on purpose.
///
/// Real syncs take their time, so that every run makes sure only that the rules of a row fail.
/// `ALL_MUTANTS=1 swift test --filter FileMutantTests` compares whole rows.
@Suite(.serialized) struct FileMutantTests {
    static let table = MutantTable(
        path: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("FILE-MUTANTS.md").path)

    /// The rules that need files, and no simulated disk.
    static let rules = Rule.allCases.filter {
        TestedBackend.reference.notChecked.contains($0.id) && !DiskMutantTests.rules.contains($0)
    }

    @Test(arguments: FileMutation.allCases)
    func failsExactlyTheRulesOfTheTable(_ mutation: FileMutation) async throws {
        try await Self.table.check(
            mutation.rawValue, by: Self.rules, .allBut(Set(Self.rules.map(\.id))),
            in: Self.suite(mutation))
    }

    /// What is found on a mutant is the mutant's bug.
    @Test(arguments: rules) func nothingIsFoundWithoutAMutation(_ rule: Rule) async throws {
        let outcome = try await Self.suite(nil).check(rule)
        #expect(outcome == .passed)
    }

    private static func suite(_ mutation: FileMutation?) -> LogStoreSuite {
        let syncCount = Shared<UInt64>(0)
        let disk = MutantFiles(mutation, syncCount)
        var suite = LogStoreSuite(
            opening: { try FileMutantStore(at: $0, on: disk, cacheByteCount: 64 << 10) },
            variants: [
                { try FileMutantStore(at: $0, on: disk, cacheByteCount: 1) },
                { try FileMutantStore(at: $0, on: disk, cacheByteCount: 1 << 20) },
            ], seed: BackendTests.seed)
        // The device as the store sees it: others write to the real one. The file that the rule writes
        // for comparison comes between the first two questions.
        let asked = Shared(0)
        suite.deviceWriteCount = { _ in
            asked.update { $0 += 1 }
            return syncCount.value + (asked.value > 1 ? 1 : 0)
        }
        return suite
    }
}
