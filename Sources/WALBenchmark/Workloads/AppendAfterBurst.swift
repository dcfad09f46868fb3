import WALProtocol

/// What a burst leaves behind: durable appends right after it, held against those before.
///
/// Behind a burst and a compaction the store removes many segments, and the operating system may
/// still be writing. Neither should hold up whoever appends next.
struct AppendAfterBurst: Workload {
    var id: String { "append.afterBurst" }
    var unit: FigureUnit { .timesPercentile }
    var durability: Durability { .durable }
    var smallestProfile: Profile { .standard }
    var needsDisk: Bool { true }
    var repetitionLimit: Int { 5 }
    var sentence: String {
        "the 99th percentile of appends of 128 bytes and sync, right after a burst of 256 MB "
            + "(full: 1 GB) and a compaction of it, over that of those before it"
    }

    /// The entries of one batch of the burst, and those of one sync of it.
    private static let batchCount = 1_000
    private static let syncedCount = 10_000
    /// The entries that the compaction leaves.
    private static let keptCount = 1_000

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        Trial {
            let path = bench.scratch.fresh(contestant.name)
            defer { bench.scratch.remove(path) }
            let store = try contestant.open(path, nil)
            let before = try durableAppends(to: store, in: bench)
            try burst(into: store, in: bench)
            let last = store.state.last?.index ?? 0
            try store.compact(
                through: LogPosition(term: 1, index: last - LogIndex(Self.keptCount)))
            try store.sync()
            let after = try durableAppends(to: store, in: bench)
            try store.close()
            return try Self.sample(before: before, after: after)
        }
    }

    private func burst(into store: any LogStore, in bench: Bench) throws(LogStoreError) {
        var last = Int(store.state.last?.index ?? 0)
        let end = last + bench.profile.burstEntryCount
        while last < end {
            let next = min(last + Self.syncedCount, end)
            try bench.fill(store, through: next)
            try store.sync()
            last = next
        }
    }

    private func durableAppends(
        to store: any LogStore, in bench: Bench
    ) throws -> [UInt64] {
        var next = (store.state.last?.index ?? 0) + 1
        return try timedCalls(
            CallBudget(count: max(1_000, bench.durableCalls.count), nanoseconds: 5_000_000_000)
        ) {
            try store.append(
                bench.payloads.payload(Int(next)).bytes, at: LogPosition(term: 1, index: next),
                kind: .command)
            try store.sync()
            next += 1
        }
    }

    /// The percentile after over the percentile before, and every call after over the latter.
    static func sample(before: [UInt64], after: [UInt64]) throws(NotMeasurable) -> Sample {
        guard let earlier = Percentiles(before.map { Double($0) })?.p99,
            let later = Percentiles(after.map { Double($0) })?.p99, earlier > 0
        else { throw NotMeasurable("fewer than 100 calls in five seconds") }
        return Sample(later / earlier, calls: after.map { Double($0) / earlier })
    }
}
