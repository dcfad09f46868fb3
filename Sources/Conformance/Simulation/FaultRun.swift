import WALProtocol

/// One run of the work on a simulated disk, with or without a fault, held against a history.
///
/// Throws a `Failure` as soon as the store does what it must not do.
final class FaultRun {
    static let path = "/store"

    /// An operation of the run that a fault can strike.
    struct Place {
        var life: Int
        var operation: Int
        var name: SimulatedCall.Name
        /// Whether it is part of an opening.
        var isOpening: Bool
    }

    private let opening: SimulatedOpening
    private let pace: BackgroundPace
    private var executor = DeferredExecutor()
    let fault: FaultCase?
    private(set) var disk = SimulatedDisk()
    private(set) var life = 0
    var store: (any LogStore)?
    var history = SubmittedHistory()
    /// The first state that the next opening may find.
    private var floor = 0
    /// The operations made by work, not by checks.
    private(set) var places: [Place] = []
    /// The operations of the present life that the last check made.
    private var checks = 0..<0
    private(set) var isPoisoned = false
    private var salt: UInt64 = 0
    /// What was going on, for messages.
    private(set) var doing = "nothing"
    private(set) var strikeCount = 0
    private(set) var refusalCount = 0
    private(set) var crashCount = 0

    init(_ opening: @escaping SimulatedOpening, pace: BackgroundPace, fault: FaultCase? = nil) {
        self.opening = opening
        self.pace = pace
        self.fault = fault
        if fault?.life == 0 { disk.fault = fault?.fault }
    }

    /// Whether the fault is over, or was lifted.
    var isFaultOver: Bool {
        guard let fault else { return true }
        if life != fault.life { return life > fault.life }
        return disk.fault == nil || (!fault.fault.isLasting && strikeCount > 0)
    }

    func liftFault() { disk.fault = nil }

    // MARK: - Work

    /// Does one thing.
    ///
    /// - Returns: the error that it was refused with, which is one that the fault explains.
    func perform(_ work: Work) throws -> LogStoreError? {
        salt += 1
        let change = work.change(of: history.current, salt: salt)
        if work.isWriting, change == nil, work != .flush, work != .sync { return nil }
        return try attempt(work, change)
    }

    /// Does one thing, and once more without the fault if it was refused.
    ///
    /// - Parameter keepsFault: Whether the fault is to stay.
    func attempt(_ work: Work, _ change: Change?) throws -> LogStoreError? {
        if store == nil, work.isWriting || work == .close { return nil }
        doing = "\(work)"
        let strikes = disk.faultCount
        let calls = disk.operationCount
        let disk = disk
        let life = life
        checks = 0..<0
        defer {
            if store == nil { isPoisoned = false }
            strikeCount += disk.faultCount - strikes
            let made = disk.calls
            places += (calls..<made.count).filter { !checks.contains($0) }.map {
                Place(
                    life: life, operation: $0, name: made[$0].name, isOpening: work == .open)
            }
        }
        do {
            // Two calls and what they write come between a piece of work and the one before.
            if pace == .late, salt % 2 == 0, store != nil { executor.run(1) }
            try run(work, change)
        } catch let error as LogStoreError {
            refusalCount += 1
            let struck = disk.calls[calls...].map(\.name)
            try check(error, of: work, wasStruck: disk.faultCount > strikes, calls: struck)
            try afterRefusal(of: work, change)
            return error
        }
        if isPoisoned, work.isWriting { throw failure("succeeded after a failed sync") }
        if disk.faultCount > strikes { try checkMemory() }
        return nil
    }

    private func run(_ work: Work, _ change: Change?) throws {
        switch work {
        case .open: try open()
        case .close:
            defer { store = nil }
            floor = history.flushed
            try store?.close()
            history.noteSynced()
            floor = history.synced
        case .kill:
            floor = history.flushed
            replaceDisk(disk.afterProcessDeath())
        case .powerCut(let seed):
            history.notePowerCut()
            floor = history.synced
            replaceDisk(disk.afterPowerCut(.random(seed: seed)))
        case .read(let withReader):
            guard let store else { return }
            let found =
                withReader ? try Model(reading: store.makeReader()) : try Model(reading: store)
            try expect(found, "reading")
        case .flush:
            try store?.flush()
            history.noteFlushed()
        case .sync:
            try store?.sync()
            history.noteSynced()
        case .append:
            guard let entry = change?.entries.first, let change else { return }
            try store?.append(entry.payload, at: entry.position, kind: entry.kind)
            history.submit(change)
        case .setMetadata:
            guard let change, let new = change.metadata.first, let value = new.value else { return }
            try store?.setMetadata(value, for: new.key)
            history.submit(change)
            history.noteSynced()
        default:
            guard let change else { return }
            try store?.write(change.batch)
            history.submit(change)
        }
    }

    private func replaceDisk(_ new: SimulatedDisk) {
        // Afterwards: a store that goes finishes what it is doing in the background.
        store = nil
        disk = new
        life += 1
        if fault?.life == life { disk.fault = fault?.fault }
    }

    private func open() throws {
        store = nil
        executor = DeferredExecutor()
        let opened = try opening(
            Self.path, disk, pace == .atOnce ? InlineExecutor() : executor)
        store = opened
        isPoisoned = false
        try withoutFault {
            let found = try read(opened, "what was opened")
            if let complaint = history.complaint(about: found, floor: floor) {
                throw failure(complaint)
            }
            history.restart(from: found)
            floor = 0
        }
    }

    // MARK: - Refusals

