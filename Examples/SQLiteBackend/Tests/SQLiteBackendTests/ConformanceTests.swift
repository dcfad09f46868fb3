import Conformance
import SQLiteBackend
import Testing

/// The kit on this backend: each rule is a test of its own.
@Suite struct ConformanceTests {
    @Test(arguments: Rule.allCases) func sqlite(_ rule: Rule) async throws {
        try await LogStoreSuite(opening: { try SQLiteStore(at: $0) }).check(rule)
    }
}
