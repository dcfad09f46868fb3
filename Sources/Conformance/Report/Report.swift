/// What one rule said about a store.
public enum Outcome: Hashable, Sendable {
    /// The store keeps the rule.
    case passed
    /// The store breaks the rule.
    case failed(Violation)
    /// There was no means of finding out, for the reason given; never to be read as passed.
    case notChecked(String)
}

/// What all rules said about a store.
public struct Report: Sendable {
    /// What one rule said.
    public struct Finding: Sendable {
        /// The rule.
        public var rule: Rule
        /// What it said.
        public var outcome: Outcome
        /// How long it took.
        public var duration: Duration
    }

    /// The seed that everything random came from.
    public var seed: UInt64
    /// One finding for each rule, in the order in which they ran.
    public var findings: [Finding] = []

    /// Makes a report without findings.
    public init(seed: UInt64) { self.seed = seed }

    /// The rules that the store keeps.
    public var passed: [Rule] {
        findings.compactMap { $0.outcome == .passed ? $0.rule : nil }
    }

    /// The rules that the store breaks.
    public var violations: [Violation] {
        findings.compactMap { finding in
            if case .failed(let violation) = finding.outcome { violation } else { nil }
        }
    }

    /// The rules that could not be checked, with the reasons.
    public var notChecked: [(rule: Rule, reason: String)] {
        findings.compactMap { finding in
            if case .notChecked(let reason) = finding.outcome {
                (finding.rule, reason)
            } else {
                nil
            }
        }
    }

    /// The numbers of the properties that at least one rule has really checked.
    public var checkedProperties: Set<Int> {
        findings.reduce(into: []) { numbers, finding in
            if case .notChecked = finding.outcome { return }
            numbers.formUnion(finding.rule.properties)
        }
    }
}

extension Report: CustomStringConvertible {
    /// One line for each rule that was broken or not checked, and a line of totals.
    public var description: String {
        var lines = violations.map(\.description)
        lines += notChecked.map { "not checked: \($0.rule): \($0.reason)" }
        lines.append(
            "\(passed.count) passed, \(violations.count) failed, \(notChecked.count) not checked; "
                + "\(checkedProperties.count) properties; seed \(seed)")
        return lines.joined(separator: "\n")
    }
}
