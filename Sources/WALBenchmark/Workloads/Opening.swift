import WALProtocol

/// Opening a log that its last writer closed.
struct CleanOpening: Workload {
    let entryCount: Int

    var id: String {
        switch entryCount {
        case Bench.gigabyteEntryCount: "open.clean.1GB"
        case 1_000_000...: "open.clean.\(entryCount / 1_000_000)M"
        default: "open.clean.\(entryCount / 1_000)k"
        }
    }
    var unit: FigureUnit { .nanosecondsPerCall }
    var durability: Durability { .none }
    var family: String { entryCount == Bench.gigabyteEntryCount ? "closed.1GB" : "closed" }
    var smallestProfile: Profile { entryCount == Bench.gigabyteEntryCount ? .standard : .quick }
    var sentence: String {
        let size = id.split(separator: ".")[2]
        return "open a log of \(size)" + (size.hasSuffix("B") ? "" : " entries") + ", closed before"
    }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let path = try bench.closedLog(of: contestant, entryCount: entryCount)
        return Trial {
            // A single opening is short and each is followed by a close, so several are timed.
            var calls: [UInt64] = []
            for _ in 0..<5 {
                let start = now()
                let store = try contestant.open(path, nil)
                calls.append(now() - start)
                try checkOpened(store, entryCount)
                try store.close()
            }
            return Sample(Summary(calls.map { Double($0) })?.median ?? 0)
        }
    }
}

/// Opening a log whose writer was killed after its last sync.
struct KilledOpening: Workload {
    var id: String { "open.killed.1M" }
    var unit: FigureUnit { .nanosecondsPerCall }
    var durability: Durability { .none }
    var sentence: String { "open a log of 1M entries whose writer died after its last sync" }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        guard let helper = bench.helper else {
            throw NotMeasurable("there is no child process to kill")
        }
        let original = bench.scratch.fresh(contestant.name)
        _ = try helper.run(
            .writeAndDie, backend: contestant.name, path: original,
            entryCount: Bench.largeEntryCount)
        return Trial {
            // Opening repairs, so each repetition gets a copy of what the killed writer left.
            let path = bench.scratch.fresh(contestant.name)
            try bench.scratch.copy(original, to: path)
            defer { bench.scratch.remove(path) }
            let start = now()
            let store = try contestant.open(path, nil)
            let time = now() - start
            try checkOpened(store, Bench.largeEntryCount)
            try store.close()
            return Sample(nanoseconds: time, over: 1)
        } finish: {
            bench.scratch.remove(original)
        }
    }

    func limit(in bench: Bench) throws -> Trial? { try scanLimit(in: bench, perEntry: false) }
}

private func checkOpened(_ store: any LogStore, _ count: Int) throws(LogStoreError) {
    guard store.state.count == UInt64(count) else {
        throw LogStoreError(
            .corrupt, "the log came back with \(store.state.count) entries of \(count)",
            context: .init(expected: UInt64(count), found: store.state.count))
    }
}
