import WALProtocol

/// A disk that is full is not a fault that goes away: compaction has to work on it (P106, P107).
extension FaultSweep {
    /// Fills the disk at every moment of the run.
    ///
    /// Everything accepted stays, what does not fit is refused as `noSpace`, compacting and syncing
    /// work, and once there is room again so does everything else, without opening the store again.
    ///
    /// - Parameter stride: 1 fills it before each call of the run; a larger number before one of so
    ///   many.
    public func runFullDisk(stride step: Int = 1) -> Report {
        var report = Report()
        for place in stride(from: Int(seed % UInt64(step)), to: work.count, by: step) {
            if stopsAtFailure, !report.failures.isEmpty { break }
            fullDisk("with a disk that is full before call \(place)", &report) { run in
                for work in work[..<place] { _ = try run.perform(work) }
                if run.store == nil {
                    if work[place] == .open { try openFull(run) }
                } else {
                    try fill(run)
                }
            }
        }
        // The first opening, on a disk that has room for some of what it wants.
        for capacity in stride(from: 0, to: 32 << 10, by: 257 * step) {
            fullDisk("with \(capacity) bytes in all", &report) { run in
                run.disk.capacity = capacity
                if try run.perform(.open) == nil { try fill(run) }
                try relieve(run)
            }
        }
        return report
    }

    private func fullDisk(
        _ what: String, _ report: inout Report, _ body: (FaultRun) throws -> Void
    ) {
        let run = FaultRun(opening, isDeferred: isDeferred)
        do {
            try body(run)
        } catch let failure as Failure {
            report.failures.append("\(what): \(failure.message)")
        } catch {
            report.failures.append("\(what): \(run.doing): unexpected error: \(error)")
        }
        report.runCount += 1
        report.refusalCount += run.refusalCount
        report.crashCount += run.crashCount
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
