@testable import Conformance
import SegmentBackend
import Testing
import WALProtocol

/// What the drill says about stores that lost or invented something.
@Suite struct KillDrillTests {
    private func told(_ count: UInt64) -> [Acknowledgement] {
        (0..<count).map {
            Acknowledgement(index: $0 + 1, entry: KillEntry(round: 0, task: 0, count: $0))
        }
    }

    /// Checks a log of these payloads against five acknowledged entries of one task.
    private func check(_ payloads: [[UInt8]]) throws -> Int {
        var history = KillHistory()
        history.add(told(5))
        let disk = ReferenceDisk()
        return try history.check(
            { path in
                let store = try ReferenceStore(at: path, on: disk)
                for (index, payload) in zip((1 as LogIndex)..., payloads) {
                    try store.append(payload, at: LogPosition(term: 1, index: index))
                }
                return store
            }, at: "log")
    }

    private func payloads(_ counts: [UInt64]) -> [[UInt8]] {
        counts.map { KillEntry(round: 0, task: 0, count: $0).payload }
    }

    @Test func programsAreFoundBesideTheTests() throws {
        let path = try KillDrill.path(ofProgram: "walstress")
        #expect(path.hasSuffix("/walstress"))
        let failure = #expect(throws: KillFailure.self) {
            try KillDrill.path(ofProgram: "no-such-program")
        }
        #expect(failure?.description.contains("let the test target depend on it") == true)
    }

    /// On a busy machine no writer of a drill of few rounds came to acknowledge anything before it was
    /// killed, and the drill failed, though nothing was wrong with the store.
    @Test func writersLiveLongerUntilOneAcknowledgesSomething() throws {
        var drill = KillDrill(
            executable: try KillDrill.path(ofProgram: "walstress"), taskCount: 4
        ) { try SegmentStore(at: $0) }
        drill.longestLife = 1
        let report = try drill.run(rounds: 1)
        #expect(report.acknowledgedCount > 0)
        #expect(report.entryCount >= report.acknowledgedCount)
    }

    @Test func whatWasAcknowledgedIsThereAndOneMoreMayBe() throws {
        #expect(try check(payloads([0, 1, 2, 3, 4])) == 5)
        #expect(try check(payloads([0, 1, 2, 3, 4, 5])) == 6)
    }

    @Test(arguments: [
        ([0, 1, 2, 3], "1 acknowledged entries are gone, from 5 on; the log ends at 4"),
        ([0, 1, 2, 4, 3], "was acknowledged at 4, where"),
        ([0, 1, 2, 3, 4, 4], "where the task's 5 belongs"),
        ([0, 1, 2, 3, 4, 5, 6], "told of fewer than all but one"),
    ])
    func whatIsWrongIsSaid(counts: [UInt64], what: String) throws {
        let failure = #expect(throws: KillFailure.self) { try check(payloads(counts)) }
        #expect(failure?.description.contains(what) == true, "\(failure?.description ?? "")")
    }

    @Test func whatNobodyWroteIsSaid() throws {
        var payloads = payloads([0, 1, 2, 3, 4])
        payloads[2][payloads[2].count - 1] ^= 1
        let failure = #expect(throws: KillFailure.self) { try check(payloads) }
        #expect(failure?.description == "nobody wrote what stands at 3")
    }

    @Test(arguments: [
        ("/bin/true", "the writer ended by itself with the status 0"),
        ("/no/such/program", "/no/such/program: No such file or directory"),
    ])
    func aProgramThatDoesNotWriteIsSaid(executable: String, what: String) throws {
        let disk = ReferenceDisk()
        let drill = KillDrill(executable: executable) { try ReferenceStore(at: $0, on: disk) }
        let failure = #expect(throws: KillFailure.self) { try drill.run(rounds: 1) }
        #expect(failure?.description.contains(what) == true, "\(failure?.description ?? "")")
    }
}
