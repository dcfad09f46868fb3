import WALProtocol

/// A disk that is full is not a fault that goes away: compaction has to work on it (P106, P107).
extension FaultSweep {
    /// Fills the disk at every moment of the run.
    ///
    /// Everything accepted stays, what does not fit is refused as `noSpace`, compacting and syncing
    /// work, and once there is room again so does everything else, without opening the store again.
    ///
    /// - Parameter limit: Fills it no more often than this, as often at the first opening, on a disk
    ///   that has room for some of what it wants, as later.
    public func runFullDisk(limit: Int = .max) -> Report {
        let calls = work.indices.map { (kind: "call", FullDisk.beforeCall($0)) }
        let small = stride(from: 0, to: 32 << 10, by: 257).map {
            (kind: "small", FullDisk.ofByteCount($0))
        }
        var report = Report()
        for fullDisk in sample(calls + small, limit) {
            if stopsAtFailure, !report.failures.isEmpty { break }
            carryOut(FaultRun(opening, pace: pace), "with a full disk \(fullDisk)", into: &report) {
                try drive($0, fullDisk)
            }
        }
        return report
    }

    /// When it is full.
    private enum FullDisk {
        case beforeCall(Int)
        case ofByteCount(Int)
    }

    private func drive(_ run: FaultRun, _ fullDisk: FullDisk) throws {
        switch fullDisk {
        case .beforeCall(let place):
            for work in work[..<place] { _ = try run.perform(work) }
            if run.store != nil {
                try fill(run)
            } else if work[place] == .open {
                try openFull(run)
            }
        case .ofByteCount(let capacity):
            run.disk.capacity = capacity
            if try run.perform(.open) == nil { try fill(run) }
            try relieve(run)
        }
    }

    /// Opens a store that is there, without room for anything.
    private func openFull(_ run: FaultRun) throws {
        run.disk.capacity = run.disk.usedByteCount
        if try run.perform(.open) == nil { try fill(run) }
        try relieve(run)
    }

    /// Room that is certainly enough to go on with small segments.
    private static let enoughByteCount = 32 << 10

    private func fill(_ run: FaultRun) throws {
        // What is in the background may still take its part.
        if run.disk.capacity == .max { run.disk.capacity = run.disk.usedByteCount }
        var count = 0
        while try run.perform(.append(size: 900)) == nil {
            count += 1
            if count % 4 == 0, try run.perform(.sync) != nil { break }
            guard count < 500 else { throw run.failure("goes on and on, on a full disk") }
        }
        try run.checkMemory()
        _ = try run.perform(.read(withReader: true))
        try run.checkCrashes(cuts: [.losesEverything, .keepsEverything, .random(seed: seed)])
        let before = run.disk.usedByteCount
        for work in [Work.compact(quarters: 4), .sync] {
            if let error = try run.perform(work) {
                throw run.failure("is refused on a full disk, which it could relieve: \(error)")
            }
        }
        if before - run.disk.usedByteCount >= Self.enoughByteCount {
            for work in [Work.append(size: 900), .append(size: 900), .sync] {
                if let error = try run.perform(work) {
                    throw run.failure(
                        "is refused, although a compaction gave back "
                            + "\(before - run.disk.usedByteCount) bytes: \(error)")
                }
            }
        }
        try run.checkMemory()
        try run.checkCrashes(cuts: [.losesEverything])
        try relieve(run)
    }

    /// Makes room, by other means than the store's.
    private func relieve(_ run: FaultRun) throws {
        run.disk.capacity = .max
        let work: [Work] = [.append(size: 900), .append(size: 2000), .mixedBatch, .sync]
        for work in (run.store == nil ? [.open] : []) + work {
            if let error = try run.perform(work) {
                throw run.failure("is refused, although there is room again: \(error)")
            }
        }
        try run.checkMemory()
        try run.checkCrashes(cuts: [.losesEverything])
    }
}
