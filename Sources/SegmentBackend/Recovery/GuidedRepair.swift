internal import WALProtocol

/// A repair from the first look to the last: plan, consent, change, proof.
///
/// The plan is the same repair on an ``OverlayFileSystem``, so that the two cannot differ.
struct GuidedRepair {
    /// The bytes of entries that are fetched for an end of the log of which nothing is known; the
    /// leader sends what is left.
    private static let endByteLimit = 256 << 20

    let path: String
    let options: SegmentStore.Options

    func run(
        _ mode: RepairMode, from replica: (any LogReading)?
    ) throws(LogStoreError) -> RepairReport {
        let overlay = OverlayFileSystem(over: options.fileSystem)
        try Repair.look(directory(on: overlay))
        var offered: [LogIndex: Entry] = [:]
        if let replica {
            let outcome = try Repair.salvage(directory(on: overlay))
            offered = try Self.replacements(for: outcome, from: replica)
        }
        guard case .apply(let acceptsLoss) = mode else {
            return try repair(on: overlay, offered, accepting: .entries)
        }
        let lock: (any FileLock)?
        do throws(SystemCallError) {
            let name = SegmentFormat.lockFileName
            lock = try options.fileSystem.lock(directory(on: options.fileSystem).path(name))
        } catch {
            throw LogStoreError(error)
        }
        guard let lock else { throw .locked(path: path) }
        // Only now nobody changes anything any more.
        var plan: RepairReport
        do throws(LogStoreError) {
            plan = try repair(
                on: OverlayFileSystem(over: options.fileSystem), offered, accepting: .entries)
        } catch {
            lock.release()
            throw error
        }
        lock.release()
        if plan.steps.isEmpty, plan.isVerified, plan.before.verdict == .nothingCut {
            plan.isApplied = true
            return plan
        }
        guard acceptsLoss || !plan.losesAcknowledged else { return plan }
        var report = try repair(
            on: options.fileSystem, offered, accepting: acceptsLoss ? .entries : .nothing)
        report.isApplied = true
        return report
    }

    private func directory(on fileSystem: any FileSystem) -> StoreDirectory {
        StoreDirectory(path: path, fileSystem: fileSystem)
    }

    /// Repairs, opens the store as its owner would, closes it and checks every byte.
    private func repair(
        on fileSystem: any FileSystem, _ offered: [LogIndex: Entry],
        accepting accepted: Repair.Loss
    ) throws(LogStoreError) -> RepairReport {
        let before = try SegmentStore.verify(at: path, on: fileSystem)
        var report = try Repair.run(directory(on: fileSystem), offered, accepting: accepted)
        report.damages = before.damages
        guard report.isWhole else { return report }
        let isTouched = !report.steps.isEmpty || report.before.verdict != .nothingCut
        report.after = before
        guard isTouched else { return report }
        try reopen(on: fileSystem, &report)
        report.after = try SegmentStore.verify(at: path, on: fileSystem)
        return report
    }

    private func reopen(
        on fileSystem: any FileSystem, _ report: inout RepairReport
    ) throws(LogStoreError) {
        var options = options
        options.fileSystem = fileSystem
        options.executor = InlineExecutor()
        options.access = .readWrite
        options.policy = .strict
        let store = try SegmentStore(at: path, options: options)
        let recovery = store.recoveryReport
        try store.close()
        for kept in recovery.quarantined {
            let file = recovery.findings.first { $0.kind == .tornTail }?.file
            report.steps.append(
                .init(
                    .cutTornTail, file: file ?? kept, target: kept, index: recovery.tornFromIndex))
            report.quarantined.append(kept)
        }
    }

    /// The entries of another replica that are lost here, and those beside them, which show
    /// whether the two logs are the same.
    private static func replacements(
        for outcome: Salvage.Outcome, from replica: any LogReading
    ) throws(LogStoreError) -> [LogIndex: Entry] {
        var offered: [LogIndex: Entry] = [:]
        let state = replica.state
        guard let first = state.first, let last = state.last else { return [:] }
        for lost in outcome.report.lostRanges {
            var byteCount = 0
            let before = lost.indexes.lowerBound > 0 ? lost.indexes.lowerBound - 1 : 0
            let after = lost.isOpenEnded ? last.index : lost.indexes.upperBound
            var index = max(before, first)
            while index <= min(after, last.index) {
                do throws(LogStoreError) {
                    let entry = try replica.entry(at: index)
                    byteCount += entry.payload.count
                    offered[index] = entry
                } catch {
                    // The replica may have damages of its own.
                    guard error.code == .corrupt else { throw error }
                }
                if lost.isOpenEnded, byteCount > endByteLimit { break }
                index += 1
            }
        }
        return offered
    }
}

/// Runs background work at once: a repair has nobody to keep waiting.
private struct InlineExecutor: BackgroundExecutor {
    func submit(_ work: @escaping @Sendable () -> Void) { work() }
    func drain() {}
}
