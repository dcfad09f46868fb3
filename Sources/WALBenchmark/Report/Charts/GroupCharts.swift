import Foundation

/// The charts of one section of the report.
struct GroupCharts {
    /// A chart, ready to be put into a page.
    struct Chart {
        /// What is over it.
        var title: String
        /// What was measured.
        var sentence: String
        /// The chart in words.
        var description: String
        /// The shapes, and how high they are.
        var shapes: [Markup]
        var height: Double
    }

    private let names: [String]
    private let rows: [Row]
    private let drawnElsewhere: Set<String>

    /// Prepares the charts of some rows.
    ///
    /// - Parameters:
    ///   - names: The backends; their places are their colours.
    ///   - drawnElsewhere: Workloads whose bars stand in another chart of the same page.
    init(_ rows: [Row], names: [String], drawnElsewhere: Set<String> = []) {
        self.drawnElsewhere = drawnElsewhere
        self.rows = rows.filter { !$0.cells.isEmpty }
        self.names = names
    }

    /// All charts: how things grow first, then bars, then how the calls are spread.
    var all: [Chart] {
        var charts: [Chart] = []
        var drawn: Set<String> = []
        for family in families {
            charts.append(growth(of: family))
            drawn.formUnion(family.rows.map(\.workload))
        }
        let curves = rows.compactMap(course) + rows.compactMap(curve)
        if !curves.isEmpty { drawn.formUnion(drawnElsewhere) }
        let barred = rows.filter { !drawn.contains($0.workload) }
        for part in parts(of: barred) {
            // As many charts as are needed, each with about as many rows as the others.
            let count = (part.count + 4) / 5
            for number in 0..<count {
                let range = part.count * number / count..<part.count * (number + 1) / count
                charts.append(bars(of: Array(part[range])))
            }
        }
        return charts + curves
    }

    private func colour(_ name: String) -> Int? { names.firstIndex(of: name) }

    // MARK: How it grows

    private struct Family {
        var id: String
        var rows: [Row]
    }

    /// Workloads that differ in their size only, where there are at least three sizes.
    private var families: [Family] {
        var families: [Family] = []
        for row in rows where ["append", "open"].contains(row.beginning) {
            let parts = row.workload.split(separator: ".")
            guard WorkloadName.size(row.workload) != nil, parts.count > 2 else { continue }
            let id = parts.dropLast().joined(separator: ".")
            guard row.isRate || row.beginning != "append" else { continue }
            if let place = families.firstIndex(where: {
                $0.id == id && $0.rows.first?.durability == row.durability
            }) {
                families[place].rows.append(row)
            } else {
                families.append(Family(id: id, rows: [row]))
            }
        }
        return families.filter { $0.rows.count > 2 }
    }

    private static let growthTitles = [
        "append.concurrent": "Throughput by number of tasks",
        "open.clean": "Opening after a stop, by size",
        "open.killed": "Opening after a kill, by size",
    ]

    private func growth(of family: Family) -> Chart {
        let rows = family.rows.sorted {
            (WorkloadName.size($0.workload) ?? 0) < (WorkloadName.size($1.workload) ?? 0)
        }
        let isRate = rows.contains(where: \.isRate)
        func points(_ cell: (Row) -> Row.Cell?) -> [LineChart.Point] {
            rows.compactMap { row in
                guard let cell = cell(row), let size = WorkloadName.size(row.workload) else {
                    return nil
                }
                let text = "\(cell.backend), \(row.lastPart): \(row.text(cell.summary.median))"
                return LineChart.Point(
                    x: size, y: row.published(cell.summary.median), text: text)
            }
        }
        var lines = backends(of: rows).map { name in
            LineChart.Line(
                name: name, colour: colour(name),
                points: points { $0.cells.first { $0.backend == name } })
        }
        let limit = points(\.limit)
        if limit.count > 1 {
            lines.append(
                LineChart.Line(
                    name: isRate ? "one sync after the other" : Row.limitName, points: limit))
        }
        let figures = lines.flatMap(\.points).map(\.y)
        let unit = rows[0].unit
        let chart = LineChart(
            lines: lines,
            x: .logarithmic(
                [],
                ticks: rows.map {
                    .init(value: WorkloadName.size($0.workload) ?? 1, text: $0.lastPart)
                }),
            y: .logarithmic(figures) { isRate ? Figures.count($0) : Figures.short($0, unit) },
            xLabel: isRate ? "tasks" : "entries in the log, or its size",
            yLabel: isRate ? "durable entries a second" : "time")
        let (shapes, height) = chart.shapes()
        return Chart(
            title: Self.growthTitles[family.id] ?? family.id,
            sentence: isRate ? "More is better." : "Less is better.",
            description: rows.map { description(of: $0) }.joined(separator: ". "),
            shapes: shapes, height: height)
    }

    // MARK: Bars

    /// Rows that belong together, in the order of the first of each; rates apart from times.
    private func parts(of rows: [Row]) -> [[Row]] {
        var parts: [[Row]] = []
        for row in rows {
            let title = WorkloadGroup.part(of: row.workload)
            let place = parts.firstIndex {
                $0[0].isRate == row.isRate && WorkloadGroup.part(of: $0[0].workload) == title
            }
            if let place { parts[place].append(row) } else { parts.append([row]) }
        }
        return parts
    }

