import WALProtocol

/// Opening a log that its last writer closed.
struct CleanOpening: Workload {
    let entryCount: Int

    var id: String { "open.clean.\(logSizeText(entryCount))" }
    var unit: FigureUnit { .nanosecondsPerCall }
    var durability: Durability { .none }
    var family: String { entryCount == Bench.gigabyteEntryCount ? "closed.1GB" : "closed" }
    var smallestProfile: Profile { entryCount == Bench.gigabyteEntryCount ? .standard : .quick }
    var needsDisk: Bool { true }
    var sentence: String {
        "open a log of \(logSize(entryCount)), closed before"
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
    let entryCount: Int

    var id: String { "open.killed.\(logSizeText(entryCount))" }
    var unit: FigureUnit { .nanosecondsPerCall }
    var durability: Durability { .none }
    var needsDisk: Bool { true }
    var family: String { entryCount == Bench.gigabyteEntryCount ? "closed.1GB" : id }
    var smallestProfile: Profile { entryCount == Bench.largeEntryCount ? .quick : .standard }
    var sentence: String {
        entryCount == Bench.gigabyteEntryCount
            ? "open a log of 1 GB whose writer died after an append and a sync"
            : "open a log of \(logSize(entryCount)) whose writer died after its last sync"
    }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        guard let helper = bench.helper else {
            throw NotMeasurable("there is no child process to kill")
        }
        return entryCount == Bench.gigabyteEntryCount
            ? try killingAgain(contestant, helper, bench) : try copying(contestant, helper, bench)
    }

    /// Opening repairs, so each repetition gets a copy of what the killed writer left.
    private func copying(
        _ contestant: Contestant, _ helper: Helper, _ bench: Bench
    ) throws -> Trial {
        let original = bench.scratch.fresh(contestant.name)
        _ = try helper.run(
            .writeAndDie, backend: contestant.name, path: original, entryCount: entryCount)
        return Trial {
            let path = bench.scratch.fresh(contestant.name)
            try bench.scratch.copy(original, to: path)
            defer { bench.scratch.remove(path) }
            return try open(contestant, path, entryCount)
        } finish: {
            bench.scratch.remove(original)
        }
    }

    /// A gigabyte is not copied: another writer opens it, appends an entry and dies.
    private func killingAgain(
        _ contestant: Contestant, _ helper: Helper, _ bench: Bench
    ) throws -> Trial {
        let path = try bench.closedLog(of: contestant, entryCount: entryCount)
        var count = entryCount
        return Trial {
            count += 1
            _ = try helper.run(
                .writeAndDie, backend: contestant.name, path: path, entryCount: count)
            return try open(contestant, path, count)
        }
    }

    private func open(
        _ contestant: Contestant, _ path: String, _ count: Int
    ) throws(LogStoreError) -> Sample {
        let start = now()
        let store = try contestant.open(path, nil)
        let time = now() - start
        try checkOpened(store, count)
        try store.close()
        return Sample(nanoseconds: time, over: 1)
    }

    func limit(in bench: Bench) throws -> Trial? {
        // What the last writer wrote is what there is to check.
        entryCount == Bench.gigabyteEntryCount
            ? nil : try scanLimit(in: bench, entryCount: entryCount, perEntry: false)
    }
}

private func checkOpened(_ store: any LogStore, _ count: Int) throws(LogStoreError) {
    guard store.state.count == UInt64(count) else {
        throw LogStoreError(
            .corrupt, "the log came back with \(store.state.count) entries of \(count)",
            context: .init(expected: UInt64(count), found: store.state.count))
    }
}

/// The size of a log, as ids have it.
private func logSizeText(_ entryCount: Int) -> String {
    switch entryCount {
    case Bench.gigabyteEntryCount: "1GB"
    case 1_000_000...: "\(entryCount / 1_000_000)M"
    default: "\(entryCount / 1_000)k"
    }
}

/// The size of a log, as sentences have it.
private func logSize(_ entryCount: Int) -> String {
    entryCount == Bench.gigabyteEntryCount ? "1 GB" : logSizeText(entryCount) + " entries"
}
