import Foundation

/// The comparison for a terminal: the answer, then bars with the limit as a mark in them.
struct Bars {
    private let comparison: Comparison
    private let findings: Findings
    private let width: Int
    private let emphasises: Bool

    /// Prepares the text.
    ///
    /// - Parameters:
    ///   - width: The columns there are.
    ///   - emphasises: Whether to use the escape codes of a terminal.
    init(of comparison: Comparison, width: Int = 80, emphasises: Bool = false) {
        self.comparison = comparison
        findings = Findings(comparison)
        self.width = min(max(width, 60), 110)
        self.emphasises = emphasises
    }

    /// The columns of the terminal that stdout is.
    static var terminalWidth: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// The whole.
    var text: String {
        var lines: [String] = []
        for (number, sentence) in findings.headline.enumerated() {
            lines += wrapped(sentence).map { number == 0 ? bold($0) : $0 }
        }
        lines += findings.doubts.flatMap { wrapped("! " + $0) }
        for group in WorkloadGroup.allCases {
            let rows = comparison.rows.filter { WorkloadGroup(of: $0.workload) == group }
            guard !rows.isEmpty else { continue }
            lines += ["", bold(group.title)]
            lines += rows.flatMap(self.lines)
        }
        lines.append("")
        lines += wrapped(
            "│ is the physical limit, a plain loop without a store in the same run; × is how far "
                + "from it. Each workload has its own scale. The table with every figure: --no-bars."
        ).map(dim)
        lines += wrapped(comparison.environment.sentence).map(dim)
        lines += comparison.conformance.flatMap {
            wrapped(
                "Rules: \($0.backend): \($0.passed) passed, \($0.failed) failed, "
                    + "\($0.notChecked) not checked."
            ).map(dim)
        }
        lines += comparison.notes.flatMap { note in
            wrapped(
                "\(note.workload)\(note.backend.map { ", \($0)" } ?? ""): no figure, \(note.reason)"
            )
        }
        lines += comparison.inputs.map { "\($0.backend): \($0.text)" }
        return lines.map { $0 + "\n" }.joined()
    }

    // MARK: A row

    private func lines(of row: Row) -> [String] {
        var facts = [row.durability == .none ? "" : row.durability.rawValue]
        if findings.isUnsynced(row) { facts = ["told not to sync: compares with nothing"] }
        if let limit = row.limit { facts.append("limit " + row.text(limit.summary.median)) }
        let remark = facts.filter { !$0.isEmpty }.joined(separator: ", ")
        let name = WorkloadName.short(row.workload)
        let gap = width - name.count - remark.count - 1
        // What has no room beside the name gets a line of its own.
        var head = [" " + name]
        if gap >= 2, !remark.isEmpty {
            head[0] += String(repeating: " ", count: gap) + dim(remark)
        } else if !remark.isEmpty {
            head.append(dim("   " + remark))
        }

        let limit = (row.limit?.summary.median).map(row.published)
        let largest = (row.cells.map { row.published($0.summary.median) } + [limit ?? 0]).max() ?? 0
        let room = width - nameWidth - 26
        return head
            + row.cells.map { cell in
                let ratio = row.ratioToLimit(of: cell).map {
                    Figures.factor(row.publishedRatio($0))
                }
                let bar = Self.bar(
                    row.published(cell.summary.median), limit, of: largest, room: room)
                let figure = row.text(cell.summary.median)
                let line =
                    "   " + padded(cell.backend, to: nameWidth) + " " + bar + " "
                    + leading(figure, to: 12)
                return line + (ratio.map { leading($0, to: 8) } ?? "")
            }
    }

    private var nameWidth: Int { min(findings.backends.map(\.count).max() ?? 0, 16) }

    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    /// A bar in as many columns as there is room, with a mark where the limit is.
    static func bar(_ value: Double, _ limit: Double?, of largest: Double, room: Int) -> String {
        guard largest > 0, room > 0 else { return String(repeating: " ", count: max(room, 0)) }
        let steps = Int((value / largest * Double(room) * 8).rounded())
        let length = min(max(steps, 1), room * 8)
        var columns = [String](repeating: "█", count: length / 8)
        if length % 8 > 0 { columns.append(eighths[length % 8]) }
        columns += [String](repeating: " ", count: room - columns.count)
        if let limit {
            columns[min(Int(limit / largest * Double(room)), room - 1)] = "│"
        }
        return columns.joined()
    }

    // MARK: Words

    private func wrapped(_ sentence: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in sentence.split(separator: " ") {
            if !line.isEmpty, line.count + word.count + 1 > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }

    private func padded(_ text: String, to width: Int) -> String {
        let text = text.count > width ? text.prefix(width - 1) + "…" : text
        return text + String(repeating: " ", count: width - text.count)
    }

    private func leading(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 0)) + text
    }

    private func bold(_ text: String) -> String { emphasises ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    private func dim(_ text: String) -> String { emphasises ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
}
