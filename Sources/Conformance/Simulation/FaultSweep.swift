import WALProtocol

/// Lets every operation of a run fail, in every way there is, and looks at what the store makes
/// of it.
///
/// A call that fails has to say so, with an error that names the cause; to leave memory and log
/// as they were; and to work when it is repeated, unless it was a sync. After a failed sync
/// nothing is acknowledged until the store is opened again. Whatever happened, every crash
/// afterwards leaves a log that was there once, with everything acknowledged in it.
public struct FaultSweep: Sendable {
    /// What a sweep did and found.
    public struct Report: Sendable {
        /// The operations that the run makes if nothing fails.
        public var operationCount = 0
        /// The runs, each with a fault.
        public var runCount = 0
        /// The operations that were struck.
        public var strikeCount = 0
        /// The calls of the store that failed.
        public var refusalCount = 0
        /// The crashes that were recovered from.
        public var crashCount = 0
        /// What went wrong: the case, and what was seen.
        public var failures: [String] = []
    }

    let opening: SimulatedOpening
    let seed: UInt64
    let pace: BackgroundPace
    let work: [Work]
    /// Whether the first failure is enough.
    public var stopsAtFailure = false

    /// Prepares a sweep.
    ///
    /// - Parameters:
    ///   - opening: Opens the store on a disk of the kit's choosing.
    ///   - seed: Where random outcomes of power cuts come from.
    ///   - pace: When background work is done.
    public init(
        opening: @escaping SimulatedOpening, seed: UInt64,
        pace: BackgroundPace = .atOnce
    ) {
        self.opening = opening
        self.seed = seed
        self.pace = pace
        work = Work.representative
    }

    /// Strikes operations once each.
    ///
    /// - Parameter limit: Makes no more cases than this: as many of each kind of call and failure.
    public func runSingle(limit: Int = .max) throws -> Report {
        let places = try places()
        let cases = places.flatMap { place in
            FaultCase.effects.filter { Self.canStrike($0, place.name) }.map {
                // What does not transfer anything fails in one way, whatever the error is.
                let kind = place.name.isTransfer ? "\(place.name) \($0)" : "\(place.name)"
                return (
                    kind: kind,
                    FaultCase(life: place.life, SimulatedFault(at: place.operation, $0))
                )
            }
        }
        return run(sample(cases, limit), operationCount: places.count)
    }

    /// Lets openings find no file descriptor free, wherever they look for what is there.
    ///
    /// - Parameter limit: Makes no more cases than this: as many of each kind of call.
    public func runOpening(limit: Int = .max) throws -> Report {
        let places = try places().filter { $0.isOpening && !$0.name.changesDisk }
        let cases = places.map {
            (
                kind: "\($0.name)",
                FaultCase(
                    life: $0.life, SimulatedFault(at: $0.operation, FaultCase.noDescriptor))
            )
        }
        return run(sample(cases, limit), operationCount: places.count)
    }

    /// Strikes everything from an operation on, or only what writes, or only syncs.
    ///
    /// - Parameter limit: Makes no more cases than this: as many of each kind of failure.
    public func runLasting(limit: Int = .max) throws -> Report {
        let places = try places()
        let writing: Set<SimulatedCall.Name> = [
            .create, .mkdir, .rename, .write, .setSize, .reserve, .sync, .syncDirectory,
        ]
        let syncs: Set<SimulatedCall.Name> = [.sync, .syncDirectory]
        let kinds = [("all", []), ("writing", writing), ("syncs", syncs)]
        let cases = places.flatMap { place in
            kinds.flatMap { name, calls in
                FaultCase.effects.map {
                    (
                        kind: calls == syncs ? name : "\(name) \($0)",
                        FaultCase(
                            life: place.life,
                            SimulatedFault(at: place.operation, $0, isLasting: true, calls: calls))
                    )
                }
            }
        }.filter { _, fault in
            // A transfer that is interrupted for ever is repeated for ever.
            guard fault.fault.calls == syncs else { return !fault.isInterruption }
            return Self.canStrike(fault.fault.effect, .sync)
        }
        return run(sample(cases, limit), operationCount: places.count)
    }

    /// Makes one case, such as a report names.
    ///
    /// - Returns: what went wrong; `nil` if nothing did.
    public func run(_ fault: FaultCase) -> String? {
        var report = Report()
        run(fault, into: &report)
        return report.failures.first
    }

