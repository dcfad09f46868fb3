import AsyncWAL
import CLimits
import Conformance
import Foundation
import Synchronization
import WALProtocol

/// A leader at work: durable batches, followers that are sent what is new, one that is sent
/// everything, and compactions.
struct RaftMix: Workload {
    var id: String { "mix.raft" }
    var unit: FigureUnit { .nanosecondsPerEntry }
    var durability: Durability { .durable }
    var smallestProfile: Profile { .standard }
    var sentence: String {
        "one task writes durable batches of 1–64 entries of around 256 bytes and compacts every "
            + "5,000 entries down to 10,000, while two tasks follow the end of the log and one "
            + "reads it from the start again and again; percentiles are of batches, the limit "
            + "writes and syncs the same bytes"
    }

    private static let compactionEntryCount: LogIndex = 5_000
    private static let keptEntryCount: LogIndex = 10_000

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let budget = bench.durableCalls
        let payloads = bench.payloads
        return try .busyLog(
            of: contestant, in: bench,
            beside: [Self.followTheEnd, Self.followTheEnd, Self.readAgainAndAgain]
        ) { try await Self.lead($0, budget, payloads) }
    }

    private static func lead(
        _ log: AsyncLog, _ budget: CallBudget, _ payloads: Payloads
    ) async throws(LogStoreError) -> Sample {
        var batches = Batches(payloads)
        var calls: [Double] = []
        var entryCount = 0
        var next = (log.state.last?.index ?? 0) + 1
        let begin = now()
        var start = begin
        while budget.allows(after: calls.count, since: begin, at: start) {
            var batch = WriteBatch()
            for payload in batches.next() {
                batch.append(payload.bytes, at: LogPosition(term: 1, index: next))
                next += 1
                entryCount += 1
            }
            try await log.write(batch)
            var end = now()
            calls.append(Double(end - start))
            if next > (log.state.first ?? 1) + keptEntryCount + compactionEntryCount {
                try await log.compact(
                    through: LogPosition(term: 1, index: next - 1 - keptEntryCount))
                end = now()
            }
            start = end
        }
        return Sample(Double(start - begin) / Double(max(entryCount, 1)), calls: calls)
    }

    @Sendable
    private static func followTheEnd(of log: AsyncLog) async throws {
        while !Task.isCancelled { try await read(log) { $0.last.map { $0.index + 1 } ?? 1 } }
    }

    /// Begins again whenever the end is reached.
    @Sendable
    private static func readAgainAndAgain(_ log: AsyncLog) async throws {
        while !Task.isCancelled {
            let state = log.state
            guard let first = state.first, let last = state.last?.index else {
                await Task.yield()
                continue
            }
            try await read(log, through: last) { _ in first }
        }
    }

    /// Reads until the task is cancelled, or to an entry; begins anew where entries were dropped.
    private static func read(
        _ log: AsyncLog, through last: LogIndex = .max, from first: (LogState) -> LogIndex
    ) async throws(LogStoreError) {
        do throws(LogStoreError) {
            for try await entry in log.entries(from: first(log.state)) {
                keep(UInt64(entry.payload.count))
                if entry.position.index >= last { break }
            }
        } catch {
            // A follower in this place would be sent a snapshot.
            guard error.code == .compacted else { throw error }
        }
    }

    func limit(in bench: Bench) throws -> Trial? {
        let budget = bench.durableCalls
        let payloads = bench.payloads
        let file = try LimitFile(byteCount: 256 << 20, in: bench)
        let bytes = LimitFile.bytes(64 * Batches.largestByteCount)
        return Trial {
            // The same batches as the stores': from the start in each repetition.
            var batches = Batches(payloads)
            var calls: [Double] = []
            var entryCount = 0
            let begin = now()
            while budget.allows(after: calls.count, since: begin) {
                let batch = batches.next()
                let byteCount = batch.reduce(0) { $0 + Int(LIMIT_HEADER_BYTES) + $1.count }
                calls += try file.write(bytes.prefix(byteCount)).map { Double($0) }
                entryCount += batch.count
            }
            return Sample(calls.reduce(0, +) / Double(max(entryCount, 1)), calls: calls)
        } finish: {
            file.remove()
        }
    }
}

/// The batches of a leader: 1–64 entries each, with sizes from a log-normal distribution.
struct Batches {
    /// Half of the payloads are smaller.
    static let medianByteCount = 256.0
    static let largestByteCount = 16 << 10

    private let payloads: Payloads
    private var random = SeededGenerator(seed: 0x3A57)

    init(_ payloads: Payloads) { self.payloads = payloads }

    /// The payloads of the next batch.
    mutating func next() -> [UnsafeRawBufferPointer] {
        (0..<Int.random(in: 1...64, using: &random)).map { _ in
            let byteCount = nextByteCount()
            let start = Int.random(in: 0...payloads.bytes.count - byteCount, using: &random)
            return UnsafeRawBufferPointer(rebasing: payloads.bytes[start..<start + byteCount])
        }
    }

    private mutating func nextByteCount() -> Int {
        // Box and Muller's normal distribution, of deviation 1.
        let radius = (-2 * log(Double.random(in: .leastNonzeroMagnitude...1, using: &random)))
            .squareRoot()
        let normal = radius * cos(2 * .pi * Double.random(in: 0..<1, using: &random))
        return Int(min(Self.medianByteCount * exp(normal), Double(Self.largestByteCount)))
    }
}
