extension HTMLReport {
    // MARK: Behind the charts

    /// All figures of a group.
    func table(of rows: [Row], _ group: WorkloadGroup) -> Markup {
        let header = [
            "what was done", "durability", "backend", "median", "low – high", "p50", "p99", "p99.9",
            "÷ \(comparison.baseline)", "÷ limit", "repetitions",
        ]
        return .tag(
            "details", [:],
            [
                .tag("summary", [:], "\(group.title): all figures"),
                .tag(
                    "div",
                    [
                        "class": "scroll", "tabindex": "0", "role": "region",
                        "aria-label": "\(group.title): all figures",
                    ],
                    [
                        .tag(
                            "table", ["class": "figures"],
                            [
                                .tag(
                                    "thead", [:],
                                    [
                                        .tag(
                                            "tr", [:],
                                            header.map { .tag("th", ["scope": "col"], $0) })
                                    ]), .tag("tbody", [:], rows.flatMap(lines)),
                            ])
                    ]), sentences(rows),
            ])
    }

    private func lines(of row: Row) -> [Markup] {
        let cells = row.cells + [row.limit].compactMap(\.self)
        return cells.enumerated().map { number, cell in
            line(row, cell, isFirst: number == 0, isLimit: number == row.cells.count)
        }
    }

    private func line(_ row: Row, _ cell: Row.Cell, isFirst: Bool, isLimit: Bool) -> Markup {
        let summary = cell.summary
        func call(_ value: Double?) -> String {
            value.map { Figures.text($0 * Double(row.entriesPerCall), row.unit) } ?? ""
        }
        let range = [row.text(summary.low), row.text(summary.high)]
        var spread: [Markup] = [
            .text((row.isRate ? range.reversed() : range).joined(separator: " – "))
        ]
        if Findings.noisyCells(row).contains(cell) {
            spread.append(.tag("span", ["class": "noisy"], " noisy"))
        }
        let baseline = row.ratioToBaseline(of: cell, baseline: comparison.baseline)
        let limit = row.ratioToLimit(of: cell)
        let figures: [[Markup]] = [
            [.text(row.text(summary.median))], spread, [.text(call(cell.percentiles?.p50))],
            [.text(call(cell.percentiles?.p99))], [.text(call(cell.percentiles?.p999))],
            [.text(isLimit ? "" : baseline.map(row.publishedRatio).map(Figures.ratio) ?? "")],
            [.text(isLimit ? "" : limit.map(row.publishedRatio).map(Figures.ratio) ?? "")],
            [.text("\(summary.count)")],
        ]
        let name = isFirst ? WorkloadName.short(row.workload) : ""
        return .tag(
            "tr", isLimit ? ["class": "limitrow"] : [:],
            [
                isFirst ? .tag("th", ["scope": "row"], name) : .tag("td"),
                .tag("td", [:], isFirst ? row.durability.rawValue : ""),
                .tag("td", [:], cell.backend),
            ] + figures.map { .tag("td", [:], $0) })
    }

    private func sentences(_ rows: [Row]) -> Markup {
        var seen: Set<String> = []
        let items = rows.filter { seen.insert($0.workload).inserted }.flatMap { row in
            [
                Markup.tag("dt", [:], [.tag("code", [:], row.workload)]),
                .tag("dd", [:], row.sentence),
            ]
        }
        return .tag("dl", ["class": "small"], items)
    }

    // MARK: Why to believe it

    /// The environment, the rules, what has no figure, and how to read all this.
    var trust: Markup {
        .tag(
            "section", ["id": "trust", "aria-labelledby": "trust-title"],
            [
                .tag("h2", ["id": "trust-title"], "How it was measured"),
                .tag(
                    "p", [:],
                    "Each workload was warmed up, then repeated, the backends and the plain loop by "
                        + "turns, so that whatever drifted on the machine hit all of them. A figure "
                        + "is the median of the repetitions; low and high are their ends; percentiles "
                        + "are of single calls. Only figures of the same durability are held "
                        + "against each other. The limit is a plain loop with the same bytes, writes "
                        + "and syncs and no store."),
                .tag(
                    "p", [:],
                    "“durable” has survived the loss of power when the call returns, “flushed” the "
                        + "death of the process, “buffered” nothing yet; “none” promises nothing: a "
                        + "read, or a store that was told not to sync."),
                .tag("h3", [:], "Where"), list(environment.facts),
                .tag("h3", [:], "Conformance rules"), rules, gaps,
            ])
    }

    private func list(_ facts: [(String, String)]) -> Markup {
        .tag(
            "dl", ["class": "small"],
            facts.flatMap { [Markup.tag("dt", [:], $0.0), .tag("dd", [:], $0.1)] })
    }

    private var rules: Markup {
        guard !comparison.conformance.isEmpty else {
            return .tag("p", [:], "No rules were checked in this run.")
        }
        return list(
            comparison.conformance.map { result in
                let failures =
                    result.failures.isEmpty
                    ? ""
                    : ". Broken: " + result.failures.map(Self.beginning).joined(separator: "; ")
                return (
                    result.backend,
                    "\(result.passed) passed, \(result.failed) failed, "
                        + "\(result.notChecked) not checked\(failures)"
                )
            })
    }

    /// The beginning of what is too long for a page.
    private static func beginning(_ words: String) -> String {
        words.count > 160 ? words.prefix(159) + "…" : words
    }

    private var gaps: Markup {
        let notes = comparison.notes.map { note in
            "\(note.workload)\(note.backend.map { ", \($0)" } ?? ""): no figure, \(note.reason)"
        }
        let inputs = comparison.inputs.map { "\($0.backend): \($0.text)" }
        guard !(notes + inputs).isEmpty else { return .text("") }
        return .tag(
            "ul", ["class": "small"], (inputs + notes).map { .tag("li", [:], $0) })
    }

    // MARK: To copy

    /// The same as Markdown, which one click selects.
    var rawFigures: Markup {
        .tag(
            "details", ["class": "raw"],
            [
                .tag("summary", [:], "Copy the figures as Markdown"),
                .tag("pre", ["tabindex": "0"], MarkdownReport(comparison).text),
            ])
    }
}

extension Environment {
    /// What is known of the machine, with names.
    var facts: [(String, String)] {
        func list(_ values: [String: String]) -> String {
            values.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                .joined(separator: ", ")
        }
        return [
            ("machine", "\(machine), \(cpu), \(cores) cores"),
            ("memory", Figures.bytes(Double(memoryByteCount))),
            ("system", kernel),
            ("disk", "\(fileSystem) (\(mountOptions)) on \(device), \(list(deviceFlags))"),
            ("versions", list(versions)),
            ("run", "\(list(options)), \(date)"),
        ]
    }
}
