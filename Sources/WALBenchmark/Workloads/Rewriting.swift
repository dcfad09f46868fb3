import CLimits
import WALProtocol

/// Term and vote, durable: what an election costs.
struct DurableMetadata: Workload {
    var id: String { "metadata.durable" }
    var unit: FigureUnit { .nanosecondsPerCall }
    var durability: Durability { .durable }
    var sentence: String { "set term and vote as one unit and sync" }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let path = bench.scratch.fresh(contestant.name)
        let store = try contestant.open(path, nil)
        var state = HardState(currentTerm: 1, votedFor: [1, 2, 3, 4, 5, 6, 7, 8])
        return Trial {
            let calls = try timedCalls(bench.durableCalls) {
                state.currentTerm += 1
                try store.setHardState(state)
            }
            return Sample(calls: calls, entriesPerCall: 1)
        } finish: {
            try store.close()
            bench.scratch.remove(path)
        }
    }

    func limit(in bench: Bench) throws -> Trial? {
        try durableWrites(of: Int(LIMIT_HEADER_BYTES) + bench.payloads.byteCount, in: bench)
    }
}

/// Dropping the end of a log, durable: what a follower does whose leader disagrees.
struct DurableTruncation: Workload {
    var id: String { "truncate.last1000.of100k" }
    var unit: FigureUnit { .nanosecondsPerCall }
    var durability: Durability { .durable }
    var sentence: String { "drop the last 1,000 of 100,000 entries and sync" }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        try rewriting(contestant, bench) { (store, state) throws(LogStoreError) in
            try store.truncate(from: (state.last?.index ?? 0) - 999)
        }
    }

    func limit(in bench: Bench) throws -> Trial? { try oneRecord(afterFilling: 1000, in: bench) }
}

/// Dropping the front of a log, durable: what follows a snapshot.
struct DurableCompaction: Workload {
    var id: String { "compact.first50k.of100k" }
    var unit: FigureUnit { .nanosecondsPerCall }
    var durability: Durability { .durable }
    var sentence: String { "drop the first 50,000 of 100,000 entries and sync" }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        try rewriting(contestant, bench) { (store, state) throws(LogStoreError) in
            try store.compact(through: LogPosition(term: 1, index: (state.first ?? 0) + 49_999))
        }
    }

    func limit(in bench: Bench) throws -> Trial? {
        try oneRecord(afterFilling: 50_000, in: bench)
    }
}

/// The limit of every change that one small record can express, on a disk that has just been given
/// the entries that fill the log up again: it is slower for a while.
private func oneRecord(afterFilling entryCount: Int, in bench: Bench) throws -> Trial {
    let byteCount = Int(LIMIT_HEADER_BYTES) + bench.payloads.byteCount
    let file = try LimitFile(byteCount: 64 << 20, in: bench)
    let filling = LimitFile.bytes(entryCount * byteCount)
    let record = LimitFile.bytes(byteCount)
    return Trial {
        var calls: [UInt64] = []
        for _ in 0..<bench.profile.rewriteCount {
            _ = try file.write(filling)
            calls += try file.write(record)
        }
        return Sample(calls: calls, entriesPerCall: 1)
    } finish: {
        file.remove()
    }
}

/// Times a change and its sync on a log of 100,000 entries, which is filled up again each time.
private func rewriting(
    _ contestant: Contestant, _ bench: Bench,
    _ change: @escaping (any LogStore, LogState) throws(LogStoreError) -> Void
) throws -> Trial {
    let path = bench.scratch.fresh(contestant.name)
    let store = try contestant.open(path, nil)
    return Trial {
        var calls: [UInt64] = []
        for _ in 0..<bench.profile.rewriteCount {
            try bench.fill(store, through: Int(store.state.first ?? 1) + 99_999)
            try store.sync()
            let state = store.state
            let start = now()
            try change(store, state)
            try store.sync()
            calls.append(now() - start)
        }
        return Sample(calls: calls, entriesPerCall: 1)
    } finish: {
        try store.close()
        bench.scratch.remove(path)
    }
}
