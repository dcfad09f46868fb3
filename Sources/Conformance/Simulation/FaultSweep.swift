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
    let isDeferred: Bool
    let work: [Work]
    /// Whether the first failure is enough.
    public var stopsAtFailure = false

    /// Prepares a sweep.
    ///
    /// - Parameters:
    ///   - opening: Opens the store on a disk of the kit's choosing.
    ///   - seed: Where random outcomes of power cuts come from.
    ///   - isDeferred: Whether background work is put off until the store is closed, instead of
    ///     being done at once.
    public init(
        opening: @escaping SimulatedOpening, seed: UInt64, isDeferred: Bool = false
    ) {
        self.opening = opening
        self.seed = seed
        self.isDeferred = isDeferred
        work = Work.representative
    }

    /// Strikes operations once each.
    ///
    /// - Parameters:
    ///   - stride: 1 makes every case there is; a larger number takes one case of so many, evenly
    ///     spread over operations and effects.
    ///   - limit: Makes no more cases than this, spread in the same way.
    public func runSingle(stride: Int = 1, limit: Int = .max) throws -> Report {
        let places = try places()
        let cases = places.flatMap { place in
            FaultCase.effects.filter { Self.canStrike($0, place.name) }.map {
                FaultCase(life: place.life, SimulatedFault(at: place.operation, $0))
            }
        }
        return run(cases, stride: stride, limit: limit, operationCount: places.count)
    }

    /// Lets openings find no file descriptor free, wherever they look for what is there.
    ///
    /// - Parameter limit: Makes no more cases than this, spread over the kinds of call.
    public func runOpening(limit: Int = .max) throws -> Report {
        let places = try places().filter { $0.isOpening && !$0.name.changesDisk }
        let cases = places.sorted { $0.name.rawValue < $1.name.rawValue }.map {
            FaultCase(
                life: $0.life, SimulatedFault(at: $0.operation, FaultCase.noDescriptor))
        }
        return run(cases, stride: 1, limit: limit, operationCount: places.count)
    }

    /// Strikes everything from an operation on, or only what writes, or only syncs.
    ///
    /// - Parameters:
    ///   - stride: As for single faults.
    ///   - limit: As for single faults.
    public func runLasting(stride: Int = 1, limit: Int = .max) throws -> Report {
        let places = try places()
        let writing: Set<SimulatedCall.Name> = [
            .create, .mkdir, .rename, .write, .setSize, .reserve, .sync, .syncDirectory,
        ]
        let syncs: Set<SimulatedCall.Name> = [.sync, .syncDirectory]
        let cases = places.flatMap { place in
            [[], writing, syncs].flatMap { calls in
                FaultCase.effects.map {
                    FaultCase(
                        life: place.life,
                        SimulatedFault(at: place.operation, $0, isLasting: true, calls: calls))
                }
            }
        }.filter { fault in
            // A transfer that is interrupted for ever is repeated for ever.
            guard fault.fault.calls == syncs else { return !fault.isInterruption }
            return Self.canStrike(fault.fault.effect, .sync)
        }
        return run(cases, stride: stride, limit: limit, operationCount: places.count)
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
        return name == .read || name == .write
    }

    /// The operations of a run in which nothing fails.
    private func places() throws -> [FaultRun.Place] {
        let run = FaultRun(opening, isDeferred: isDeferred)
        for work in work { _ = try run.perform(work) }
        return run.places
    }

    private func run(
        _ cases: [FaultCase], stride step: Int, limit: Int, operationCount: Int
    ) -> Report {
        var report = Report(operationCount: operationCount)
        let step = max(1, step, cases.count / max(1, limit))
        for place in stride(from: Int(seed % UInt64(step)), to: cases.count, by: step) {
            run(cases[place], into: &report)
            if stopsAtFailure, !report.failures.isEmpty { break }
        }
        return report
    }

    // MARK: - One run

    private func run(_ fault: FaultCase, into report: inout Report) {
        let run = FaultRun(opening, isDeferred: isDeferred, fault: fault)
        do {
            try drive(run, fault)
        } catch let failure as Failure {
            report.failures.append("case '\(fault)': \(failure.message)")
        } catch {
            report.failures.append("case '\(fault)': \(run.doing): unexpected error: \(error)")
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
