@testable import Conformance
import SegmentBackend
import Testing
import WALProtocol

/// The store that mutants are made of is right: what a rule finds on a mutant is the mutant's bug.
@Suite struct PlainFileStoreTests {
    /// Every rule, on the real disk; only memory is not bounded, because all of the log is in it.
    @Test(arguments: Rule.allCases.filter { $0.id != "read.memoryBounded" })
    func conforms(to rule: Rule) async throws {
        let suite = LogStoreSuite(
            opening: { try PlainFileStore(at: $0, on: POSIXFileSystem()) },
            seed: BackendTests.seed)
        try await suite.check(rule)
    }
}
