/// The reports of several backends side by side: for each group of rules how many passed, failed
/// and could not be checked.
public struct ReportTable: Sendable {
    private let reports: [(backend: String, report: Report)]

    /// Makes a table; the columns are in the order given.
    public init(_ reports: [(backend: String, report: Report)]) { self.reports = reports }
}

extension ReportTable: CustomStringConvertible {
    /// A line for each group, `passed` or `passed/failed/not checked` for each backend, and a line of
    /// totals.
    public var description: String {
        let groups = reports.flatMap { $0.report.findings.map(\.rule.group) }
        var order: [String] = []
        for group in groups where !order.contains(group) { order.append(group) }
        var rows = [["rules"] + reports.map(\.backend)]
        rows += order.map { group in
            [group]
                + reports.map { Self.cell($0.report.findings.filter { $0.rule.group == group }) }
        }
        rows.append(["all"] + reports.map { Self.cell($0.report.findings) })
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }

    private static func cell(_ findings: [Report.Finding]) -> String {
        var passed = 0
        var failed = 0
        var notChecked = 0
        for finding in findings {
            switch finding.outcome {
            case .passed: passed += 1
            case .failed: failed += 1
            case .notChecked: notChecked += 1
            }
        }
        let parts = [
            passed > 0 ? "\(passed) passed" : nil, failed > 0 ? "\(failed) FAILED" : nil,
            notChecked > 0 ? "\(notChecked) not checked" : nil,
        ]
        let text = parts.compactMap { $0 }.joined(separator: ", ")
        return text.isEmpty ? "-" : text
    }
}
