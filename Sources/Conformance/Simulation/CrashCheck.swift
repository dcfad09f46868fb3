import WALProtocol

/// Opens what crashes leave, and holds it against a history.
struct CrashCheck {
    /// A disk that was opened before, and what it was held against.
    private struct Visited: Hashable {
        var fingerprint: UInt64
        var allowed: ClosedRange<Int>
        var crashCount: Int
        var depth: Int
    }

    let opening: SimulatedOpening
    let outcomeLimit: Int
    var random: SeededGenerator

    private(set) var stateCount = 0
    private(set) var openedCount = 0
    /// What went wrong first.
    private(set) var failure: String?
    private var visited: Set<Visited> = []

    init(
        opening: @escaping SimulatedOpening, outcomeLimit: Int, random: SeededGenerator
    ) {
        self.opening = opening
        self.outcomeLimit = outcomeLimit
        self.random = random
    }

    /// Tries the outcomes of a power cut: all of them, or a sample if there are too many.
    mutating func check(_ state: DiskState, _ history: History, depth: Int) {
        let undecided = state.undecided
        for outcome in state.outcomes(of: undecided, limit: outcomeLimit, using: &random) {
            // In the recovery crashes are a sample: after the two extremes and a few others.
            let isDeep =
                outcome == .losesEverything || outcome == .keepsEverything
                || random.next() % 64 == 0
            checkOutcome(outcome, of: state, undecided, history, depth: isDeep ? depth : 0)
            guard failure == nil else { return }
        }
    }

    private mutating func checkOutcome(
        _ outcome: PowerCut, of state: DiskState, _ undecided: [DiskState.Undecided],
        _ history: History, depth: Int
    ) {
        stateCount += 1
        let left = state.afterPowerCut(outcome, undecided)
        let visit = Visited(
            fingerprint: left.fingerprint, allowed: history.allowed,
            crashCount: history.crashCount, depth: depth)
        guard visited.insert(visit).inserted else { return }
        openedCount += 1
        let disk = SimulatedDisk(left)
        if depth > 0 { disk.startRecording() }
        do {
            let recovery = try recover(disk, history)
            guard depth > 0 else { return }
            for snapshot in recovery {
                // The recovery was interrupted: the next one has to come to as good an end.
                let undecided = snapshot.state.undecided
                let outcomes: [PowerCut] = [
                    .losesEverything, .keepsEverything, .random(seed: random.next()),
                ]
                for outcome in outcomes {
                    checkOutcome(
                        outcome, of: snapshot.state, undecided, history, depth: depth - 1)
                    if let inner = failure {
                        failure =
                            "in the recovery from \(outcome), at its operation "
                            + "\(snapshot.operation), once more:\n\(inner)"
                        return
                    }
                }
            }
        } catch {
            failure = "outcome \(outcome), leaving\n\(left.summary)\n\(error)"
        }
    }

    /// Opens a store, expects one of the allowed states, and goes on with it.
    ///
    /// - Returns: the disk after each operation of the opening.
    private func recover(
        _ disk: SimulatedDisk, _ history: History
    ) throws -> [SimulatedDisk.Snapshot] {
        let store = try opening(SimulatedRun.path, disk, InlineExecutor())
        let snapshots = disk.snapshots
        var expected = try Model(reading: store)
        guard history.index(of: expected) != nil else {
            throw SimulationFailure(
                "the recovered store holds \(expected.summary); \(history.expectation)")
        }
        // It goes on, and what it takes now survives the next crash.
        let last = expected.last ?? LogPosition(term: 1, index: 0)
        let entry = Entry(
            position: LogPosition(term: last.term + 1, index: last.index + 1),
            payload: [1, 2, 3, 4, 5, 6, 7])
        try store.append(entry.payload, at: entry.position)
        try store.sync()
        expected.apply(Change(entries: [entry]))
        let next = SimulatedDisk(disk.state.afterPowerCut(.losesEverything))
        let found = try Model(reading: opening(SimulatedRun.path, next, InlineExecutor()))
        guard found == expected else {
            throw SimulationFailure(
                "an entry that was appended and synced after the recovery did not survive the next "
                    + "crash: the store holds \(found.summary), not \(expected.summary)")
        }
        return snapshots
    }
}

extension DiskState {
    /// The outcomes of a power cut that are worth trying.
    ///
    /// All of them up to a limit; beyond it the extremes, each thing by itself, and a sample. Then
    /// each unit torn, spoilt, and as it was between two writes.
    func outcomes(
        of undecided: [Undecided], limit: Int, using random: inout SeededGenerator
    ) -> [PowerCut] {
        var outcomes: [PowerCut] = [.losesEverything, .keepsEverything]
        guard !undecided.isEmpty else { return [.losesEverything] }
        let count = min(undecided.count, 63)
        let all = (UInt64(1) << UInt64(count)) - 1
        func choose(_ mask: UInt64) { outcomes.append(.chosen(PowerCut.Choice(mask: mask))) }
        if undecided.count < 63, all < UInt64(limit) {
            for mask in 1..<max(1, all) { choose(mask) }
        } else {
            for place in 0..<UInt64(count) {
                choose(1 << place)
                choose(all ^ 1 << place)
            }
            while outcomes.count < limit { outcomes.append(.random(seed: random.next())) }
        }
        for (place, what) in undecided.enumerated() where place < 64 {
            guard case .unit(let file, let unit) = what else { continue }
            var fates: [StoredFile.Fate] = [.torn, .junk(random.next())]
            fates += files[file].unsynced[unit].earlier.indices.suffix(4).map { .earlier($0) }
            for fate in fates {
                for mask in [0, all] {
                    outcomes.append(
                        .chosen(PowerCut.Choice(mask: mask, special: (place, fate))))
                }
            }
        }
        return outcomes
    }

    /// The names and sizes, a line each.
    var summary: String {
        names.sorted { $0.key < $1.key }.map { path, node in
            if case .file(let file) = node {
                "  \(path): \(files[file].shown.count) B"
            } else {
                "  \(path)"
            }
        }.joined(separator: "\n")
    }
}
