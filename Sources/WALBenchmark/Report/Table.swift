/// The comparison as text.
struct Table {
    private let comparison: Comparison
    private let emphasises: Bool

    /// Prepares a table.
    ///
    /// - Parameter emphasises: Whether to use the escape codes of a terminal.
    init(of comparison: Comparison, emphasises: Bool = false) {
        self.comparison = comparison
        self.emphasises = emphasises
    }

    /// The whole report: environment, rules, figures, notes.
    var text: String {
        var lines = comparison.environment.lines
        lines.append("")
        lines += comparison.conformance.flatMap(Self.lines)
        lines.append("")
        lines += figureLines
        lines.append("")
        lines += legend
        if !comparison.inputs.isEmpty { lines.append("") }
        lines += comparison.inputs.map { "\($0.backend): \($0.text)" }
        if comparison.isPartial { lines.append("This run was stopped before it was complete.") }
        return lines.map { $0.trimmingTrailingSpaces + "\n" }.joined()
    }

    private static func lines(of conformity: Conformity) -> [String] {
        var line = "rules    \(conformity.backend): \(conformity.passed) passed"
        line += ", \(conformity.failed) failed, \(conformity.notChecked) not checked"
        return [line] + conformity.failures.map { "         broken: \($0)" }
    }

    // MARK: Figures

    private static let header = [
        "workload", "", "durability", "median", "low – high", "p50", "p99", "p99.9",
        "÷ baseline", "÷ limit",
    ]

    private var figureLines: [String] {
        var header = Self.header
        header[8] = "÷ \(comparison.baseline)"
        var cells = [header]
        var isLimit = [false]
        for row in comparison.rows {
            for (number, cell) in row.cells.enumerated() {
                cells.append(line(row, cell, isFirst: number == 0))
                isLimit.append(false)
            }
            if let limit = row.limit {
                cells.append(line(row, limit, isFirst: false))
                isLimit.append(true)
            }
        }
        let widths = header.indices.map { column in
            cells.map { $0[column].count }.max() ?? 0
        }
        return zip(cells, isLimit).enumerated().map { number, line in
            let text = zip(line.0, widths).enumerated().map { column, cell in
                column < 3 ? cell.0.padded(to: cell.1) : cell.0.padded(before: cell.1)
            }.joined(separator: "  ")
            guard emphasises else { return text }
            if number == 0 { return "\u{1B}[1m\(text)\u{1B}[0m" }
            return line.1 ? "\u{1B}[2m\(text)\u{1B}[0m" : text
        }
    }

    private func line(_ row: Row, _ cell: Row.Cell, isFirst: Bool) -> [String] {
        let isLimit = cell.backend == row.limit?.backend
        let summary = cell.summary
        func call(_ value: Double?) -> String {
            value.map { Figures.text($0 * Double(row.entriesPerCall), row.unit) } ?? ""
        }
        let counted = row.unit.counted.map { "/\($0)" } ?? ""
        return [
            isFirst ? row.workload : "",
            cell.backend,
            row.durability.rawValue,
            Figures.text(summary.median, row.unit) + counted,
            Figures.text(summary.low, row.unit) + " – " + Figures.text(summary.high, row.unit),
            call(cell.percentiles?.p50), call(cell.percentiles?.p99),
            call(cell.percentiles?.p999),
            isLimit
                ? ""
                : row.ratioToBaseline(of: cell, baseline: comparison.baseline)
                    .map(Figures.ratio) ?? "",
            isLimit ? "" : row.ratioToLimit(of: cell).map(Figures.ratio) ?? "",
        ]
    }

    // MARK: Legend

    private var legend: [String] {
        var lines = ["What was done:"]
        var seen: Set<String> = []
        for row in comparison.rows where seen.insert(row.workload).inserted {
            lines.append("  \(row.workload): \(row.sentence)")
        }
        for note in comparison.notes {
            let whom = note.backend.map { ", \($0)" } ?? ""
            lines.append("  \(note.workload)\(whom): no figure, \(note.reason)")
        }
        return lines + Self.explanation
    }

    private static let explanation = [
        "median, low and high are of whole repetitions; p50, p99 and p99.9 of single calls, each",
        "with all of its entries. limit is a plain C loop with the same bytes, writes and syncs and",
        "no store; ratios below 1 are better than what they are held against. durability says what",
        "has survived when a timed call returns; figures of different durability are not compared.",
    ]
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(width - count, 0))
    }

    fileprivate func padded(before width: Int) -> String {
        String(repeating: " ", count: max(width - count, 0)) + self
    }

    fileprivate var trimmingTrailingSpaces: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
