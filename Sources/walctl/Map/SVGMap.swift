import Conformance
import RaftWAL

/// A map as an SVG that needs nothing else.
///
/// Lengths across are percentages and lengths down are pixels, so that the text keeps its size on
/// a telephone and on a wide screen, and only the bars grow.
struct SVGMap {
    /// The margin at each side and what is left between them, in percent.
    private static let margin = 2.0
    private static let span = 96.0
    /// The longest line of what is wrong, in characters: it has to fit on a telephone.
    private static let lineLength = 44

    private let map: StoreMap

    init(_ map: StoreMap) { self.map = map }

    /// The document.
    var text: String {
        var y = 0
        var body = ""
        head(&body, &y)
        positions(&body, &y)
        summary(&body, &y)
        for row in map.rows { draw(row, &body, &y) }
        for finding in map.otherFindings.prefix(StoreMap.rowLimit) { tell(finding, &body, &y) }
        y += 12
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="100%" height="\(y)" role="img" \
            aria-label="\("Map of \(map.path)".xmlEscaped)">
            <title>\("walctl map \(map.path)".xmlEscaped)</title>
            <style>\(SVGStyle.text)</style>
            <defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" \
            patternTransform="rotate(45)"><rect class="dead" width="6" height="6"/>\
            <rect class="line" width="2" height="6"/></pattern></defs>
            <rect class="page" width="100%" height="100%"/>
            \(body)</svg>

            """
    }

    // MARK: - The store

    private func head(_ body: inout String, _ y: inout Int) {
        let description = map.description
        let count = description.segments.count
        let kind =
            description.backend == "lmdb"
            ? "LMDB store" : "\(count) segment\(count == 1 ? "" : "s")"
        write(Self.shortened(map.path, to: 34), "h", at: 34, &body)
        let facts = "\(kind) · \(Self.grouped(description.state.count)) entries"
        write(facts, "m", at: 56, &body)
        y = 72
        let findings = description.findings.count
        guard findings > 0 else { return }
        write(findings == 1 ? "1 damage" : "\(findings) damages", "e b", at: y + 6, &body)
        y += 20
    }

    /// The log from the first index there ever was to the last.
    private func positions(_ body: inout String, _ y: inout Int) {
        let state = map.description.state
        guard let last = state.last?.index, last > 0 else { return }
        let total = Double(last)
        let compacted = min(1, Double(state.compacted?.index ?? 0) / total)
        heading("Positions", &body, &y)
        let title = state.first.map { "entries \($0) to \(last)" } ?? "no entries"
        bar(0, 1, "free", y, "indexes 1 to \(last)", &body)
        if compacted > 0 {
            bar(0, compacted, "dead", y, "compacted up to \(state.compacted?.index ?? 0)", &body)
        }
        if !state.isEmpty { bar(compacted, 1 - compacted, "live", y, title, &body) }
        for range in map.description.recovery.lostRanges {
            let lower = min(Double(range.indexes.lowerBound) / total, 0.99)
            let upper = min(Double(range.indexes.upperBound) / total, 1)
            bar(lower, max(0.01, upper - lower), "damaged", y, "lost: \(range.text)", &body)
        }
        if let durable = state.durable?.index {
            marker(min(1, Double(durable) / total), y, "durable up to \(durable)", &body)
        }
        let first = state.first.map { Self.grouped($0) } ?? "empty"
        let left = state.compacted.map { "compacted \(Self.grouped($0.index))" } ?? "first \(first)"
        write(left, "m", at: y + 32, &body)
        let isDurable = state.durable?.index == last
        let right =
            isDurable
            ? "last = durable \(Self.grouped(last))"
            : "last \(Self.grouped(last)), durable "
                + (state.durable.map { Self.grouped($0.index) } ?? "unknown")
        write(right, "m end", at: y + 32, &body)
        y += 48
    }

    /// What all files hold together, which is the legend as well.
    private func summary(_ body: inout String, _ y: inout Int) {
        if let space = map.space {
            let room = "\(ByteText.short(space.freeByteCount)) left on the disk"
            write(room, "m end", at: y + 14, &body)
        }
        heading("Space", &body, &y)
        let parts: [StoreMap.Part] = [.live, .dead, .free, .damaged]
        let total = max(1, parts.reduce(0.0) { $0 + Double(map.byteCount($1)) })
        var start = 0.0
        for part in parts where map.byteCount(part) > 0 {
            let share = Double(map.byteCount(part)) / total
            let label = "\(part.rawValue) \(ByteText.short(map.byteCount(part)))"
            bar(start, share, part.rawValue, y, label, &body)
            start += share
        }
        var place = 0
        for part in parts where part != .damaged || map.byteCount(part) > 0 {
            // Two on a line: there is room for them on a telephone.
            let x = place % 2 == 0 ? Self.margin : 50.0
            let top = y + 32 + place / 2 * 20
            body += "<circle class=\"\(part.rawValue)\" cx=\"\(Self.number(x))%\" "
            body += "cy=\"\(top - 4)\" r=\"5\" transform=\"translate(6 0)\"/>"
            body += "<text x=\"\(Self.number(x))%\" dx=\"16\" y=\"\(top)\" class=\"m\">"
            body += "\(part.rawValue) \(ByteText.short(map.byteCount(part)))</text>\n"
            place += 1
        }
        y += 32 + (place + 1) / 2 * 20
        heading(map.description.backend == "lmdb" ? "File" : "Segments", &body, &y)
    }

    // MARK: - A row

    private func draw(_ row: StoreMap.Row, _ body: inout String, _ y: inout Int) {
        let first = row.segments[0]
        let name =
            map.description.backend == "lmdb"
            ? first.file
            : row.isGroup
                ? "\(first.sequence)–\(row.segments.last?.sequence ?? 0)" : "\(first.sequence)"
        let state = row.isGroup ? "\(row.segments.count) \(row.state)" : row.state
        let indexes = row.indexes.map {
            "\(Self.grouped($0.lowerBound))–\(Self.grouped($0.upperBound))"
        }
        let style = row.isDamaged ? "e" : "m"
        body += "<text x=\"\(Self.number(Self.margin))%\" y=\"\(y + 12)\"><tspan class=\"b\">"
        body += "\(name.xmlEscaped)</tspan> <tspan class=\"\(style)\">\(state)</tspan></text>"
        let facts = [indexes ?? "no entries", ByteText.short(row.fileByteCount)]
        write(facts.joined(separator: " · "), "m end", at: y + 12, &body)
        y += 18
        bars(row, y, &body)
        y += 26
        for finding in row.findings.prefix(StoreMap.findingLimit) { tell(finding, &body, &y) }
        let left = row.findings.count - StoreMap.findingLimit
        if left > 0 {
            write("and \(left) more", "e", at: y + 6, &body)
            y += 18
        }
        if row.isDamaged { y += 6 }
    }

    /// The bar of a row, whose length tells its bytes.
    private func bars(_ row: StoreMap.Row, _ y: Int, _ body: inout String) {
        let bytes = Double(row.fileByteCount)
        let length = max(0.02, bytes / max(1, Double(map.greatestByteCount)))
        let title = tooltip(row)
        if row.fileByteCount == 0 {
            return bar(0, length, "damaged", y, title, &body)
        }
        bar(0, length, "free", y, title, &body)
        var start = 0.0
        let live = Double(row.byteCount(.live)) + Double(row.byteCount(.damaged))
        for (part, count) in [("dead", Double(row.byteCount(.dead))), ("live", live)]
        where count > 0 {
            let share = min(1 - start, count / bytes)
            bar(start * length, share * length, part, y, title, &body)
            start += share
        }
        for share in row.damages {
            let place = min(share * length, length - 0.006)
            bar(max(0, place), 0.006, "damaged", y - 3, title, &body, height: 20)
        }
        if row.isEnd { marker(start * length, y, "the last entry proven durable is here", &body) }
    }

    private func tooltip(_ row: StoreMap.Row) -> String {
        let names = [row.segments.first?.file, row.isGroup ? row.segments.last?.file : nil]
        var lines = [names.compactMap { $0 }.joined(separator: " to ") + ": " + row.state]
        for part in StoreMap.Part.allCases where row.byteCount(part) > 0 {
            lines.append("\(part.rawValue): \(row.byteCount(part)) bytes")
        }
        return lines.joined(separator: "\n")
    }

    /// A finding, in lines that a telephone has room for.
    private func tell(
        _ finding: VerificationReport.Finding, _ body: inout String, _ y: inout Int
    ) {
        let lines = ErrorLine.wrapped(ErrorLine.withoutFile(finding), to: Self.lineLength)
        for (place, line) in lines.enumerated() {
            write((place == 0 ? "✕ " : "   ") + line, "e", at: y + 6, &body)
            y += 17
        }
        y += 3
    }

    // MARK: - Elements

    private func heading(_ text: String, _ body: inout String, _ y: inout Int) {
        write(text, "s", at: y + 14, &body)
        y += 26
    }

    private func write(_ text: String, _ style: String, at y: Int, _ body: inout String) {
        let isAtEnd = style.hasSuffix("end")
        let x = Self.number(isAtEnd ? Self.margin + Self.span : Self.margin)
        body += "<text x=\"\(x)%\" y=\"\(y)\" class=\"\(style)\">\(text.xmlEscaped)</text>\n"
    }

    /// A part of a bar; place and length are shares of the width.
    private func bar(
        _ start: Double, _ length: Double, _ style: String, _ y: Int, _ title: String,
        _ body: inout String, height: Int = 14
    ) {
        let x = Self.number(Self.margin + start * Self.span)
        let width = Self.number(max(0, length) * Self.span)
        body += "<rect x=\"\(x)%\" y=\"\(y)\" width=\"\(width)%\" height=\"\(height)\" rx=\"2\" "
        body += "class=\"\(style)\"><title>\(title.xmlEscaped)</title></rect>\n"
    }

    /// A line across a bar.
    private func marker(_ share: Double, _ y: Int, _ title: String, _ body: inout String) {
        let x = Self.number(Self.margin + min(share, 0.998) * Self.span)
        body += "<rect x=\"\(x)%\" y=\"\(y - 4)\" width=\"3\" height=\"22\" rx=\"1\" "
        body += "class=\"mark\"><title>\(title.xmlEscaped)</title></rect>\n"
    }

    // MARK: - Text

    /// A number with three digits behind the point, at most.
    private static func number(_ value: Double) -> String {
        let thousandths = Int((value * 1000).rounded())
        let rest = String(thousandths % 1000 + 1000).dropFirst()
        return thousandths % 1000 == 0
            ? "\(thousandths / 1000)" : "\(thousandths / 1000).\(rest)"
    }

    /// A number with a narrow space between its thousands.
    private static func grouped(_ value: UInt64) -> String {
        let digits = String(value)
        guard digits.count > 4 else { return digits }
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text += "\u{202F}" }
            text.append(digit)
        }
        return text
    }

    /// The end of a path that is too long.
    private static func shortened(_ text: String, to limit: Int) -> String {
        text.count <= limit ? text : "…" + text.suffix(limit - 1)
    }
}
