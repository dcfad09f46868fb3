import Conformance

/// Runs the conformance rules on the backends, before anything is measured.
struct ConformanceRun: Sendable {
    private let scratch: Scratch
    private let progress: @Sendable (String) -> Void

    /// Prepares the run; the stores are made on the disk that is measured.
    init(
        in scratch: Scratch, progress: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.scratch = scratch
        self.progress = progress
    }

    /// Checks every rule on every backend, and waits for that on the calling thread.
    func run(_ contestants: [Contestant]) throws -> [(backend: String, report: Report)] {
        try waitFor {
            var reports: [(backend: String, report: Report)] = []
            for contestant in contestants {
                reports.append((contestant.name, await report(on: contestant)))
            }
            return reports
        }
    }

    private func report(on contestant: Contestant) async -> Report {
        var number = 0
        return await contestant.suite(in: scratch.path).run { rule in
            number += 1
            progress("\(contestant.name): rule \(number) of \(Rule.allCases.count), \(rule.id)")
        }
    }
}

extension Conformity {
    init(_ backend: String, _ report: Report) {
        let broken = report.violations
        self.init(
            backend: backend, passed: report.passed.count, failed: broken.count,
            notChecked: report.notChecked.count,
            failures: broken.map { "\($0.rule): \($0.message) (seed \($0.seed))" },
            durabilityFailures: broken.filter {
                !Self.durabilityProperties.isDisjoint(with: $0.rule.properties)
            }.map(\.rule.id))
    }
}

extension Contestant {
    /// The rules for this backend.
    func suite(in directory: String) -> LogStoreSuite {
        if let rules { return rules(directory) }
        let open = open
        return LogStoreSuite(opening: { try open($0, nil) }, scratchDirectory: directory)
    }
}
