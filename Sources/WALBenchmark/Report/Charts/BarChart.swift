/// Bars, some for each workload, each workload on a scale of its own that begins at 0.
struct BarChart {
    /// One backend's bar.
    struct Bar {
        /// The backend.
        var name: String
        /// Which colour it has.
        var colour: Int?
        /// How long it is.
        var value: Double
        /// From where to where the repetitions went.
        var range: ClosedRange<Double>?
        /// The figure, in words.
        var text: String
        /// How it stands to the limit, in words.
        var remark = ""
    }

    /// One workload.
    struct Group {
        /// What was done.
        var label: String
        /// The bars, the first on top.
        var bars: [Bar]
        /// Where the plain loop is.
        var limit: Double?
        /// The words for that.
        var limitText = ""
    }

    /// The workloads.
    var groups: [Group]
    /// Where all bars end that are as long as this; each workload's longest if there is none.
    var end: Double?

    private static let barHeight = 14.0
    private static let barStep = 19.0
    private static let nameWidth = 74.0

    /// Draws it.
    ///
    /// - Returns: The shapes, and how high they are.
    func shapes(width: Double = Drawing.width) -> (shapes: [Markup], height: Double) {
        var shapes: [Markup] = []
        var y = 4.0
        let hasRemarks = groups.contains { $0.bars.contains { !$0.remark.isEmpty } }
        let bars = groups.flatMap(\.bars)
        let figureWidth = Double(bars.map(\.text.count).max() ?? 0) * 6.8 + 8
        let remarkWidth = hasRemarks ? Double(bars.map(\.remark.count).max() ?? 0) * 6.2 + 8 : 0
        let textWidth = figureWidth + remarkWidth
        let names = bars.map { min($0.name.count, 13) }.max() ?? 0
        let left = min(max(Double(names) * 6.8 + 10, 40), Self.nameWidth + 26)
        let room = max(width - left - textWidth, 40)
        for group in groups {
            shapes.append(Drawing.text(group.label, x: 0, y: y + 11, "b"))
            if group.limit != nil {
                shapes.append(
                    Drawing.text(group.limitText, x: width, y: y + 11, "m", .end))
            }
            y += 19
            let top = y
            let longest = (group.bars.map(\.value) + [group.limit ?? 0]).max() ?? 0
            // Bars that are worse than the end of the scale reach it, and their figures say by how
            // much.
            let scale = room / max(end ?? longest, .leastNormalMagnitude)
            func length(_ value: Double) -> Double { min(max(value * scale, 0), room) }
            for bar in group.bars {
                shapes.append(
                    Drawing.text(
                        Self.shortened(bar.name, to: 13), x: left - 6, y: y + 11, "", .end))
                shapes.append(
                    Drawing.box(
                        left, y, max(length(bar.value), 1), Self.barHeight,
                        Drawing.colour(bar.colour), radius: 2,
                        title: "\(bar.name): \(bar.text) \(bar.remark)"))
                if let range = bar.range, range.upperBound > range.lowerBound {
                    let middle = y + Self.barHeight / 2
                    shapes.append(
                        Drawing.line(
                            left + length(range.lowerBound), middle,
                            left + length(range.upperBound), middle, "whisker"))
                }
                shapes.append(
                    Drawing.text(bar.text, x: left + room + figureWidth, y: y + 11, "", .end))
                if hasRemarks {
                    shapes.append(Drawing.text(bar.remark, x: width, y: y + 11, "m", .end))
                }
                y += Self.barStep
            }
            if let limit = group.limit {
                let x = left + length(limit)
                shapes.append(Drawing.line(x, top - 3, x, y - 2, "limitline"))
            }
            y += 9
        }
        return (shapes, max(y - 5, 10))
    }

    private static func shortened(_ name: String, to count: Int) -> String {
        name.count > count ? name.prefix(count - 1) + "…" : name
    }
}
