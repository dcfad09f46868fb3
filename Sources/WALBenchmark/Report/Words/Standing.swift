/// Who is ahead in one row, and by how much.
struct Standing: Sendable {
    /// The backends from the least to the most; less is better everywhere.
    let order: [Row.Cell]
    /// Whether the first one differs from the second beyond what varies between repetitions.
    let isClear: Bool
    /// The limit's median, if there is one.
    let limit: Double?

    /// Ranks a row; `nil` if nobody is in it.
    ///
    /// - Parameter others: Backends that do not compete.
    init?(_ row: Row, without others: Set<String> = []) {
        let cells = row.cells.filter { !others.contains($0.backend) }
        order = cells.sorted { $0.summary.median < $1.summary.median }
        guard !order.isEmpty else { return nil }
        isClear = order.count > 1 && order[0].summary.isBelow(order[1].summary)
        limit = row.limit?.summary.median
    }

    /// The one with the least.
    var best: Row.Cell { order[0] }

    /// How many times as much the second one needs.
    var lead: Double? { order.count > 1 ? Self.ratio(order[1], best) : nil }

    /// How many times as much a backend needs as the best.
    func ratio(of cell: Row.Cell) -> Double? { Self.ratio(cell, best) }

    private static func ratio(_ cell: Row.Cell, _ best: Row.Cell) -> Double? {
        best.summary.median > 0 ? cell.summary.median / best.summary.median : nil
    }
}

extension Summary {
    /// Whether all of one's repetitions are below all of another's, or the middle half of them
    /// where one of many went astray.
    func isBelow(_ other: Summary) -> Bool {
        if high < other.low { return true }
        guard let mine = Quartiles(values), let others = Quartiles(other.values) else {
            return false
        }
        return values.count >= 5 && other.values.count >= 5 && mine.high < others.low
    }
}
