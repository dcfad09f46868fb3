import AsyncWAL
import CLimits
import Conformance
import WALProtocol

/// Term and vote again and again on a busy node: what an election waits for.
struct ElectionStorm: Workload {
    var id: String { "metadata.storm" }
    var unit: FigureUnit { .nanosecondsPerCall }
    var durability: Durability { .durable }
    var smallestProfile: Profile { .standard }
    var sentence: String {
        "set term and vote, durable, through AsyncLog while \(Self.clientCount) tasks append durable "
            + "entries; the limit is one pwrite and fdatasync on an idle disk"
    }

    private static let clientCount = 64

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let budget = bench.durableCalls
        let payload = Array(bench.payloads.payload(0))
        let client: @Sendable (AsyncLog) async throws -> Void = {
            try await Self.appendUntilCancelled(payload, to: $0)
        }
        return try .busyLog(
            of: contestant, in: bench, beside: Array(repeating: client, count: Self.clientCount)
        ) { try await Self.campaign(on: $0, budget) }
    }

    private static func appendUntilCancelled(
        _ payload: [UInt8], to log: AsyncLog
    ) async throws(LogStoreError) {
        do throws(LogStoreError) {
            while !Task.isCancelled { _ = try await log.append(payload, term: 1) }
        } catch {
            guard error.code == .cancelled else { throw error }
        }
    }

    private static func campaign(
        on log: AsyncLog, _ budget: CallBudget
    ) async throws(LogStoreError) -> Sample {
        var state = HardState(currentTerm: 1, votedFor: [1, 2, 3, 4, 5, 6, 7, 8])
        var calls: [UInt64] = []
        let begin = now()
        var start = begin
        while budget.allows(after: calls.count, since: begin, at: start) {
            state.currentTerm += 1
            try await log.setHardState(state)
            let end = now()
            calls.append(end - start)
            start = end
        }
        return Sample(calls: calls, entriesPerCall: 1)
    }

    func limit(in bench: Bench) throws -> Trial? {
        try durableWrites(of: Int(LIMIT_HEADER_BYTES) + bench.payloads.byteCount, in: bench)
    }
}
