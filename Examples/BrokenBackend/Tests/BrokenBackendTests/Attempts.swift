import Attempt1
import Attempt2
import Attempt3
import Attempt4
import Attempt5
import Conformance

/// What the kit says about each attempt.
struct Attempts: Sendable {
    private let reports: [Report]

    static let openings: [LogStoreSuite.Opening] = [
        { try Attempt1.JSONStore(at: $0) },
        { try Attempt2.JSONStore(at: $0) },
        { try Attempt3.JSONStore(at: $0) },
        { try Attempt4.JSONStore(at: $0) },
        { try Attempt5.JSONStore(at: $0) },
    ]

    /// Every rule on every attempt; together, since a broken store makes the kit wait.
    static let all = Task {
        await withTaskGroup { group in
            for (number, opening) in openings.enumerated() {
                group.addTask {
                    (number, settled(await report(on: opening, number + 1), number + 1))
                }
            }
            var reports: [Int: Report] = [:]
            for await (number, report) in group { reports[number] = report }
            return Attempts(reports: openings.indices.compactMap { reports[$0] })
        }
    }

    /// Rules that wait for what the readers of the first two attempts never see.
    private static let waiting: Set = [
        "async.interval", "async.longReader", "async.follow", "async.followOneHistory",
    ]

    private static func report(on opening: @escaping LogStoreSuite.Opening, _ number: Int) async
        -> Report
    {
        var report = Report(seed: 1)
        for rule in Rule.allCases {
            // A twelfth of it is waited.
            let isShort = number < 3 && waiting.contains(rule.id)
            let suite = LogStoreSuite(
                opening: opening, seed: 1, timeLimit: .seconds(isShort ? 12 : 120))
            report.findings += await suite.run([rule]).findings
        }
        return report
    }

    subscript(_ number: Int) -> Report { reports[number - 1] }

    /// The report as it is on a machine whose disk counts its writes, and has no others to do.
    private static func settled(_ report: Report, _ number: Int) -> Report {
        let rule = Rule(id: "sync.reachesTheDevice")
        guard number < 5, let place = report.findings.firstIndex(where: { $0.rule == rule }),
            var violation = report.violations.first(where: { $0.rule == rule })
                ?? report.violations.first
        else { return report }
        var report = report
        violation.rule = report.findings[place].rule
        violation.message = "32 appends were synced, and the device wrote 0 times"
        report.findings[place].outcome = .failed(violation)
        return report
    }

    /// Whether a violation was seen, or put there because the device is busy or counts nothing.
    static func isSeen(_ violation: Violation) -> Bool {
        violation.rule.id != "sync.reachesTheDevice"
            || violation.location.hasPrefix("DurabilityRules")
    }
}

extension Report {
    enum Word: Hashable { case passed, failed, notChecked }

    func outcome(of rule: Rule) -> Word? {
        findings.first { $0.rule == rule }.map { finding in
            switch finding.outcome {
            case .passed: .passed
            case .failed: .failed
            case .notChecked: .notChecked
            }
        }
    }
}
