import WALProtocol

/// What every workload measures with: the scale, the disk, the payloads, and prepared logs.
final class Bench {
    /// How much is measured.
    let profile: Profile
    /// Where the logs live.
    let scratch: Scratch
    /// Starts children that die; `nil` where there is no executable to start.
    let helper: Helper?
    /// Where tasks run; `nil` for the pool, which is what a server has.
    let executor: (any TaskExecutor)?
    /// The durable calls of one repetition.
    let durableCalls: CallBudget
    /// The payloads that all workloads append.
    let payloads = Payloads()

    private var hotStores: [String: (store: any LogStore, path: String)] = [:]
    private var closedLogs: [String: String] = [:]

    /// Makes a bench.
    init(
        profile: Profile, scratch: Scratch, helper: Helper? = nil,
        executor: (any TaskExecutor)? = nil, durableCalls: CallBudget? = nil
    ) {
        self.profile = profile
        self.scratch = scratch
        self.helper = helper
        self.executor = executor
        self.durableCalls = durableCalls ?? profile.durableCalls
    }

    /// Entries in the logs that reads and openings are measured on.
    static let largeEntryCount = 1_000_000

    /// Entries whose records take a gigabyte.
    static let gigabyteEntryCount = 6_710_000

    /// The cache that holds the large log whole, for reads that are to be hot.
    static let hotCacheByteCount = 512 << 20

    /// A store that wrote the large log itself and still holds all of it in memory.
    func hotStore(of contestant: Contestant) throws -> any LogStore {
        if let hot = hotStores[contestant.name] { return hot.store }
        let path = scratch.fresh(contestant.name)
        let store = try contestant.open(path, Self.hotCacheByteCount)
        try fill(store, through: Self.largeEntryCount)
        try store.flush()
        hotStores[contestant.name] = (store, path)
        return store
    }

    /// The directory of a log that was written and closed.
    func closedLog(of contestant: Contestant, entryCount: Int) throws -> String {
        let key = "\(contestant.name) \(entryCount)"
        if let path = closedLogs[key] { return path }
        let path = scratch.fresh(contestant.name)
        let store = try contestant.open(path, nil)
        try fill(store, through: entryCount)
        try store.close()
        closedLogs[key] = path
        return path
    }

    /// Gives up all prepared logs.
    func dropPreparedLogs() throws {
        for (store, path) in hotStores.values {
            try store.close()
            scratch.remove(path)
        }
        hotStores = [:]
        for path in closedLogs.values { scratch.remove(path) }
        closedLogs = [:]
    }

    /// Appends entries until the log ends at `index`.
    func fill(_ store: any LogStore, through index: Int) throws(LogStoreError) {
        try payloads.fill(store, through: index)
    }
}

extension Payloads {
    /// Appends entries in batches of 1,000 until the log ends at `index`.
    func fill(_ store: any LogStore, through index: Int) throws(LogStoreError) {
        var batch = WriteBatch()
        var next = Int(store.state.next ?? 1)
        while next <= index {
            let end = min(next + 1_000, index + 1)
            batch.removeAll()
            for entry in next..<end {
                batch.append(
                    payload(entry).bytes,
                    at: LogPosition(term: 1, index: LogIndex(entry)))
            }
            try store.write(batch)
            next = end
        }
    }
}

/// Turns the errno of a plain loop into the error that a store would have thrown.
func checkLimit(
    _ errno: Int32, _ call: String, _ path: String
) throws(LogStoreError) {
    guard errno != 0 else { return }
    throw LogStoreError(SystemCallError(call: call, errno: errno, path: path))
}
