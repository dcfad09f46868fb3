import CLimits
import WALProtocol

/// Appends that are each made durable: what a follower does before it answers.
struct DurableAppend: Workload {
    /// The entries of one sync.
    let batchCount: Int
    /// The bytes of each payload, where they are not those of all workloads.
    var payloadByteCount: Int?

    var id: String {
        "append.durable." + (payloadByteCount.map { "payload.\(sizeText($0))" } ?? "\(batchCount)")
    }
    var smallestProfile: Profile { payloadByteCount == nil ? .quick : .standard }
    var unit: FigureUnit { .nanosecondsPerEntry }
    var durability: Durability { .durable }
    var entriesPerCall: Int { batchCount }
    var sentence: String {
        let size = sizeWords(payloadByteCount ?? 128)
        return batchCount == 1
            ? "append \(size) and sync" : "write a batch of \(batchCount) × \(size) and sync"
    }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let path = bench.scratch.fresh(contestant.name)
        let store = try contestant.open(path, nil)
        let payloads = payloads(in: bench)
        var batch = WriteBatch()
        var next = 1
        return Trial {
            let calls = try timedCalls(bench.durableCalls) {
                if batchCount == 1 {
                    try store.append(
                        payloads.payload(next).bytes,
                        at: LogPosition(term: 1, index: LogIndex(next)), kind: .command)
                } else {
                    batch.removeAll()
                    for entry in next..<(next + batchCount) {
                        batch.append(
                            payloads.payload(entry).bytes,
                            at: LogPosition(term: 1, index: LogIndex(entry)))
                    }
                    try store.write(batch)
                }
                try store.sync()
                next += batchCount
            }
            return Sample(calls: calls, entriesPerCall: batchCount)
        } finish: {
            try store.close()
            bench.scratch.remove(path)
        }
    }

    private func payloads(in bench: Bench) -> Payloads {
        payloadByteCount.map { Payloads(byteCount: $0) } ?? bench.payloads
    }

    func limit(in bench: Bench) throws -> Trial? {
        let record = LIMIT_HEADER_BYTES + Int32(payloadByteCount ?? bench.payloads.byteCount)
        return try durableWrites(
            of: Int(record) * batchCount, entriesPerCall: batchCount, in: bench)
    }
}

/// Makes as many calls as a budget allows, and times each.
func timedCalls(_ budget: CallBudget, _ call: () throws -> Void) throws -> [UInt64] {
    var calls: [UInt64] = []
    calls.reserveCapacity(budget.count)
    let begin = now()
    var start = begin
    while budget.allows(after: calls.count, since: begin, at: start) {
        try call()
        let end = now()
        calls.append(end - start)
        start = end
    }
    return calls
}

/// The limit of every durable call: one pwrite of `byteCount` bytes and one fdatasync, in a file
/// that was filled with zeros before.
func durableWrites(
    of byteCount: Int, entriesPerCall: Int = 1, in bench: Bench
) throws -> Trial {
    let budget = bench.durableCalls
    // Room for the calls of all repetitions, so that nothing is overwritten in the usual case.
    let file = try LimitFile(
        byteCount: byteCount * budget.count * (bench.profile.repetitions + 1), in: bench)
    let bytes = LimitFile.bytes(byteCount)
    return Trial {
        let calls = try file.write(
            bytes, count: budget.count, nanoseconds: budget.nanoseconds)
        return Sample(calls: calls, entriesPerCall: entriesPerCall)
    } finish: {
        file.remove()
    }
}
