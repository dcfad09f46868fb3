import WALProtocol

/// One store in a random run, and what it has to hold.
final class ModelSubject {
    /// Where a store lives, and the ways in which it is opened.
    enum World {
        case disk([SimulatedOpening])
        case files([LogStoreSuite.Opening], path: String)
    }

    private let world: World
    private var disk = SimulatedDisk()
    private var variant = 0
    private(set) var store: (any LogStore)?
    private var readers: [any LogReader] = []
    private(set) var history = SubmittedHistory()
    private var floor = 0
    private var isPoisoned = false
    private(set) var name = "the store"

    init(_ world: World) throws {
        self.world = world
        try open()
    }

    var model: Model { history.current }

    // MARK: - Steps

    /// Does one thing, with what it changes worked out before.
    ///
    /// - Returns: the code of the error, if it was refused as it had to be.
    func perform(_ step: ModelStep, _ change: Change?) throws -> LogStoreError.Code? {
        let strikes = disk.faultCount
        do {
            try run(step, change)
        } catch let error as LogStoreError {
            if case .mistake = step.action, !isPoisoned, disk.faultCount == strikes {
                try checkState()
                return error.code
            }
            try checkRefusal(error, of: step, wasStruck: disk.faultCount > strikes)
            if store == nil {
                disk.fault = nil
                try open()
            }
            try checkEverything()
            return error.code
        }
        if isPoisoned, step.isWriting { throw failure("it took a write after a failed sync") }
        return nil
    }

    private func run(_ step: ModelStep, _ change: Change?) throws {
        // Nobody else may hold a store that is to go.
        if step.endsLife { return try endLife(step) }
        guard let store else { return }
        switch step.action {
        case .append:
            for entry in change?.entries ?? [] {
                try store.append(entry.payload, at: entry.position, kind: entry.kind)
                history.submit(Change(entries: [entry]))
            }
        case .vote:
            guard let change else { return }
            try store.write(change.batch)
            history.submit(change)
            try sync()
        case .mistake:
            guard let change else { return }
            try store.write(change.batch)
            throw failure("it took \(change), which breaks the rules")
        case .flush:
            try store.flush()
            history.noteFlushed()
        case .sync: try sync()
        case .reader:
            if readers.count == 3 { readers.removeFirst() }
            readers.append(store.makeReader())
        case .fault(let after, let effect):
            disk.fault = SimulatedFault(
                at: disk.operationCount + after, FaultCase.effects[effect])
        default:
            guard let change else { return }
            try store.write(change.batch)
            history.submit(change)
        }
    }

    private func endLife(_ step: ModelStep) throws {
        switch step.action {
        case .reopen(let variant):
            try close()
            self.variant = variant
            try open()
        case .kill(let syncsFirst):
            if syncsFirst { try sync() }
            floor = history.flushed
            letGo { $0.afterProcessDeath() }
            try open()
        case .powerCut:
            history.notePowerCut()
            floor = history.synced
            let seed = step.salt
            letGo { $0.afterPowerCut(.random(seed: seed)) }
            try open()
        default: break
        }
    }

    private func sync() throws {
        try store?.sync()
        history.restart(from: history.current)
    }

    private func close() throws {
        defer { forget() }
        floor = history.flushed
        try store?.close()
        history.noteSynced()
        floor = history.synced
    }

    /// Drops the store as the death of its process does.
    private func letGo(_ next: (SimulatedDisk) -> SimulatedDisk) {
        let left = next(disk)
        forget()
        disk = left
    }

    private func forget() {
        store = nil
        readers = []
    }

    private func open() throws {
        let opened: any LogStore
        switch world {
        case .disk(let openings):
            opened = try openings[variant % openings.count](
                FaultRun.path, disk, InlineExecutor())
        case .files(let openings, let path):
            opened = try openings[variant % openings.count](path)
        }
        store = opened
        name = opened.capabilities.name
        isPoisoned = false
        let found = try withoutFault { try Model(reading: opened) }
        if let complaint = history.complaint(about: found, floor: floor) {
            throw failure("opening it again: \(complaint)")
        }
        history.restart(from: found)
        floor = 0
    }

