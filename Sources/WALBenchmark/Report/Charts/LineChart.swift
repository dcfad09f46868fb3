/// Lines: how something grows with something else.
struct LineChart {
    /// One backend, or the limit.
    struct Line {
        /// Whose.
        var name: String
        /// Which colour it has; `nil` is the limit.
        var colour: Int?
        /// The places it goes through, from left to right.
        var points: [Point]
    }

    /// One place.
    struct Point {
        /// On the horizontal axis.
        var x: Double
        /// On the vertical axis.
        var y: Double
        /// What a pointer brings up at its mark; no mark if it is empty.
        var text = ""
    }

    /// The lines.
    var lines: [Line]
    /// The horizontal axis.
    var x: Scale
    /// The vertical axis.
    var y: Scale
    /// What is under the horizontal axis.
    var xLabel: String
    /// What is over the vertical axis.
    var yLabel: String

    private static let plotHeight = 170.0

    /// Draws it.
    ///
    /// - Returns: The shapes, and how high they are.
    func shapes(width: Double = Drawing.width) -> (shapes: [Markup], height: Double) {
        var (shapes, top) = legend(width)
        top += 30
        let left = Double(y.ticks.map(\.text.count).max() ?? 0) * 6.4 + 10
        let right = width - 14
        let bottom = top + Self.plotHeight
        shapes.append(Drawing.text(yLabel, x: 0, y: top - 11, "m"))
        for tick in y.ticks {
            let height = bottom - y.place(tick.value) * Self.plotHeight
            shapes.append(Drawing.line(left, height, right, height, "grid"))
            shapes.append(Drawing.text(tick.text, x: left - 6, y: height + 4, "m", .end))
        }
        for tick in x.ticks {
            let place = left + x.place(tick.value) * (right - left)
            shapes.append(Drawing.line(place, bottom, place, bottom + 4, "axis"))
            let isLast = place > right - 18
            shapes.append(
                Drawing.text(
                    tick.text, x: isLast ? width : place, y: bottom + 17, "m",
                    isLast ? .end : .middle))
        }
        shapes.append(Drawing.line(left, bottom, right, bottom, "axis"))
        for line in lines {
            let points = line.points.map { point in
                (
                    x: left + x.place(point.x) * (right - left),
                    y: bottom - y.place(point.y) * Self.plotHeight, text: point.text
                )
            }
            let path = points.enumerated().map { number, point in
                (number == 0 ? "M" : "L") + Drawing.number(point.x) + " "
                    + Drawing.number(point.y)
            }.joined()
            shapes.append(
                .tag("path", ["d": path, "class": "line " + Drawing.colour(line.colour)]))
            shapes += points.filter { !$0.text.isEmpty }.map {
                Drawing.mark(line.colour, x: $0.x, y: $0.y, title: $0.text)
            }
        }
        shapes.append(Drawing.text(xLabel, x: right, y: bottom + 34, "m", .end))
        return (shapes, bottom + 40)
    }

    /// The names, on as many lines as they need.
    private func legend(_ width: Double) -> (shapes: [Markup], height: Double) {
        var shapes: [Markup] = []
        var x = 0.0
        var y = 12.0
        for line in lines {
            let length = Double(line.name.count) * 7 + 32
            if x > 0, x + length > width {
                x = 0
                y += 18
            }
            shapes.append(
                Drawing.line(x, y - 4, x + 18, y - 4, "line " + Drawing.colour(line.colour)))
            if line.points.contains(where: { !$0.text.isEmpty }) {
                shapes.append(Drawing.mark(line.colour, x: x + 9, y: y - 4))
            }
            shapes.append(Drawing.text(line.name, x: x + 23, y: y))
            x += length
        }
        return (shapes, y)
    }
}
