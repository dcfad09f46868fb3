import Foundation

/// What a run says, in words that use nothing but its figures.
struct Findings {
    let comparison: Comparison

    /// Reads a comparison.
    init(_ comparison: Comparison) { self.comparison = comparison }

    // MARK: The one answer

    /// The row that answers which store to take: a durable append, if one was measured.
    var headlineRow: Row? {
        let ids = ["append.durable.1", "append.concurrent.1", "metadata.durable"]
        let durable = comparison.rows.filter { $0.durability == .durable && !$0.cells.isEmpty }
        for id in ids {
            if let row = durable.first(where: { $0.workload == id }) { return row }
        }
        return durable.first { $0.unit.isTime }
            ?? comparison.rows.first { $0.unit.isTime && !$0.cells.isEmpty }
    }

    /// Which one, by how much, and how far from the limit: a sentence each.
    var headline: [String] {
        guard let row = headlineRow, let standing = Standing(row) else {
            return ["Nothing was measured."]
        }
        return [answer(row, standing)] + limitSentence(row, standing)
    }

    private func answer(_ row: Row, _ standing: Standing) -> String {
        let best = standing.best
        let figure = row.text(best.summary.median)
        let first =
            row.workload == "append.durable.1" && row.durability == .durable
            ? "\(best.backend) makes an entry durable in \(figure)"
            : "“\(WorkloadName.short(row.workload))”: \(best.backend) takes \(figure)"
        let others = standing.order.dropFirst()
        guard !others.isEmpty else { return first + "." }
        guard standing.isClear else {
            return "\(best.backend) and \(others[others.startIndex].backend) do not differ beyond "
                + "the noise: \(row.text(best.summary.median)) and "
                + "\(row.text(others[others.startIndex].summary.median)) for "
                + "“\(WorkloadName.short(row.workload))”."
        }
        guard others.count <= 2 else { return first + "; " + many(others, row, standing) + "." }
        let rest = others.map { cell in
            let ratio = standing.ratio(of: cell).map { ", \(Ratios.more($0))" } ?? ""
            return "\(cell.backend) takes \(row.text(cell.summary.median))\(ratio)"
        }
        return first + "; " + rest.joined(separator: "; ") + "."
    }

    /// More than two in few words.
    private func many(
        _ others: ArraySlice<Row.Cell>, _ row: Row, _ standing: Standing
    ) -> String {
        let figures = others.map { "\($0.backend) \(row.text($0.summary.median))" }
        let ratios = others.compactMap { standing.ratio(of: $0) }
        return "the others take \(Self.span(ratios, Figures.short)) as long: "
            + figures.joined(separator: ", ")
    }

    private func limitSentence(_ row: Row, _ standing: Standing) -> [String] {
        guard let limit = standing.limit, limit > 0 else { return [] }
        var distances = standing.order.prefix(standing.order.count > 3 ? 1 : 3).map { cell in
            // Nobody is faster than the disk: who seems to be is so by chance.
            let isByChance = row.limit.map { !cell.summary.isBelow($0.summary) } ?? true
            let ratio = cell.summary.median / limit
            return "\(cell.backend) is \(Ratios.aboveLimit(isByChance ? max(ratio, 1) : ratio))"
        }
        if distances.count < standing.order.count {
            let others = standing.order.dropFirst(distances.count)
            let span = Self.span(others.map { $0.summary.median / limit }, Figures.short)
            distances.append("the others are at \(span) of it")
        }
        let loop =
            row.durability == .durable
            ? "The disk alone, a plain loop that writes and syncs the same bytes, takes "
            : "The limit, a plain loop without a store, takes "
        return [
            loop + "\(row.text(limit)): \(distances.joined(separator: ", "))."
        ]
    }

    // MARK: Group by group

    /// What one group comes to.
    struct Verdict {
        var group: WorkloadGroup
        /// Who is ahead where.
        var text: String
        /// How far the backends are from the limit.
        var limit: String
    }

    /// A line for each group in which something is held against something.
    var verdicts: [Verdict] {
        WorkloadGroup.allCases.compactMap { group in
            let rows = comparableRows(in: group)
            guard !rows.isEmpty else { return nil }
            return Verdict(group: group, text: leaders(of: rows), limit: limits(of: rows))
        }
    }

    /// The rows of a group that compare at the durability that the workload is meant for.
    func comparableRows(in group: WorkloadGroup) -> [Row] {
        let unsynced = unsyncedBackends
        return comparison.rows.filter { row in
            WorkloadGroup(of: row.workload) == group && !isUnsynced(row)
                && row.cells.count { !unsynced.contains($0.backend) } > 1
        }
    }

    /// Whether a row holds what a configuration does that was told not to sync: it compares with
    /// nothing.
    func isUnsynced(_ row: Row) -> Bool {
        row.durability == .none
            && comparison.rows.contains {
                $0.workload == row.workload && $0.durability == .durable
            }
    }

    /// The configurations that were told not to sync: what they do elsewhere is no merit either.
    var unsyncedBackends: Set<String> {
        Set(comparison.rows.filter(isUnsynced).flatMap { $0.cells.map(\.backend) })
    }