    /// Expects an error to be one that the fault explains.
    private func check(
        _ error: LogStoreError, of work: Work, wasStruck: Bool, calls: [SimulatedCall.Name]
    ) throws {
        if isPoisoned, work.isWriting || work == .close {
            if error.code == .poisoned { return }
            throw failure("says \(error) after a failed sync, not poisoned")
        }
        if disk.capacity != .max, error.code == .noSpace { return }
        // A sync that failed in the background poisons the next one.
        guard let fault, wasStruck || (error.code == .poisoned && disk.failedSyncCount > 0) else {
            throw failure("failed without a fault: \(error)")
        }
        switch error.code {
        case .poisoned:
            guard
                disk.failedSyncCount > 0 || calls.contains(.sync) || calls.contains(.syncDirectory),
                work != .open
            else {
                throw failure("poisoned the store without a failed sync: \(error)")
            }
            isPoisoned = true
        case .noSpace where fault.isFullDisk, .io where !fault.isFullDisk: break
        default: throw failure("does not say what happened: \(error)")
        }
        guard let errno = fault.errno else {
            throw failure("a short transfer is to be continued, not reported: \(error)")
        }
        guard error.cause?.errno == errno else {
            throw failure("names another cause: \(error)")
        }
        if fault.isInterruption, error.cause?.call == "read" || error.cause?.call == "write" {
            throw failure("an interrupted transfer is to be repeated, not reported: \(error)")
        }
    }

    /// Expects everything to be as it was before.
    private func afterRefusal(of work: Work, _ change: Change?) throws {
        if store == nil { return }
        if work == .setMetadata, let change {
            // Two calls in one: the value may be written although the sync failed.
            var after = history.current
            after.apply(change)
            let found = try withoutFault { try read(store, "what is there after the refusal") }
            if found == after { return history.submit(change) }
        }
        try checkMemory()
    }

    /// Expects the store to say what the history says.
    func checkMemory() throws {
        guard let store else { return }
        try withoutFault {
            try expect(try read(store, "what is there"), "memory")
            if let durable = store.state.durable, !history.isDurable(durable) {
                throw failure("calls \(durable) durable, and no sync has covered it")
            }
        }
    }

    private func read(_ store: (any LogStore)?, _ what: String) throws -> Model {
        guard let store else { return Model() }
        do {
            return try Model(reading: store)
        } catch let error as LogStoreError {
            throw failure("\(what) cannot be read: \(error)")
        }
    }

    private func expect(_ found: Model, _ what: String) throws {
        guard found != history.current else { return }
        throw failure("\(what) shows \(found.summary), not \(history.current.summary)")
    }

    /// After a failed sync: nothing is written any more, everything is read.
    func checkPoisoned() throws {
        for work in [Work.append(size: 9), .metadata, .flush, .sync, .setMetadata, .reset] {
            guard try perform(work) != nil else { throw failure("succeeded after a failed sync") }
        }
        guard try perform(.read(withReader: true)) == nil || !isFaultOver else {
            throw failure("cannot be read after a failed sync")
        }
    }

    /// Makes checks that the fault does not strike.
    private func withoutFault<R>(_ body: () throws -> R) rethrows -> R {
        let fault = disk.fault
        disk.fault = nil
        let start = disk.operationCount
        defer {
            checks = start..<disk.operationCount
            if let fault { disk.fault = fault }
        }
        return try body()
    }

    // MARK: - Crashes

    /// Expects every crash to leave a state of the history that has all that was acknowledged.
    func checkCrashes(cuts: [PowerCut]) throws {
        let wasDoing = doing
        defer { doing = wasDoing }
        doing = "recovery from a kill after \(wasDoing)"
        try checkRecovery(
            on: disk.afterProcessDeath(), floor: store == nil ? floor : history.flushed)
        for cut in cuts {
            doing = "recovery from a power cut (\(cut)) after \(wasDoing)"
            try checkRecovery(on: disk.afterPowerCut(cut), floor: history.synced)
        }
    }

    /// Expects what was acknowledged after a power cut that leaves nothing else.
    func checkPowerCut() throws {
        crashCount += 1
        let found = try recovered(on: disk.afterPowerCut(.losesEverything))
        if let complaint = history.complaint(about: found, floor: history.synced) {
            throw failure("after a power cut \(complaint)")
        }
    }

    private func checkRecovery(on disk: SimulatedDisk, floor: Int) throws {
        crashCount += 1
        var found = try recovered(on: disk)
        if let complaint = history.complaint(about: found, floor: floor) {
            throw failure(complaint)
        }
        doing += ", and then a power cut"
        let again = try recovered(on: disk.afterPowerCut(.losesEverything))
        guard again == found else {
            throw failure("\(again.summary) is left of \(found.summary), which an opening found")
        }
        let last = disk.afterProcessDeath()
        last.capacity = .max
        let change = Work.append(size: 33).change(of: found, salt: ~salt)
        do {
            let store = try opening(Self.path, last, InlineExecutor())
            if let change {
                try store.write(change.batch)
                found.apply(change)
            }
            try store.sync()
        } catch let error as LogStoreError {
            throw failure("the recovered store does not work: \(error)")
        }
        let written = try recovered(on: last.afterPowerCut(.losesEverything))
        guard written == found else {
            throw failure("\(written.summary) is left of \(found.summary), which was synced")
        }
    }

    private func recovered(on disk: SimulatedDisk) throws -> Model {
        do {
            return try Model(reading: opening(Self.path, disk, InlineExecutor()))
        } catch let error as LogStoreError {
            if disk.capacity != .max, error.code == .noSpace {
                // It may say so; and nothing has come of it when there is room.
                disk.capacity = .max
                return try recovered(on: disk)
            }
            throw failure("cannot be opened: \(error)")
        }
    }

    func failure(_ message: String) -> Failure { Failure("\(doing): \(message)", at: .here()) }
}
