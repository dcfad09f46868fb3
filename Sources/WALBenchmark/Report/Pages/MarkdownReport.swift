/// The comparison for a pull request.
struct MarkdownReport {
    private let comparison: Comparison
    private let findings: Findings

    /// Prepares the text.
    init(_ comparison: Comparison) {
        self.comparison = comparison
        findings = Findings(comparison)
    }

    /// The whole.
    var text: String {
        var lines = findings.headline.enumerated().map { number, sentence in
            number == 0 ? "**\(Self.escaped(sentence))**" : Self.escaped(sentence)
        }
        lines = [lines.joined(separator: " "), ""]
        lines += findings.doubts.map { "> " + Self.escaped($0) }
        if !findings.doubts.isEmpty { lines.append("") }
        if !findings.verdicts.isEmpty {
            lines += ["| | who is ahead | multiples of the limit |", "|---|---|---|"]
            lines += findings.verdicts.map {
                Self.line([$0.group.title, $0.text, $0.limit])
            }
            lines.append("")
        }
        lines += ["<details><summary>All figures</summary>", ""] + table + [""]
        lines += comparison.notes.map { note in
            "- "
                + Self.escaped(
                    "\(note.workload)\(note.backend.map { ", \($0)" } ?? ""): no figure, \(note.reason)"
                )
        }
        lines += comparison.inputs.map { "- " + Self.escaped("\($0.backend): \($0.text)") }
        lines += ["", "</details>", "", Self.escaped(comparison.environment.sentence)]
        return lines.joined(separator: "\n") + "\n"
    }

    private var table: [String] {
        var lines = [
            Self.line([
                "workload", "durability", "backend", "median", "low – high", "p99",
                "÷ \(comparison.baseline)", "÷ limit",
            ]), "|---|---|---|--:|--:|--:|--:|--:|",
        ]
        for row in comparison.rows {
            for cell in row.cells { lines.append(line(row, cell)) }
            if let limit = row.limit { lines.append(line(row, limit)) }
        }
        return lines
    }

    private func line(_ row: Row, _ cell: Row.Cell) -> String {
        let isLimit = cell.backend == row.limit?.backend
        let range = [row.text(cell.summary.low), row.text(cell.summary.high)]
        let baseline = row.ratioToBaseline(of: cell, baseline: comparison.baseline)
        return Self.line([
            row.workload, row.durability.rawValue, cell.backend, row.text(cell.summary.median),
            (row.isRate ? range.reversed() : range).joined(separator: " – "),
            (cell.percentiles?.p99).map {
                Figures.text($0 * Double(row.entriesPerCall), row.unit)
            } ?? "",
            isLimit ? "" : baseline.map(row.publishedRatio).map(Figures.ratio) ?? "",
            isLimit
                ? "" : row.ratioToLimit(of: cell).map(row.publishedRatio).map(Figures.ratio) ?? "",
        ])
    }

    static func line(_ cells: [String]) -> String {
        "| " + cells.map(escaped).joined(separator: " | ") + " |"
    }

    /// Words in which Markdown finds nothing to do.
    static func escaped(_ words: String) -> String {
        var result = ""
        for character in words {
            switch character {
            case "\\", "`", "*", "_", "|", "<", ">", "[", "]", "#", "~": result += "\\\(character)"
            case "\n", "\r", "\r\n": result += " "
            case "&": result += "&amp;"
            default: result.append(character)
            }
        }
        return result
    }
}