    private func leaders(of rows: [Row]) -> String {
        var leads: [String: [Double]] = [:]
        var places: [String: [String]] = [:]
        var order: [String] = []
        var undecided = 0
        for row in rows {
            guard let standing = Standing(row, without: unsyncedBackends) else { continue }
            guard standing.isClear, let lead = standing.lead else {
                undecided += 1
                continue
            }
            if !order.contains(standing.best.backend) { order.append(standing.best.backend) }
            leads[standing.best.backend, default: []].append(lead)
            places[standing.best.backend, default: []].append(row.workload)
        }
        order.sort { (leads[$0]?.count ?? 0) > (leads[$1]?.count ?? 0) }
        var parts = order.map { name in
            let factors = leads[name] ?? []
            let count = factors.count
            let where_ =
                count == rows.count
                ? count == 1 ? "ahead" : "ahead in all \(count)"
                : count == 1
                    ? "ahead in “\(WorkloadName.short(places[name]?.first ?? ""))”"
                    : "ahead in \(count) of \(rows.count)"
            return "\(name) \(where_), by \(Self.span(factors))"
        }
        if undecided > 0 {
            parts.append(
                undecided == rows.count && undecided == 1
                    ? "no difference beyond the noise"
                    : "\(undecided) of \(rows.count) within the noise")
        }
        return parts.joined(separator: "; ")
    }

    /// `1.5×`, `1.5–27×`.
    private static func span(
        _ factors: [Double], _ text: (Double) -> String = Ratios.factor
    ) -> String {
        guard let low = factors.min(), let high = factors.max() else { return "" }
        let texts = [low, high].map(text)
        return texts[0] == texts[1] ? texts[0] + "×" : texts[0] + "–" + texts[1] + "×"
    }

    private func limits(of rows: [Row]) -> String {
        let held = rows.filter { $0.limit != nil && !$0.sharesSyncs }
        return backends.filter { !unsyncedBackends.contains($0) }.compactMap { name in
            let ratios = held.compactMap { row in
                row.cells.first { $0.backend == name }.flatMap { row.ratioToLimit(of: $0) }
            }
            return ratios.isEmpty ? nil : "\(name) \(Self.span(ratios, Figures.short))"
        }.joined(separator: ", ")
    }

    /// All backends, in the order in which they were named.
    var backends: [String] { comparison.backends }

    // MARK: Doubts

    /// How wide the middle half of a row's repetitions may be over their median.
    static let noiseLimit = 0.2

    /// The backends of a row whose repetitions are too far apart.
    static func noisyCells(_ row: Row) -> [Row.Cell] {
        (row.cells + [row.limit].compactMap(\.self)).filter {
            $0.summary.count > 1 && $0.summary.spread > noiseLimit
        }
    }

    /// What keeps the run from being trusted without a second look, a sentence each.
    var doubts: [String] {
        var doubts: [String] = []
        if comparison.isPartial {
            doubts.append("This run was stopped before it was complete.")
        }
        if comparison.environment.isInMemory {
            doubts.append(
                "The directory was in memory: durable figures mean nothing there.")
        }
        let noisy = comparison.rows.filter { !Self.noisyCells($0).isEmpty }
        if noisy.count * 4 > comparison.rows.count, !comparison.rows.isEmpty {
            doubts.append(
                "The run is noisy: in \(noisy.count) of \(comparison.rows.count) rows the middle "
                    + "half of the repetitions is wider than \(Int(Self.noiseLimit * 100)) % of "
                    + "their median. Run it again on a quiet machine.")
        }
        for result in comparison.conformance where result.failed > 0 {
            doubts.append(
                "\(result.backend) broke \(result.failed) of the conformance rules"
                    + (result.failures.isEmpty
                        ? "." : ": " + Ratios.list(result.brokenRules) + "."))
        }
        for input in comparison.inputs where !input.isIdentical {
            doubts.append("\(input.backend): \(input.text).")
        }
        let few = comparison.rows.flatMap(\.cells).map(\.summary.count).min() ?? 5
        if few < 5 {
            doubts.append(
                "Some figures rest on \(few) repetitions: enough to see factors, not tenths.")
        }
        return doubts
    }
}

extension Conformity {
    /// The ids of the rules that it broke.
    var brokenRules: [String] {
        failures.map { failure in String(failure.prefix { !$0.isWhitespace && $0 != ":" }) }
    }
}

extension Comparison {
    /// All backends that have a figure, in the order in which they come.
    var backends: [String] {
        var seen: Set<String> = []
        let named = environment.options["backends"]?.split(separator: ",").map(String.init) ?? []
        let present = rows.flatMap { $0.cells.map(\.backend) }
        return (named.filter(present.contains) + present).filter { seen.insert($0).inserted }
    }
}

extension Row {
    /// A figure of this row for people: with its unit, a rate as such.
    func text(_ figure: Double) -> String {
        isRate ? Figures.rate(Self.rate(figure)) : Figures.text(figure, unit)
    }

    /// Whether many calls share a sync here, so that a backend may be below the limit, which makes
    /// one sync after the other.
    var sharesSyncs: Bool { isRate }
}
