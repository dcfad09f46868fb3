import AsyncWAL
import Conformance
import WALProtocol

extension Trial {
    /// A trial of one task on a log that others keep busy until it has ended.
    ///
    /// - Parameters:
    ///   - others: Each runs until it is cancelled.
    ///   - measured: What the figures are of.
    static func busyLog(
        of contestant: Contestant, in bench: Bench,
        beside others: [@Sendable (AsyncLog) async throws -> Void],
        _ measured: @escaping @Sendable (AsyncLog) async throws -> Sample
    ) throws -> Trial {
        let path = bench.scratch.fresh(contestant.name)
        let log = try AsyncLog(contestant.open(path, nil))
        let executor = bench.executor
        return Trial {
            try waitFor(on: executor) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for other in others { group.addTask { try await other(log) } }
                    let sample = try await measured(log)
                    group.cancelAll()
                    try await group.waitForAll()
                    return sample
                }
            }
        } finish: {
            try waitFor { try await log.close() }
            bench.scratch.remove(path)
        }
    }
}
