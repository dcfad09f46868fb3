@testable import Conformance
import SegmentBackend
import Testing
import WALProtocol

#if LMDB
    import LMDBBackend

    /// The same random history on all three stores: the same answers after every step (P82).
    @Suite struct DifferentialTests {
        @Test(arguments: [1, 2, 3] as [UInt64])
        func storesAgreeAfterEveryStep(_ seed: UInt64) async throws {
            let rule = Rule("differential.sameAnswers", 82, contract: "Stores agree.") { trial in
                var logs: [TestedLog] = []
                for backend in [TestedBackend.reference, .segment, .lmdb] {
                    let opening = backend.suite(seed: seed).opening
                    logs.append(
                        try TestedLog(
                            trial, at: "\(trial.scratch.path)/\(backend)", opening: opening))
                }
                var histories = logs.map { _ in
                    RandomHistory(random: SeededGenerator(seed: seed), crashes: false)
                }
                for step in 0..<300 {
                    var done: Set<String> = []
                    for place in logs.indices {
                        done.insert(try histories[place].step(on: logs[place], variants: []))
                        try logs[place].check("step \(step)")
                    }
                    try trial.expect(done.count == 1, "the histories part: \(done)")
                    let states = try logs.map { log in
                        var state = try log.store().state
                        state.durable = nil
                        return state
                    }
                    try trial.expect(Set(states).count == 1, "step \(step), \(done): \(states)")
                }
            }
            try await LogStoreSuite(opening: { try SegmentStore(at: $0) }, seed: seed).check(rule)
        }
    }
#endif