    private func bars(of rows: [Row]) -> Chart {
        let (shapes, height) = BarChart(groups: rows.map(group)).shapes()
        let direction = rows.contains(where: \.isRate) ? "Longer is better" : "Shorter is better"
        return Chart(
            title: WorkloadGroup.part(of: rows[0].workload),
            sentence: direction + (rows.count > 1 ? ", each on its own scale" : "")
                + (rows.contains { $0.limit != nil } ? "; dashed: the limit." : "."),
            description: rows.map { description(of: $0) }.joined(separator: ". "),
            shapes: shapes, height: height)
    }

    private func group(of row: Row) -> BarChart.Group {
        BarChart.Group(
            label: WorkloadName.short(row.workload),
            bars: row.cells.map { cell in
                let ends = cell.summary.mapped(row.published)
                return BarChart.Bar(
                    name: cell.backend, colour: colour(cell.backend), value: ends.median,
                    range: ends.low...ends.high, text: row.text(cell.summary.median),
                    remark: row.ratioToLimit(of: cell).map {
                        Figures.factor(row.publishedRatio($0))
                    } ?? "")
            },
            limit: (row.limit?.summary.median).map(row.published),
            limitText: row.limit.map { "limit \(row.text($0.summary.median))" } ?? "")
    }

    // MARK: Over time

    private func course(of row: Row) -> Chart? {
        let cells = row.cells.filter { ($0.course?.points.count ?? 0) > 2 }
        guard let along = cells.first?.course?.along else { return nil }
        let lines = cells.map { cell in
            LineChart.Line(
                name: cell.backend, colour: colour(cell.backend),
                points: ends(of: cell, row))
        }
        let points = lines.flatMap(\.points)
        let (shapes, height) = LineChart(
            lines: lines, x: .linear(points.map(\.x)) { Figures.count($0) },
            y: .linear(points.map(\.y)) { Figures.short($0, row.unit) }, xLabel: along,
            yLabel: row.unit.isTime ? "time" : row.unit.rawValue
        ).shapes()
        return Chart(
            title: WorkloadName.short(row.workload), sentence: row.sentence,
            description: cells.map { cell in
                let last = cell.course?.points.last?.y ?? 0
                return "\(cell.backend) ends at \(Figures.text(last, row.unit))"
            }.joined(separator: ". "),
            shapes: shapes, height: height)
    }

    /// The course of a backend, marked where it ends.
    private func ends(of cell: Row.Cell, _ row: Row) -> [LineChart.Point] {
        let points = cell.course?.points ?? []
        return points.enumerated().map { number, point in
            let isLast = number == points.count - 1
            let text = "\(cell.backend): \(Figures.text(point.y, row.unit))"
            return LineChart.Point(x: point.x, y: point.y, text: isLast ? text : "")
        }
    }

    // MARK: How calls are spread

    /// Where a curve is marked, so that whoever sees no colours can tell them apart.
    private static let markedPercents: Set<Double> = [50, 90, 99, 99.9, 99.99, 100]

    private func curve(of row: Row) -> Chart? {
        let all = row.cells + [row.limit].compactMap(\.self)
        let cells = all.filter { ($0.percentiles?.curve.count ?? 0) > 6 }
        guard row.unit.isTime, cells.contains(where: { $0.backend != Row.limitName }) else {
            return nil
        }
        let perCall = Double(row.entriesPerCall)
        let last = cells.compactMap { $0.percentiles?.curve.last { $0.percent < 100 }?.percent }
        let lines = cells.map { cell in
            LineChart.Line(
                name: cell.backend, colour: colour(cell.backend),
                points: (cell.percentiles?.curve ?? []).map { point in
                    LineChart.Point(
                        x: point.percent, y: point.value * perCall,
                        text: Self.markedPercents.contains(point.percent)
                            ? "\(cell.backend), \(point.percent) %: "
                                + Figures.time(point.value * perCall) : "")
                })
        }
        let (shapes, height) = LineChart(
            lines: lines, x: .nines(upTo: last.max() ?? 99),
            y: .logarithmic(lines.flatMap(\.points).map(\.y)) { Figures.short($0, row.unit) },
            xLabel: "of all calls took no longer; the end is the slowest", yLabel: "time of a call"
        ).shapes()
        return Chart(
            title: "Latency: " + WorkloadName.short(row.workload),
            sentence: row.sentence,
            description: cells.compactMap { cell in
                cell.percentiles.map { percentiles in
                    "\(cell.backend): half of the calls within "
                        + Figures.time(percentiles.p50 * perCall)
                        + (percentiles.p99.map { ", 99 % within " + Figures.time($0 * perCall) }
                            ?? "")
                }
            }.joined(separator: ". "),
            shapes: shapes, height: height)
    }

    // MARK: Words

    private func description(of row: Row) -> String {
        let all = row.cells + [row.limit].compactMap(\.self)
        return WorkloadName.short(row.workload) + ": "
            + all.map { "\($0.backend) \(row.text($0.summary.median))" }.joined(separator: ", ")
    }

    private func backends(of rows: [Row]) -> [String] {
        names.filter { name in rows.contains { $0.cells.contains { $0.backend == name } } }
    }
}

extension Row {
    /// What the id begins with.
    fileprivate var beginning: String { String(workload.prefix { $0 != "." }) }
    /// What the id ends with.
    fileprivate var lastPart: String { workload.split(separator: ".").last.map(String.init) ?? "" }
}
