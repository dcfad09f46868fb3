/// The one chart: what a durable write takes with each backend, in multiples of what the disk
/// alone takes; without one, what the headline is about.
struct SummaryChart {
    private let findings: Findings

    /// Prepares the chart of a run.
    init(_ findings: Findings) { self.findings = findings }

    /// What is over the chart.
    var title: String {
        guard let row = rows.first, row.durability != .durable else {
            return isAgainstLimit
                ? "Durable writes, as multiples of what the disk alone takes"
                : "Durable writes"
        }
        let name = WorkloadName.short(row.workload)
        return isAgainstLimit ? "“\(name)”, as multiples of the limit" : "“\(name)”"
    }

    /// The chart in words.
    var description: String {
        rows.map { row in
            let parts = row.cells.map { cell in
                let ratio = row.ratioToLimit(of: cell).map { ", \(Ratios.factor($0)) × the limit" }
                return "\(cell.backend) \(row.text(cell.summary.median))\(ratio ?? "")"
            }
            let limit = row.limit.map { "; limit \(row.text($0.summary.median))" } ?? ""
            return "\(WorkloadName.short(row.workload)): \(parts.joined(separator: "; "))\(limit)"
        }.joined(separator: ". ")
    }

    /// The rows that are drawn: durable ones of one writer, else the one of the headline.
    var rows: [Row] {
        let ids = [
            "append.durable.1", "append.durable.10", "append.durable.100", "metadata.durable",
        ]
        let durable = findings.comparison.rows.filter { row in
            row.durability == .durable && row.unit.isTime
                && ids.contains(row.workload)
        }
        return durable.isEmpty ? [findings.headlineRow].compactMap(\.self) : durable
    }

    private var isAgainstLimit: Bool { rows.allSatisfy { ($0.limit?.summary.median ?? 0) > 0 } }

    /// Whether there is anything to draw.
    var isEmpty: Bool { rows.isEmpty }

    /// Draws it.
    func shapes(width: Double) -> (shapes: [Markup], height: Double) {
        let isAgainstLimit = isAgainstLimit
        let names = findings.backends
        return BarChart(
            groups: rows.map { row in
                let unit = isAgainstLimit ? row.limit?.summary.median ?? 1 : 1
                return BarChart.Group(
                    label: WorkloadName.short(row.workload),
                    bars: row.cells.map { cell in
                        BarChart.Bar(
                            name: cell.backend, colour: names.firstIndex(of: cell.backend),
                            value: cell.summary.median / unit,
                            range: cell.summary.low / unit...cell.summary.high / unit,
                            text: row.text(cell.summary.median),
                            remark: row.ratioToLimit(of: cell).map { Figures.factor($0) } ?? "")
                    },
                    limit: row.limit.map { $0.summary.median / unit },
                    limitText: row.limit.map { "limit \(row.text($0.summary.median))" } ?? "")
            },
            end: isAgainstLimit ? longest : nil
        ).shapes(width: width)
    }

    /// The longest bar there is, unless it would leave no room to see the others.
    private var longest: Double {
        let ratios = rows.flatMap { row in row.cells.compactMap { row.ratioToLimit(of: $0) } }
        return min(max(ratios.max() ?? 1, 1), 12)
    }

    /// The chart as a document of its own, for a page that shows images.
    func document(width: Double = 640) -> String {
        let environment = findings.comparison.environment
        let (shapes, height) = shapes(width: width - 40)
        let answer = Self.wrapped(findings.headline, to: Int((width - 40) / 9.2))
        let top = Double(answer.count) * 21 + 62
        let foot =
            "\(environment.cpu), \(environment.cores) cores, \(environment.fileSystem), "
            + "\(environment.kernelSeries), \(environment.day)"
        let body: [Markup] =
            [
                Drawing.box(0.5, 0.5, width - 1, height + top + 45, "card", radius: 8),
                Drawing.text(title, x: 20, y: top - 27, "b"),
                Drawing.text(
                    "shorter is better; the dashed line is the physical limit, measured in the same run",
                    x: 20, y: top - 11, "m"),
                .tag("g", ["transform": "translate(20 \(Drawing.number(top)))"], shapes),
                Drawing.text(foot, x: 20, y: height + top + 28, "m"),
            ]
            + answer.enumerated().map { number, line in
                Drawing.text(
                    line.words, x: 20, y: 30 + Double(number) * 21, line.isFirst ? "h" : "p")
            }
        return Drawing.image(
            id: "summary", width: width, height: height + top + 46,
            title: findings.headline.joined(separator: " "), description: description,
            style: .tag("style", [:], [.verbatim(Stylesheet.image)]),
            body
        ).rendered
    }

    /// Sentences as lines of no more than so many characters.
    private static func wrapped(
        _ sentences: [String], to count: Int
    ) -> [(words: String, isFirst: Bool)] {
        var lines: [(words: String, isFirst: Bool)] = []
        for (number, sentence) in sentences.enumerated() {
            var line = ""
            // What is less bold is narrower, too.
            let room = number == 0 ? count : count * 6 / 5
            for word in sentence.keepingUnits.split(separator: " ") {
                if !line.isEmpty, line.count + word.count + 1 > room {
                    lines.append((line, number == 0))
                    line = ""
                }
                line += (line.isEmpty ? "" : " ") + word
            }
            if !line.isEmpty { lines.append((line, number == 0)) }
        }
        return lines
    }
}
