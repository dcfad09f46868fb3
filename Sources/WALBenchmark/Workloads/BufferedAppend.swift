import CLimits
import WALProtocol

/// Appends without a sync: what it costs to accept an entry.
struct BufferedAppend: Workload {
    /// The entries of one write.
    let batchCount: Int

    var id: String { "append.buffered.\(batchCount)" }
    var unit: FigureUnit { .nanosecondsPerEntry }
    var durability: Durability { .buffered }
    var family: String { "append.buffered" }
    var sentence: String {
        batchCount == 1
            ? "append 128 bytes through `any LogStore`, no sync"
            : "write a batch of \(batchCount) × 128 bytes, no sync"
    }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let count = bench.profile.bufferedEntryCount
        return Trial {
            let path = bench.scratch.fresh(contestant.name)
            defer { bench.scratch.remove(path) }
            // Dropped and not closed: closing would sync what nobody needs.
            let store = try contestant.open(path, nil)
            let time = try timed {
                if batchCount == 1 {
                    try appendSingly(store, count, bench.payloads)
                } else {
                    try appendBatches(of: batchCount, store, count, bench.payloads)
                }
            }
            return Sample(nanoseconds: time, over: count)
        }
    }

    func limit(in bench: Bench) throws -> Trial? {
        let count = bench.profile.bufferedEntryCount
        return Trial {
            let path = bench.scratch.fresh("limit")
            defer { bench.scratch.remove(path) }
            var nanoseconds: UInt64 = 0
            try checkLimit(
                limit_append(path, bench.payloads.limit(count: count), 0, &nanoseconds),
                "pwrite", path)
            return Sample(nanoseconds: nanoseconds, over: count)
        }
    }
}

@inline(never)
func appendSingly(
    _ store: any LogStore, _ count: Int, _ payloads: Payloads
) throws(LogStoreError) {
    for entry in 1...count {
        try store.append(
            payloads.payload(entry).bytes, at: LogPosition(term: 1, index: LogIndex(entry)),
            kind: .command)
    }
}

@inline(never)
private func appendBatches(
    of batchCount: Int, _ store: any LogStore, _ count: Int, _ payloads: Payloads
) throws(LogStoreError) {
    var batch = WriteBatch()
    var next = 1
    while next <= count {
        batch.removeAll()
        for entry in next..<(next + batchCount) {
            batch.append(
                payloads.payload(entry).bytes, at: LogPosition(term: 1, index: LogIndex(entry)))
        }
        try store.write(batch)
        next += batchCount
    }
}
