import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A store on a simulated disk that is driven step by step, with the history it has to keep.
final class SimulatedRun {
    static let path = "/store"

    private(set) var disk: SimulatedDisk
    private(set) var history = History()
    /// The history as it was, by the mark that the disk's snapshots carry.
    private(set) var histories = [History()]
    private(set) var store: any LogStore
    private let opening: SimulatedOpening
    /// Lags one step behind; `nil` if background work runs at once.
    private var executor: DeferredExecutor?

    /// Opens a store on an empty disk.
    ///
    /// - Parameters:
    ///   - isLagging: Whether background work runs only after the next step.
    ///   - isRecorded: Whether the operations of the opening are crash points.
    init(_ opening: @escaping SimulatedOpening, isLagging: Bool, isRecorded: Bool) throws {
        disk = SimulatedDisk()
        self.opening = opening
        if isLagging { executor = DeferredExecutor() }
        if isRecorded { disk.startRecording() }
        store = try opening(Self.path, disk, executor ?? InlineExecutor())
    }

    /// Does one thing.
    ///
    /// - Parameter isRecorded: Whether its operations are crash points: then they are the disk's
    ///   snapshots afterwards.
    /// - Throws: what the store throws, which it must not; what ``recover(_:)`` throws.
    func perform(_ step: Step, isRecorded: Bool) throws {
        if isRecorded { disk.startRecording(mark: histories.count - 1) }
        let backlog = executor?.count ?? 0
        switch step {
        case .append(let entries):
            for entry in entries {
                submit(Change(entries: [entry]))
                try store.append(entry.payload, at: entry.position, kind: entry.kind)
            }
        case .write(let change):
            submit(change)
            try store.write(change.batch)
        case .flush:
            try store.flush()
        case .sync:
            try store.sync()
            acknowledge()
        case .close:
            try store.close()
            acknowledge()
            try open()
        case .kill:
            try kill(isRecorded: isRecorded)
        case .failSync:
            try failSync()
            try kill(isRecorded: isRecorded)
        }
        executor?.run(backlog)
        guard isRecorded || step.isEnd else { return }
        let found = try Model(reading: store)
        guard found == history.model else {
            throw SimulationFailure(
                "the store holds \(found.summary), not \(history.model.summary)")
        }
    }

    /// The work of the store before is done, or dead with its process.
    private func open() throws {
        if executor != nil { executor = DeferredExecutor() }
        store = try opening(Self.path, disk, executor ?? InlineExecutor())
    }

    /// The next process finds everything that the operating system has.
    private func kill(isRecorded: Bool) throws {
        disk = disk.afterProcessDeath()
        if isRecorded { disk.startRecording(mark: histories.count - 1) }
        try open()
        try recover()
    }

    /// A sync whose first `fdatasync` fails.
    private func failSync() throws {
        disk.fault = SimulatedFault(
            at: disk.operationCount, .error(EIO), isLasting: true, calls: [.sync])
        defer { disk.fault = nil }
        let struck = disk.faultCount
        do {
            try store.sync()
        } catch {
            return
        }
        guard disk.faultCount == struck else {
            throw SimulationFailure("a sync succeeded whose fdatasync failed")
        }
        acknowledge()
    }

    private func submit(_ change: Change) {
        history.submit(change)
        note()
    }

    private func acknowledge() {
        history.acknowledge()
        note()
    }

    private func note() {
        histories.append(history)
        disk.note(mark: histories.count - 1)
    }

    /// Finds out what the store kept.
    private func recover() throws {
        let found = try Model(reading: store)
        guard let count = history.index(of: found) else {
            throw SimulationFailure(
                "after the death of the process the store holds \(found.summary); "
                    + history.expectation)
        }
        history.rewind(to: count, isDurable: store.state.durable == store.state.last)
        note()
    }
}

extension Step {
    /// Whether the store is another one afterwards.
    fileprivate var isEnd: Bool {
        switch self {
        case .close, .kill, .failSync: true
        default: false
        }
    }
}

extension History {
    /// What a crash may leave, in words.
    var expectation: String {
        let range = allowed
        let states = range.map { "  \($0): \(self.states[$0].summary)" }.joined(separator: "\n")
        return "it has to be in a state from \(range.lowerBound) (all that was acknowledged) to "
            + "\(range.upperBound) (all that was submitted):\n\(states)"
    }
}

/// What a simulation found wrong.
struct SimulationFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
