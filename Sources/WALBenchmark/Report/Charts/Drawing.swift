import Foundation

/// The words and shapes that all charts are made of.
///
/// Charts are drawn as wide as a telephone and put side by side where there is room, so that what
/// is written in them has the same size everywhere.
enum Drawing {
    /// The width of a chart in the report.
    static let width = 320.0
    /// How many backends can be told apart by their colour.
    static let colourCount = 6

    /// The class that gives a backend its colour; the plain loop has none of them.
    static func colour(_ number: Int?) -> String {
        number.map { "s\($0 % colourCount)" } ?? "limit"
    }

    /// A coordinate: no more digits than a screen can show.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let tenths = (min(max(value, -1e5), 1e5) * 10).rounded() / 10
        return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
    }

    /// Where words stand at their coordinate.
    enum Anchor: String {
        case start
        case middle
        case end
    }

    /// Words.
    static func text(
        _ words: String, x: Double, y: Double, _ style: String = "", _ anchor: Anchor = .start
    ) -> Markup {
        var attributes: [Markup.Attribute] = [
            .init(name: "x", value: number(x)), .init(name: "y", value: number(y)),
        ]
        if !style.isEmpty { attributes.append(.init(name: "class", value: style)) }
        if anchor != .start {
            attributes.append(.init(name: "text-anchor", value: anchor.rawValue))
        }
        return .element("text", attributes, [.text(words)])
    }

    /// A straight line.
    static func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String
    ) -> Markup {
        .tag(
            "line",
            [
                "x1": number(x1), "y1": number(y1), "x2": number(x2), "y2": number(y2),
                "class": style,
            ])
    }

    /// A box, and the words that a pointer brings up.
    static func box(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String,
        radius: Double = 0, title: String? = nil
    ) -> Markup {
        .tag(
            "rect",
            [
                "x": number(x), "y": number(y), "width": number(max(width, 0)),
                "height": number(max(height, 0)), "rx": number(radius), "class": style,
            ], title.map { [.tag("title", [:], $0)] } ?? [])
    }

    /// A mark on a line: each backend has another shape, for those who see no colours.
    static func mark(
        _ number: Int?, x: Double, y: Double, title: String? = nil
    ) -> Markup {
        let style = "mark " + colour(number)
        let title = title.map { [Markup.tag("title", [:], $0)] } ?? []
        let outline: [(Double, Double)]
        switch number.map({ $0 % 4 }) {
        case 0:
            return .tag(
                "circle",
                ["cx": Self.number(x), "cy": Self.number(y), "r": "3.5", "class": style], title)
        case 1: outline = [(-3.2, -3.2), (3.2, -3.2), (3.2, 3.2), (-3.2, 3.2)]
        case 2: outline = [(0, -4.4), (4.2, 3.2), (-4.2, 3.2)]
        case 3: outline = [(0, -4.6), (4.6, 0), (0, 4.6), (-4.6, 0)]
        default: outline = [(-3.5, -1), (3.5, -1), (3.5, 1), (-3.5, 1)]
        }
        let path =
            outline.enumerated().map { step, point in
                (step == 0 ? "M" : "L") + Self.number(x + point.0) + " " + Self.number(y + point.1)
            }.joined() + "Z"
        return .tag("path", ["d": path, "class": style], title)
    }

    /// The chart as an image with a name and a description.
    ///
    /// - Parameter id: What nothing else in the document is called.
    static func image(
        id: String, width: Double = width, height: Double, title: String, description: String,
        style: Markup? = nil, _ shapes: [Markup]
    ) -> Markup {
        .tag(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": "0 0 \(number(width)) \(number(height))", "role": "img",
                "aria-labelledby": "\(id)-title \(id)-desc",
            ],
            [
                .tag("title", ["id": "\(id)-title"], title),
                .tag("desc", ["id": "\(id)-desc"], description),
            ] + [style].compactMap(\.self) + shapes)
    }
}
