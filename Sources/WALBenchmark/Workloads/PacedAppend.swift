import AsyncWAL
import CLimits
import Conformance
import Foundation
import Synchronization
import WALProtocol

/// Durable appends that arrive by the clock, whether or not the ones before are durable yet.
///
/// An open loop, as clients are: the time of an append begins when it was due. What has to wait
/// behind a slow sync counts with all of its waiting, and nothing is left out because the one who
/// measures was waiting, too (Tene's "coordinated omission").
struct PacedAppend: Workload {
    let ratePerSecond: Int

    var id: String { "append.paced.\(ratePerSecond)" }
    var unit: FigureUnit { .nanosecondsPerCall }
    var durability: Durability { .durable }
    var smallestProfile: Profile { .standard }
    var sentence: String {
        "\(ratePerSecond) appends of 128 bytes a second through AsyncLog, each timed from when it "
            + "was due until it is durable; the limit writes and syncs all that is due at once"
    }

    private func schedule(in bench: Bench) -> Schedule {
        let seconds = min(Double(bench.durableCalls.nanoseconds) / 1e9, 0.5)
        return Schedule(
            count: max(1, Int(Double(ratePerSecond) * seconds)),
            interval: 1_000_000_000 / UInt64(ratePerSecond))
    }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let path = bench.scratch.fresh(contestant.name)
        let log = try AsyncLog(contestant.open(path, nil))
        let schedule = schedule(in: bench)
        let payload = Array(bench.payloads.payload(0))
        return Trial {
            let times = Times()
            schedule.run { due, count in
                for number in 0..<count {
                    let due = due + UInt64(number) * schedule.interval
                    Task.detached(executorPreference: bench.executor) {
                        do throws(LogStoreError) {
                            _ = try await log.append(payload, term: 1)
                            times.add(.success(now() - due))
                        } catch {
                            times.add(.failure(error))
                        }
                    }
                }
            }
            return Sample(calls: try times.wait(for: schedule.count), entriesPerCall: 1)
        } finish: {
            try waitFor { try await log.close() }
            bench.scratch.remove(path)
        }
    }

    func limit(in bench: Bench) throws -> Trial? {
        let schedule = schedule(in: bench)
        let record = Int(LIMIT_HEADER_BYTES) + bench.payloads.byteCount
        let file = try LimitFile(byteCount: 64 << 20, in: bench)
        let bytes = LimitFile.bytes(min(schedule.count * record, 16 << 20))
        return Trial {
            var times: [UInt64] = []
            try schedule.run { due, count in
                _ = try file.write(bytes.prefix(count * record))
                let end = now()
                for number in 0..<count {
                    times.append(end - (due + UInt64(number) * schedule.interval))
                }
            }
            return Sample(calls: times, entriesPerCall: 1)
        } finish: {
            file.remove()
        }
    }
}

/// When so many things are due, evenly spaced.
struct Schedule: Sendable {
    /// How many there are.
    let count: Int
    /// The nanoseconds from one to the next.
    let interval: UInt64

    /// Calls `body` for all that is due, again and again until nothing is left.
    ///
    /// - Parameter body: Given when the first of them was due, and their number.
    func run(_ body: (_ due: UInt64, _ count: Int) throws -> Void) rethrows {
        let begin = now()
        var next = 0
        while next < count {
            let due = begin + UInt64(next) * interval
            let time = now()
            if time < due {
                usleep(UInt32((due - time) / 1_000))
                continue
            }
            let ready = min(count, next + 1 + Int((time - due) / interval))
            try body(due, ready - next)
            next = ready
        }
    }
}

/// How long things took that end on any thread.
private final class Times: Sendable {
    private let results = Mutex<[Result<UInt64, LogStoreError>]>([])
    private let ended = DispatchSemaphore(value: 0)

    func add(_ result: Result<UInt64, LogStoreError>) {
        results.withLock { $0.append(result) }
        ended.signal()
    }

    /// All of them, when there are so many.
    func wait(for count: Int) throws(LogStoreError) -> [UInt64] {
        for _ in 0..<count { ended.wait() }
        var times: [UInt64] = []
        for result in results.withLock({ $0 }) { times.append(try result.get()) }
        return times
    }
}
