import AsyncWAL
import CLimits
import Conformance
import WALProtocol

/// Appends by many tasks, each of which waits until its entry is durable: what group commit is for.
///
/// A closed loop: a task appends again when its last entry is durable, as a proposer does that
/// waits for an answer. What arrives does not depend on a clock, so no latency is left out.
struct ConcurrentAppend: Workload {
    /// What is counted.
    enum Figure {
        case time
        /// The syncs for an entry: what sharing them saves.
        case syncs
    }

    let taskCount: Int
    var figure = Figure.time

    var id: String { (figure == .time ? "append" : "syncs") + ".concurrent.\(taskCount)" }
    var unit: FigureUnit { figure == .time ? .nanosecondsPerEntry : .syncsPerEntry }
    var durability: Durability { .durable }
    var smallestProfile: Profile {
        figure == .time && (taskCount == 1 || taskCount == 64) ? .quick : .standard
    }
    var sentence: String {
        let who = taskCount == 1 ? "one task appends" : "\(taskCount) tasks append"
        return who + " 128 bytes through AsyncLog, each again when its last entry is durable; "
            + (figure == .time
                ? "the limit is one pwrite and fdatasync after the other" : "the syncs of an entry")
    }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let path = bench.scratch.fresh(contestant.name)
        let log = try AsyncLog(contestant.open(path, nil))
        let clients = Clients(count: taskCount, bench)
        return Trial {
            let before = log.statistics.syncCount
            let (nanoseconds, calls) = try clients.append(to: log)
            switch figure {
            case .time:
                return Sample(
                    Double(nanoseconds) / Double(calls.count), calls: calls.map { Double($0) })
            case .syncs:
                return Sample(Double(log.statistics.syncCount - before) / Double(calls.count))
            }
        } finish: {
            try waitFor { try await log.close() }
            bench.scratch.remove(path)
        }
    }

    func limit(in bench: Bench) throws -> Trial? {
        guard figure == .time else { return nil }
        let writes = try durableWrites(
            of: Int(LIMIT_HEADER_BYTES) + bench.payloads.byteCount, in: bench)
        return Trial {
            // The mean, as for the tasks: the loop does nothing between its calls.
            let calls = try writes.measure().calls
            return Sample(calls.reduce(0, +) / Double(max(calls.count, 1)), calls: calls)
        } finish: {
            try writes.finish()
        }
    }
}

/// Tasks that append to one log.
private struct Clients: Sendable {
    let count: Int
    let budget: CallBudget
    let payloads: [[UInt8]]
    let executor: (any TaskExecutor)?

    init(count: Int, _ bench: Bench) {
        self.count = count
        budget = bench.durableCalls
        executor = bench.executor
        payloads = (0..<count).map { Array(bench.payloads.payload($0)) }
    }

    /// Lets all of them append.
    ///
    /// - Returns: The nanoseconds of the whole, and of each append.
    func append(to log: AsyncLog) throws -> (UInt64, [UInt64]) {
        try waitFor(on: executor) {
            let begin = now()
            let calls = try await withThrowingTaskGroup(of: [UInt64].self) { group in
                for client in 0..<count {
                    group.addTask { try await append(client, to: log, since: begin) }
                }
                var calls: [[UInt64]] = []
                for try await some in group { calls.append(some) }
                return calls
            }
            // Joined when the time has been taken.
            let end = now()
            return (end - begin, calls.flatMap { $0 })
        }
    }

    private func append(
        _ client: Int, to log: AsyncLog, since begin: UInt64
    ) async throws(LogStoreError) -> [UInt64] {
        var calls: [UInt64] = []
        calls.reserveCapacity(budget.count)
        var start = now()
        while budget.allows(after: calls.count, since: begin, at: start) {
            _ = try await log.append(payloads[client], term: 1)
            let end = now()
            calls.append(end - start)
            start = end
        }
        return calls
    }
}