    // MARK: - Expectations

    /// Only a fault, or a sync that failed before, is a reason to refuse anything.
    private func checkRefusal(
        _ error: LogStoreError, of step: ModelStep, wasStruck: Bool
    ) throws {
        if isPoisoned, error.code == .poisoned { return }
        if isPoisoned, step.isWriting {
            throw failure("after a failed sync it says \(error), not poisoned")
        }
        let isExplained =
            switch error.code {
            case .io, .noSpace: wasStruck
            // The sync may have failed in the background, some calls ago.
            case .poisoned: wasStruck || disk.failedSyncCount > 0
            default: false
            }
        guard isExplained else { throw failure("it failed: \(error)") }
        isPoisoned = error.code == .poisoned
    }

    /// The first and last index, in no time.
    func checkState() throws {
        guard let state = store?.state else { return }
        let model = history.current
        guard state.first == model.first, state.last == model.last,
            state.compacted == model.compacted
        else { throw failure("its state is \(state), and the model holds \(model.summary)") }
        // On real files a store may sync more often than it is told to.
        if case .disk = world, let durable = state.durable, !history.isDurable(durable) {
            throw failure("it calls \(durable) durable, and no sync has covered that")
        }
    }

    /// One entry, and what lies beyond the ends.
    func checkEdges(_ salt: UInt64) throws {
        guard let store else { return }
        try withoutFault {
            let model = history.current
            if !model.entries.isEmpty {
                let entry = model.entries[Int(salt % UInt64(model.entries.count))]
                let difference = try store.withEntry(at: entry.index) {
                    Trial.difference($0, $1, from: entry)
                }
                if let difference { throw failure("reading \(entry.index) found \(difference)") }
                guard try store.term(at: entry.index) == entry.term else {
                    throw failure("the term of \(entry.index) is not \(entry.term)")
                }
            }
            if let next = model.next { try expect(.unavailable, at: next) }
            if let compacted = model.compacted {
                try expect(.compacted, at: compacted.index)
                guard try store.term(at: compacted.index) == compacted.term else {
                    throw failure("the term of the compacted position is not \(compacted.term)")
                }
            }
        }
    }

    private func expect(_ code: LogStoreError.Code, at index: LogIndex) throws {
        do throws(LogStoreError) {
            try store?.withEntry(at: index) { _, _ in }
        } catch {
            guard error.code != code else { return }
            throw failure("reading \(index) says \(error), not \(code)")
        }
        throw failure("\(index) can be read, and should be \(code)")
    }

    /// Everything, by the store and by every reader.
    func checkEverything() throws {
        try checkState()
        guard let store else { return }
        try withoutFault {
            let found = try Model(reading: store)
            guard found == history.current else {
                throw failure("it holds \(found.summary), not \(history.current.summary)")
            }
            for (place, reader) in readers.enumerated() {
                let found = try Model(reading: reader)
                guard found == history.current else {
                    throw failure(
                        "reader \(place) sees \(found.summary), not \(history.current.summary)")
                }
            }
        }
    }

    private func withoutFault<R>(_ body: () throws -> R) throws -> R {
        let fault = disk.fault
        disk.fault = nil
        defer { if let fault { disk.fault = fault } }
        do {
            return try body()
        } catch let error as LogStoreError {
            throw failure("what is there cannot be read: \(error)")
        }
    }

    private func failure(_ message: String) -> Failure {
        Failure("\(name): \(message)", at: .here())
    }
}

extension ModelStep {
    /// Whether a store that is poisoned has to refuse it.
    var isWriting: Bool {
        switch action {
        case .append, .batch, .flush, .sync, .vote: true
        default: false
        }
    }
}
