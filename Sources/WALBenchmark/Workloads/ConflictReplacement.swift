import CLimits
import WALProtocol

/// The end of a log, replaced: what a follower does that heard a leader which has lost its office.
struct ConflictReplacement: Workload {
    var id: String { "conflict.replace100" }
    var unit: FigureUnit { .nanosecondsPerCall }
    var durability: Durability { .durable }
    var smallestProfile: Profile { .standard }
    var sentence: String {
        "drop the last 100 entries and append 100 others of 128 bytes, as one batch, and sync"
    }

    private static let replacedCount = 100
    private static let entryCount = 10_000

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let path = bench.scratch.fresh(contestant.name)
        let store = try contestant.open(path, nil)
        try bench.fill(store, through: Self.entryCount)
        try store.sync()
        let first = LogIndex(Self.entryCount - Self.replacedCount + 1)
        var term: Term = 1
        var batch = WriteBatch()
        return Trial {
            let calls = try timedCalls(bench.durableCalls) {
                term += 1
                batch.removeAll()
                batch.truncate(from: first)
                for index in first...LogIndex(Self.entryCount) {
                    batch.append(
                        bench.payloads.payload(Int(index)).bytes,
                        at: LogPosition(term: term, index: index))
                }
                try store.write(batch)
                try store.sync()
            }
            return Sample(calls: calls, entriesPerCall: 1)
        } finish: {
            try store.close()
            bench.scratch.remove(path)
        }
    }

    func limit(in bench: Bench) throws -> Trial? {
        try durableWrites(
            of: (Int(LIMIT_HEADER_BYTES) + bench.payloads.byteCount) * Self.replacedCount, in: bench
        )
    }
}
