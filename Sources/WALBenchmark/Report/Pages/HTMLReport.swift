/// The comparison as one file that any browser shows: no network, no script.
struct HTMLReport {
    let comparison: Comparison
    let findings: Findings

    /// Prepares the page.
    init(_ comparison: Comparison) {
        self.comparison = comparison
        findings = Findings(comparison)
    }

    /// The file.
    ///
    /// It is XML as well as HTML, so that anybody's parser can check or change it.
    func text() throws -> String {
        let head: [Markup] = [
            .tag("meta", ["charset": "utf-8"]),
            .tag("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
            .tag("meta", ["name": "color-scheme", "content": "light dark"]),
            .tag("title", [:], title),
            .tag("style", [:], [.verbatim(Stylesheet.page)]),
        ]
        let body: [Markup] = [
            .tag("a", ["class": "skip", "href": "#answer"], "To the answer"),
            .tag("header", [:], [.tag("h1", [:], title)]),
            .tag("main", [:], [answer] + groups + [trust, rawFigures]),
            .tag(
                "footer", ["class": "quiet small"], "walbench \(Version.text), \(environment.date)"),
            try data(),
        ]
        return "<!DOCTYPE html>\n"
            + Markup.tag(
                "html", ["lang": "en", "xmlns": "http://www.w3.org/1999/xhtml"],
                [.tag("head", [:], head), .tag("body", [:], body)]
            ).rendered
    }

    var environment: Environment { comparison.environment }

    private var title: String {
        "walbench: " + Ratios.list(findings.backends) + " on \(environment.fileSystem)"
            + ", \(environment.day)"
    }

    /// The results as `--json` writes them, for scripts that find the page and not the file.
    private func data() throws -> Markup {
        // Neither HTML nor XML finds a tag or an entity in this, and JSON reads it as before.
        let json = try JSONReport(comparison).text()
            .replacing("&", with: "\\u0026").replacing("<", with: "\\u003c")
            .replacing(">", with: "\\u003e")
        return .tag(
            "script", ["type": "application/json", "id": "results"], [.verbatim("\n" + json)])
    }

    // MARK: The answer

    private var answer: Markup {
        var words: [Markup] = []
        for (number, sentence) in findings.headline.enumerated() {
            words.append(
                .tag("p", ["class": number == 0 ? "answer" : "second"], sentence.keepingUnits))
        }
        words.append(.tag("p", ["class": "quiet small"], environment.sentence))
        words.append(tiles)
        let chart = SummaryChart(findings)
        let children: [Markup] =
            chart.isEmpty ? [.tag("div", [:], words)] : [.tag("div", [:], words), figure(chart)]
        var parts: [Markup] = [.tag("div", ["class": "top"], children)]
        if !findings.doubts.isEmpty {
            parts.append(
                .tag(
                    "ul", ["class": "doubts", "aria-label": "Doubts"],
                    findings.doubts.map { .tag("li", [:], $0) }))
        }
        parts += [verdicts, navigation]
        return .tag("div", ["id": "answer"], parts)
    }

    private func figure(_ chart: SummaryChart) -> Markup {
        let (shapes, height) = chart.shapes(width: Drawing.width)
        return .tag(
            "figure", [:],
            [
                .tag(
                    "figcaption", [:],
                    [
                        .tag("h3", [:], chart.title),
                        .tag(
                            "p", ["class": "quiet small"],
                            "Shorter is better. The dashed line is the physical limit, measured in "
                                + "the same run by a plain loop without a store."),
                    ]),
                Drawing.image(
                    id: "summary", width: Drawing.width, height: height, title: chart.title,
                    description: chart.description, shapes),
            ])
    }

    /// Single figures that teams ask for, with whoever is best at them.
    private var tiles: Markup {
        let asked = [
            ("append.durable.1", "append and sync"),
            ("append.concurrent.64", "64 tasks, each durable"),
            ("get.hot.random", "read of any entry in memory"),
            ("open.killed.1M", "opening 1M after a kill"),
            ("memory.after1M", "memory after 1M entries"),
            ("device.bytesPerDurableEntry", "to the device, a durable entry"),
        ]
        let items = asked.compactMap { id, label -> Markup? in
            guard
                let row = comparison.rows.first(where: {
                    $0.workload == id && !findings.isUnsynced($0)
                }), let standing = Standing(row, without: findings.unsyncedBackends)
            else { return nil }
            let lines = standing.order.enumerated().map { place, cell in
                tileLine(row, cell, standing.ratio(of: cell), isFirst: place == 0)
            }
            return .tag(
                "li", [:],
                [
                    .tag("span", ["class": "small quiet"], label),
                    .tag("b", [:], row.text(standing.best.summary.median).keepingUnits),
                ] + lines)
        }
        return items.count > 1 ? .tag("ul", ["class": "tiles"], items) : .text("")
    }

    private func tileLine(
        _ row: Row, _ cell: Row.Cell, _ ratio: Double?, isFirst: Bool
    ) -> Markup {
        let colour = Drawing.colour(findings.backends.firstIndex(of: cell.backend))
        let factor = ratio.map { " (\(Ratios.factor($0))×)" } ?? ""
        return .tag(
            "span", ["class": "small who"],
            [
                .tag("i", ["class": colour]),
                .text(
                    isFirst
                        ? cell.backend
                        : "\(cell.backend) \(row.text(cell.summary.median))\(factor)".keepingUnits),
            ])
    }

    private var verdicts: Markup {
        let verdicts = findings.verdicts
        guard !verdicts.isEmpty else { return .text("") }
        let rows = verdicts.map { verdict in
            Markup.tag(
                "tr", [:],
                [
                    .tag("th", ["scope": "row"], verdict.group.title),
                    .tag("td", [:], verdict.text),
                    verdict.limit.isEmpty
                        ? .tag("td")
                        : .tag("td", ["data-label": "against the limit:"], verdict.limit),
                ])
        }
        return .tag(
            "section", ["aria-labelledby": "overview"],
            [
                .tag("h2", ["id": "overview"], "Question by question"),
                .tag(
                    "table", ["class": "verdicts"],
                    [
                        .tag(
                            "thead", [:],
                            [
                                .tag(
                                    "tr", [:],
                                    ["", "Who is ahead", "As multiples of the physical limit"].map {
                                        .tag("th", ["scope": "col"], $0)
                                    })
                            ]), .tag("tbody", [:], rows),
                    ]),
            ])
    }

    private var shownGroups: [(group: WorkloadGroup, rows: [Row])] {
        WorkloadGroup.allCases.compactMap { group in
            let rows = comparison.rows.filter { WorkloadGroup(of: $0.workload) == group }
            return rows.isEmpty ? nil : (group, rows)
        }
    }

    private var navigation: Markup {
        .tag(
            "nav", ["aria-label": "Sections"],
            [
                .tag(
                    "ul", ["class": "small"],
                    shownGroups.map {
                        .tag("li", [:], [.tag("a", ["href": "#\($0.group)"], $0.group.title)])
                    } + [.tag("li", [:], [.tag("a", ["href": "#trust"], "How it was measured")])])
            ])
    }

    // MARK: Groups

    private var groups: [Markup] {
        shownGroups.map { group, rows in
            let charts = GroupCharts(
                rows.filter { !findings.isUnsynced($0) }, names: findings.backends,
                drawnElsewhere: Set(SummaryChart(findings).rows.map(\.workload))
            ).all
            let figures = charts.enumerated().map { number, chart in
                figure(chart, id: "\(group)-\(number)")
            }
            return .tag(
                "section", ["id": "\(group)", "aria-labelledby": "\(group)-title"],
                [
                    .tag("h2", ["id": "\(group)-title"], group.title),
                    .tag("p", ["class": "quiet"], group.question),
                    notComparable(rows),
                    .tag("div", ["class": "charts"], figures),
                    table(of: rows, group),
                ])
        }
    }

    private func figure(_ chart: GroupCharts.Chart, id: String) -> Markup {
        .tag(
            "figure", [:],
            [
                .tag(
                    "figcaption", [:],
                    [
                        .tag("h3", [:], chart.title),
                        .tag("p", ["class": "quiet small"], chart.sentence),
                    ]),
                Drawing.image(
                    id: id, height: chart.height, title: chart.title,
                    description: chart.description, chart.shapes),
            ])
    }

    private func notComparable(_ rows: [Row]) -> Markup {
        let names = Set(rows.filter(findings.isUnsynced).flatMap { $0.cells.map(\.backend) })
        guard !names.isEmpty else { return .text("") }
        let list = Ratios.list(names.sorted())
        return .tag(
            "p", [:],
            "Not comparable here: \(list), told not to sync, which leaves nothing durable. The "
                + "table has the figures; no chart and no ratio does.")
    }
}

extension Environment {
    /// The day of the run.
    var day: String { String(date.prefix(10)) }

    /// The kernel without what only its builder counts: `Linux 6.18`.
    var kernelSeries: String {
        let parts = kernel.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count > 1 ? parts[0] + "." + parts[1].prefix { $0.isNumber } : kernel
    }

    /// Where and when, in a sentence.
    var sentence: String {
        "Measured on \(day): \(cpu), \(cores) cores, \(Figures.bytes(Double(memoryByteCount))) of "
            + "memory, \(kernel), \(fileSystem) on \(device)"
            + (options["profile"].map { ", profile \($0)" } ?? "") + "."
    }
}

extension String {
    /// The same with figures that no line break takes their units from.
    var keepingUnits: String {
        var result = ""
        for (number, word) in split(separator: " ", omittingEmptySubsequences: false).enumerated() {
            let isUnit = word.first.map { $0.isLetter || $0 == "%" || $0 == "(" } ?? false
            let followsDigit = result.last?.isNumber ?? false
            if number > 0 { result += isUnit && followsDigit ? "\u{A0}" : " " }
            result += word
        }
        return result
    }
}