    /// Half a transfer is only possible where something is transferred.
    private static func canStrike(
        _ effect: SimulatedFault.Effect, _ name: SimulatedCall.Name
    ) -> Bool {
        if case .error = effect { return true }
        return name.isTransfer
    }

    /// The operations of a run in which nothing fails.
    private func places() throws -> [FaultRun.Place] {
        let run = FaultRun(opening, pace: pace)
        for work in work { _ = try run.perform(work) }
        return run.places
    }

    /// So many cases at most: one of each kind, then another one of each, and so on.
    func sample<Case>(_ cases: [(kind: String, Case)], _ limit: Int) -> [Case] {
        guard cases.count > limit else { return cases.map(\.1) }
        var random = SeededGenerator(seed: seed, name: "FaultSweep")
        var kinds = Dictionary(grouping: cases, by: \.kind).sorted { $0.key < $1.key }
            .map { $0.value.map(\.1).shuffled(using: &random) }
        kinds.shuffle(using: &random)
        let rounds = kinds.map(\.count).max() ?? 0
        let inTurn = (0..<rounds).lazy.flatMap { round in
            kinds.lazy.filter { round < $0.count }.map { $0[round] }
        }
        return Array(inTurn.prefix(limit))
    }

    private func run(_ cases: [FaultCase], operationCount: Int) -> Report {
        var report = Report(operationCount: operationCount)
        for fault in cases {
            run(fault, into: &report)
            if stopsAtFailure, !report.failures.isEmpty { break }
        }
        return report
    }

    // MARK: - One run

    private func run(_ fault: FaultCase, into report: inout Report) {
        let run = FaultRun(opening, pace: pace, fault: fault)
        carryOut(run, "case '\(fault)'", into: &report) { try drive($0, fault) }
    }

    /// Does what is to be done in a run, and notes what came of it.
    func carryOut(
        _ run: FaultRun, _ what: String, into report: inout Report,
        _ body: (FaultRun) throws -> Void
    ) {
        do {
            try body(run)
        } catch let failure as Failure {
            report.failures.append("\(what): \(failure.message)")
        } catch {
            report.failures.append("\(what): \(run.doing): unexpected error: \(error)")
        }
        report.runCount += 1
        report.strikeCount += run.strikeCount
        report.refusalCount += run.refusalCount
        report.crashCount += run.crashCount
    }

    /// The work that is still done after the fault was struck for the first time.
    private static let aftermath = 24

    private func drive(_ run: FaultRun, _ fault: FaultCase) throws {
        let cuts: [PowerCut] = [.losesEverything, .keepsEverything, .random(seed: seed)]
        var left = Self.aftermath
        for work in work {
            let wasStruck = run.strikeCount > 0
            var refused = try run.perform(work) != nil
            guard run.strikeCount > 0 else { continue }
            if !wasStruck { try run.checkCrashes(cuts: cuts) }
            if refused, work == .open || work == .close || left == 0 { run.liftFault() }
            if run.isPoisoned {
                try run.checkPoisoned()
                run.liftFault()
                try run.checkPoisoned()
                try end(run, fault)
                refused = false
            }
            if refused, run.isFaultOver, work != .close {
                guard try run.perform(work) == nil else {
                    throw run.failure("is refused again, although the fault is over")
                }
            }
            if work == .sync, !refused { try run.checkPowerCut() }
            left -= 1
            if left < 0 { break }
        }
        run.liftFault()
        if run.store == nil { _ = try run.perform(.open) }
        try run.checkMemory()
        for work in [Work.append(size: 44), .sync] { _ = try run.perform(work) }
        try run.checkPowerCut()
    }

    /// Leaves a poisoned store, now by closing it and now by dying, and opens it again.
    private func end(_ run: FaultRun, _ fault: FaultCase) throws {
        if fault.fault.operation % 2 == 0 {
            guard try run.perform(.close) != nil else {
                throw run.failure("closed without a complaint after a failed sync")
            }
        } else {
            _ = try run.perform(.kill)
        }
        guard try run.perform(.open) == nil else {
            throw run.failure("is refused after a failed sync, although the fault is over")
        }
    }
}

extension FaultSweep.Report: CustomStringConvertible {
    /// The counts, on one line.
    public var description: String {
        "\(runCount) runs of \(operationCount) operations, \(strikeCount) operations failed, "
            + "\(refusalCount) calls refused, \(crashCount) crashes, \(failures.count) failures"
    }
}
