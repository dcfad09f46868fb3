import WALProtocol

/// Long random histories of everything, against a plain model; a failure is made short.
///
/// On a simulated disk with power cuts and faults, or on real files, where the process "dies" by
/// letting the store go. Several stores that are given the same history have to agree (P82).
public struct ModelRun: Sendable {
    /// What a run did and found.
    public struct Report: Sendable {
        /// The steps that were carried out, those of shortening a failure not counted.
        public var operationCount = 0
        /// The histories, each on a new store.
        public var historyCount = 0
        /// How often the log was read from end to end.
        public var checkCount = 0
        /// What went wrong: how to see it again, what was seen, and the shortest script.
        public var failures: [String] = []
    }

    private enum Stores: Sendable {
        case disk([SimulatedOpening])
        case files([[LogStoreSuite.Opening]], directory: String)
    }

    private let stores: Stores
    private let menu: ModelStep.Menu
    let seed: UInt64
    /// The steps of one history.
    public var historyLength = 400

    /// Prepares runs on a simulated disk.
    ///
    /// - Parameters:
    ///   - openings: The ways to open the store; every one has to give the same answers.
    ///   - seed: Where everything random comes from.
    public init(onSimulatedDisk openings: [SimulatedOpening], seed: UInt64) {
        stores = .disk(openings)
        self.seed = seed
        var menu = ModelStep.Menu()
        menu.allowsPowerCuts = true
        menu.allowsFaults = true
        menu.variantCount = openings.count
        self.menu = menu
    }

    /// Prepares runs on real files.
    ///
    /// - Parameters:
    ///   - stores: For each store the ways to open it. Several stores are given the same history.
    ///   - seed: Where everything random comes from.
    ///   - directory: Where the files are made, and removed again; the system's place for
    ///     temporary files if it is left out.
    public init(
        onFiles stores: [[LogStoreSuite.Opening]], seed: UInt64, directory: String? = nil
    ) {
        self.stores = .files(stores, directory: directory ?? Scratch.systemDirectory)
        self.seed = seed
        var menu = ModelStep.Menu()
        menu.syncsBeforeKills = stores.count > 1
        menu.variantCount = stores.map(\.count).max() ?? 1
        self.menu = menu
    }

    /// Carries out so many steps, or more until the last history ends.
    ///
    /// - Parameters:
    ///   - operationCount: The steps.
    ///   - progress: Called after each history; `false` ends the run.
    public func run(
        operationCount: Int, progress: (Report) -> Bool = { _ in true }
    ) -> Report {
        var report = Report()
        while report.operationCount < operationCount {
            let number = seed &+ UInt64(report.historyCount)
            var random = SeededGenerator(seed: number, name: "ModelRun")
            let length = min(historyLength, operationCount - report.operationCount)
            let steps = (0..<length).map { _ in ModelStep.random(menu, using: &random) }
            let result = attempt(steps)
            report.operationCount += result.stepCount
            report.checkCount += result.checkCount
            report.historyCount += 1
            if result.failure != nil {
                report.failures.append(
                    "seed \(number), a history of \(length) steps: "
                        + shorten(Array(steps.prefix(result.stepCount))))
            }
            guard progress(report), report.failures.count < 5 else { break }
        }
        return report
    }

    // MARK: - One history

    private struct Attempt {
        var stepCount = 0
        var checkCount = 0
        var failure: String?
        var script: [String] = []
    }

    private func attempt(_ steps: [ModelStep]) -> Attempt {
        var result = Attempt()
        do {
            switch stores {
            case .disk(let openings):
                try carryOut(steps, on: [ModelSubject(.disk(openings))], &result)
            case .files(let stores, let directory):
                let scratch = try Scratch(in: directory)
                defer { scratch.remove() }
                var subjects: [ModelSubject] = []
                for (place, openings) in stores.enumerated() {
                    subjects.append(
                        try ModelSubject(
                            .files(openings, path: "\(scratch.path)/store-\(place)")))
                }
                try carryOut(steps, on: subjects, &result)
            }
        } catch let failure as Failure {
            result.failure = failure.message
        } catch {
            result.failure = "unexpected error: \(error)"
        }
        return result
    }

    /// How many steps there are from one reading of everything to the next.
    private static let checkInterval = 16

    private func carryOut(
        _ steps: [ModelStep], on subjects: [ModelSubject], _ result: inout Attempt
    ) throws {
        for step in steps {
            result.stepCount += 1
            let model = subjects[0].model
            let change = step.change(of: model)
            var mistake: Mistake?
            if case .mistake(let kind) = step.action { mistake = Mistake(kind: kind, in: model) }
            result.script += step.script(change ?? mistake?.change, of: model)
            var codes: Set<LogStoreError.Code?> = []
            for subject in subjects {
                codes.insert(try subject.perform(step, change ?? mistake?.change))
                try subject.checkState()
            }
            if let mistake, codes != [mistake.code], codes != [.poisoned], codes != [.io] {
                throw Failure(
                    "\(mistake.change) was refused as \(codes.map { text($0) }), "
                        + "not as \(mistake.code)", at: .here())
            }
            let isDue = result.stepCount % Self.checkInterval == 0 || step.endsLife
            if isDue || result.stepCount == steps.count {
                result.checkCount += subjects.count
                for subject in subjects { try subject.checkEverything() }
            } else {
                for subject in subjects { try subject.checkEdges(step.salt) }
            }
            for subject in subjects where subject.model != subjects[0].model {
                throw Failure("\(subject.name) and \(subjects[0].name) part", at: .here())
            }
        }
    }

    // MARK: - A short script

    /// Leaves steps out as long as it still fails: halves, then quarters, …, then single ones.
    private func shorten(_ steps: [ModelStep]) -> String {
        var steps = steps
        var budget = 3000
        var size = max(1, steps.count / 2)
        while budget > 0 {
            var start = 0
            var hasShortened = false
            while start < steps.count, budget > 0 {
                var shorter = steps
                shorter.removeSubrange(start..<min(start + size, steps.count))
                budget -= 1
                let result = attempt(shorter)
                if result.failure != nil {
                    steps = Array(shorter.prefix(result.stepCount))
                    hasShortened = true
                } else {
                    start += size
                }
            }
            if size == 1, !hasShortened { break }
            size = max(1, size / 2)
        }
        let last = attempt(steps)
        return "\(steps.count) steps of it fail too: \(last.failure ?? "but not every time")\n"
            + last.script.map { "    \($0)" }.joined(separator: "\n")
    }
}

extension ModelRun.Report: CustomStringConvertible {
    /// The counts, on one line.
    public var description: String {
        "\(operationCount) operations in \(historyCount) histories, read \(checkCount) times from "
            + "end to end, \(failures.count) failures"
    }
}
