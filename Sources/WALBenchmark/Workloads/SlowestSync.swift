import CLimits
import WALProtocol

/// The slowest of many durable appends, held against their median: what a stall costs.
struct SlowestSync: Workload {
    let id: String
    let sentence: String
    /// The entries of each call.
    private let batchCount: Int
    /// The calls of one repetition, in a new store.
    private let budget: CallBudget

    var unit: FigureUnit { .timesMedian }
    var durability: Durability { .durable }
    var smallestProfile: Profile { .standard }
    var needsDisk: Bool { true }

    /// 16 MB in pieces of 16 kB: the segment store goes on to another segment four times.
    static let acrossRotations = SlowestSync(
        id: "sync.slowest.rotations",
        sentence: "the slowest of 1,000 batches of 100 × 128 bytes and sync, 16 MB in a new store",
        batchCount: 100, budget: CallBudget(count: 1_000, nanoseconds: 10_000_000_000))

    static let inAFreshStore = SlowestSync(
        id: "sync.slowest.fresh",
        sentence: "the slowest append of 128 bytes and sync in the first second of a new store",
        batchCount: 1, budget: CallBudget(count: 100_000, nanoseconds: 1_000_000_000))

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        Trial {
            let path = bench.scratch.fresh(contestant.name)
            defer { bench.scratch.remove(path) }
            let store = try contestant.open(path, nil)
            var batch = WriteBatch()
            var next = 1
            let calls = try timedCalls(budget) {
                batch.removeAll()
                for entry in next..<(next + batchCount) {
                    batch.append(
                        bench.payloads.payload(entry).bytes,
                        at: LogPosition(term: 1, index: LogIndex(entry)))
                }
                try store.write(batch)
                try store.sync()
                next += batchCount
            }
            try store.close()
            return Self.sample(calls)
        }
    }

    func limit(in bench: Bench) throws -> Trial? {
        let byteCount = (Int(LIMIT_HEADER_BYTES) + bench.payloads.byteCount) * batchCount
        let bytes = LimitFile.bytes(byteCount)
        return Trial {
            let file = try LimitFile(byteCount: min(byteCount * budget.count, 64 << 20), in: bench)
            defer { file.remove() }
            return Self.sample(
                try file.write(bytes, count: budget.count, nanoseconds: budget.nanoseconds))
        }
    }

    /// The largest over the median, and every call over the median.
    static func sample(_ nanoseconds: [UInt64]) -> Sample {
        guard let summary = Summary(nanoseconds.map { Double($0) }), summary.median > 0 else {
            return Sample(0)
        }
        return Sample(
            summary.high / summary.median,
            calls: nanoseconds.map { Double($0) / summary.median })
    }
}
