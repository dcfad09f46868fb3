/// Two builds side by side, as text.
struct ContrastTable {
    private let contrasts: [Contrast]

    /// Prepares a table.
    init(of contrasts: [Contrast]) { self.contrasts = contrasts }

    /// The table, and how to read it.
    var text: String {
        let measured = contrasts.filter { !$0.rounds.isEmpty }
        var lines = TextColumns.aligned(
            [Self.header] + measured.map(Self.line), leading: 1)
        lines.append("")
        for contrast in contrasts where contrast.rounds.isEmpty {
            lines.append("\(contrast.workload): not in both builds")
        }
        return (lines + Self.explanation).joined(separator: "\n") + "\n"
    }

    private static let header = [
        "workload", "old", "middle half", "new", "middle half", "new ÷ old", "worse in", "control",
        "",
    ]

    private static func line(_ contrast: Contrast) -> [String] {
        let unit = FigureUnit(rawValue: contrast.unit)
        func text(_ value: Double) -> String {
            unit.map { Figures.text(value, $0) } ?? "\(Figures.ratio(value)) \(contrast.unit)"
        }
        func half(_ quartiles: Quartiles) -> String {
            text(quartiles.low) + " – " + text(quartiles.high)
        }
        return [
            contrast.workload,
            contrast.old.map { text($0.median) } ?? "", contrast.old.map(half) ?? "",
            contrast.new.map { text($0.median) } ?? "", contrast.new.map(half) ?? "",
            contrast.ratio.map(Figures.ratio) ?? "",
            "\(contrast.worseRoundCount) of \(contrast.rounds.count)",
            contrast.controlRatio.map(Figures.ratio) ?? "",
            contrast.verdict.rawValue,
        ]
    }

    private static let explanation = [
        "Medians of rounds, each of a process of its own, old and new alternately. control is the",
        "same ratio of the plain loop, which did not change: how far the machine drifted.",
        Contrast.rule + ".",
    ]
}

/// Lines up columns of text.
enum TextColumns {
    /// The lines of a table: the first columns to the left, figures to the right.
    static func aligned(_ rows: [[String]], leading: Int) -> [String] {
        guard let first = rows.first else { return [] }
        let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = zip(row, widths).enumerated().map { column, cell in
                let blanks = String(repeating: " ", count: max(cell.1 - cell.0.count, 0))
                return column < leading ? cell.0 + blanks : blanks + cell.0
            }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
