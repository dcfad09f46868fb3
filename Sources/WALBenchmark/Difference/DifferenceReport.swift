import Foundation

/// Two runs side by side: as text, as Markdown, as JSON.
struct DifferenceReport {
    private let difference: Difference
    private let threshold: Double
    /// The changes that are shown: those beyond the noise, or all.
    private let shown: [Change]

    /// Prepares the report.
    ///
    /// - Parameters:
    ///   - threshold: The percentage from which on a change for the worse is a regression.
    ///   - showsAll: Whether to show what is within the noise, too.
    init(_ difference: Difference, threshold: Double, showsAll: Bool = false) {
        self.difference = difference
        self.threshold = threshold
        shown = difference.changes.filter { showsAll || $0.verdict != .noise }
    }

    /// What came of it, in a sentence.
    var conclusion: String {
        let regressions = difference.regressions(beyond: threshold)
        let percent = Figures.short(threshold)
        guard regressions.isEmpty else {
            return "worse by more than \(percent) %: "
                + regressions.map { "\($0.row.workload) of \($0.backend)" }.joined(separator: ", ")
        }
        let changes = difference.changes
        let counts = [Change.Verdict.better, .worse, .machine, .unknown, .noise].compactMap {
            verdict -> String? in
            let count = changes.count { $0.verdict == verdict }
            return count == 0 ? nil : "\(count) \(Self.words(verdict))"
        }
        return "nothing is worse by more than \(percent) %: of \(changes.count) figures "
            + (counts.isEmpty ? "none compare" : counts.joined(separator: ", "))
    }

    /// What the program ends with if something got worse.
    var failure: Failure? {
        difference.regressions(beyond: threshold).isEmpty
            ? nil : Failure(exitCode: 1, message: conclusion)
    }

    private static func words(_ verdict: Change.Verdict) -> String {
        switch verdict {
        case .better: "better"
        case .worse: "worse"
        case .machine: "changed as the machine did"
        case .unknown: "cannot be judged"
        case .noise: "within the noise"
        }
    }

    // MARK: Tables

    private static let header = [
        "workload", "backend", "before", "low – high", "after", "low – high", "after ÷ before",
        "limit", "",
    ]

    private var lines: [[String]] {
        shown.map { change in
            let row = change.row
            func range(_ summary: Summary) -> String {
                let ends = [row.text(summary.low), row.text(summary.high)]
                return (row.isRate ? ends.reversed() : ends).joined(separator: " – ")
            }
            func ratio(_ ratio: Double?) -> String {
                ratio.map(row.publishedRatio).map(Figures.ratio) ?? ""
            }
            return [
                row.workload, change.backend, row.text(change.old.median), range(change.old),
                row.text(change.new.median), range(change.new), ratio(change.ratio),
                ratio(change.controlRatio),
                change.isRegression(beyond: threshold)
                    ? "REGRESSION" : change.verdict.rawValue,
            ]
        }
    }

    /// For a terminal.
    var text: String {
        var lines: [String] = []
        lines += difference.warnings.map { "note: \($0)" }
        if !difference.warnings.isEmpty { lines.append("") }
        if !shown.isEmpty {
            lines += TextColumns.aligned([Self.header] + self.lines, leading: 2)
            lines.append("")
        }
        lines += difference.refusals.map { "not compared: \($0)" }
        if !difference.refusals.isEmpty { lines.append("") }
        lines.append(conclusion)
        lines.append("(" + Change.rule + "; limit is how the plain loop changed)")
        return lines.joined(separator: "\n") + "\n"
    }

    /// For a pull request.
    var markdown: String {
        var lines = ["**\(MarkdownReport.escaped(conclusion))**", ""]
        lines += difference.warnings.map { "> " + MarkdownReport.escaped($0) }
        if !difference.warnings.isEmpty { lines.append("") }
        if !shown.isEmpty {
            lines += [MarkdownReport.line(Self.header), "|---|---|--:|--:|--:|--:|--:|--:|---|"]
            lines += self.lines.map(MarkdownReport.line)
            lines.append("")
        }
        lines += difference.refusals.map { "- not compared: " + MarkdownReport.escaped($0) }
        if !difference.refusals.isEmpty { lines.append("") }
        lines.append("<sub>" + MarkdownReport.escaped(Change.rule) + "</sub>")
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: JSON

    private struct Document: Encodable {
        let schema = 1
        let rule = Change.rule
        let threshold: Double
        let environment: [String]
        let notCompared: [String]
        let results: [Result]

        private enum CodingKeys: CodingKey {
            case schema, rule, threshold, environment, notCompared, results
        }
    }

    private struct Result: Encodable {
        let workload: String
        let backend: String
        let durability: String
        let unit: String
        let old: Double
        let new: Double
        let ratio: Double?
        let controlRatio: Double?
        let verdict: String
        let isRegression: Bool
    }

    /// The text to write to a file: every figure, what is within the noise as well.
    func json() throws -> String {
        let document = Document(
            threshold: threshold, environment: difference.warnings,
            notCompared: difference.refusals,
            results: difference.changes.map { change in
                let row = change.row
                return Result(
                    workload: row.workload, backend: change.backend,
                    durability: row.durability.rawValue,
                    unit: row.isRate ? FigureUnit.rateText : row.unit.rawValue,
                    old: row.published(change.old.median), new: row.published(change.new.median),
                    ratio: change.ratio.map(row.publishedRatio),
                    controlRatio: change.controlRatio.map(row.publishedRatio),
                    verdict: change.verdict.rawValue,
                    isRegression: change.isRegression(beyond: threshold))
            })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
    }
}
