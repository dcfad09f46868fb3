import RaftWAL

/// A map as lines of text.
struct TextMap {
    /// The columns that can be asked for.
    static let widths = 60...1000

    /// How to draw.
    struct Style {
        var width: Int
        var isUnicode: Bool
        var isColoured: Bool
    }

    /// What a character is coloured as.
    private enum Colour: String {
        case live = "34"
        case dead = "90"
        case damaged = "31;1"
        case heading = "1"
        case faint = "2"
    }

    private let map: StoreMap
    private let style: Style

    init(_ map: StoreMap, _ style: Style) {
        self.map = map
        self.style = style
    }

    /// Everything.
    var lines: [String] {
        var lines = head + [""] + table
        for finding in map.otherFindings.prefix(StoreMap.rowLimit) {
            lines += told(finding, indent: 2)
        }
        let left = map.otherFindings.count - StoreMap.rowLimit
        if left > 0 { lines.append(coloured("  and \(left) more damages", .damaged)) }
        return lines + [""] + legend
    }

    // MARK: - Parts

    /// What holds for the whole store.
    private var head: [String] {
        let description = map.description
        let state = description.state
        let title = ErrorLine.escaped(map.path)
        let count = description.segments.count
        let kind =
            description.backend == "lmdb"
            ? "lmdb store" : "\(count) segment\(count == 1 ? "" : "s")"
        var lines = [coloured(title, .heading) + "  " + kind]
        func position(_ value: LogPosition?) -> String {
            value.map { "\($0.index) (term \($0.term))" } ?? "-"
        }
        let entries =
            state.first.map { first in "\(first)\(dash)\(state.last?.index ?? first)" } ?? "none"
        let positions = [
            ("entries", entries), ("compacted", position(state.compacted)),
            ("last", state.isEmpty ? "-" : position(state.last)),
            ("durable", position(state.durable)),
        ]
        var room = StoreMap.Part.allCases.compactMap { part in
            let bytes = map.byteCount(part)
            return bytes == 0 ? nil : (part.rawValue, ByteText.short(bytes))
        }
        if let space = map.space {
            room.append(
                (
                    "disk",
                    "\(ByteText.short(space.freeByteCount)) of "
                        + "\(ByteText.short(space.totalByteCount)) left"
                ))
        }
        for fields in [positions, room] {
            lines += wrapped(fields.map { "\(faint($0.0)) \($0.1)" }, fields.map { "\($0) \($1)" })
        }
        if let words = verdict { lines.append(coloured(words, .damaged)) }
        return lines
    }

    private var verdict: String? {
        let count = map.description.findings.count
        return count == 0 ? nil : count == 1 ? "1 damage" : "\(count) damages"
    }

    /// A line for each row.
    private var table: [String] {
        let rows = map.rows.map { cells($0) }
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let used = widths.reduce(0, +) + 2 * widths.count + 2
        let room = max(8, style.width - used)
        var lines: [String] = []
        for (row, cells) in zip(map.rows, rows) {
            let isWrong = row.isDamaged
            let texts = cells.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                let text = column == 1 ? cell + padding : padding + cell
                return column == 1 && isWrong ? coloured(text, .damaged) : text
            }
            let mark = row.isEnd ? " <" : ""
            lines.append(texts.joined(separator: "  ") + "  " + bar(row, room) + mark)
            for finding in row.findings.prefix(StoreMap.findingLimit) {
                lines += told(finding, indent: widths[0] + 2)
            }
            let left = row.findings.count - StoreMap.findingLimit
            if left > 0 {
                let indent = String(repeating: " ", count: widths[0] + 2)
                lines.append(indent + coloured("and \(left) more", .damaged))
            }
        }
        return lines
    }

    /// Sequence, state, indexes and size.
    private func cells(_ row: StoreMap.Row) -> [String] {
        let first = row.segments[0]
        let isFile = map.description.backend == "lmdb"
        let name =
            isFile
            ? first.file
            : row.isGroup
                ? "\(first.sequence)\(dash)\(row.segments.last?.sequence ?? 0)"
                : "\(first.sequence)"
        let indexes = row.indexes.map {
            $0.lowerBound == $0.upperBound
                ? "\($0.lowerBound)" : "\($0.lowerBound)\(dash)\($0.upperBound)"
        }
        let state = row.isGroup ? "\(row.segments.count) \(row.state)" : row.state
        return [name, state, indexes ?? "-", ByteText.short(row.fileByteCount)]
    }

    /// A bar whose length tells the size of the file.
    private func bar(_ row: StoreMap.Row, _ room: Int) -> String {
        let greatest = max(1, Double(map.greatestByteCount))
        let share = Double(row.fileByteCount) / greatest * Double(room)
        let cells = row.cells(row.fileByteCount == 0 ? 0 : max(1, Int(share.rounded())))
        guard !cells.isEmpty else {
            return row.isDamaged ? coloured(symbol(.damaged), .damaged) : ""
        }
        var text = ""
        var start = 0
        while start < cells.count {
            let part = cells[start]
            let end = cells[start...].firstIndex { $0 != part } ?? cells.count
            text += drawn(part, String(repeating: symbol(part), count: end - start))
            start = end
        }
        return text
    }

    private func drawn(_ part: StoreMap.Part, _ text: String) -> String {
        switch part {
        case .live: coloured(text, .live)
        case .dead, .free: coloured(text, .dead)
        case .damaged: coloured(text, .damaged)
        }
    }

    private func symbol(_ part: StoreMap.Part) -> String {
        switch part {
        case .live: style.isUnicode ? "█" : "#"
        case .dead: style.isUnicode ? "▒" : "-"
        case .free: style.isUnicode ? "░" : "."
        case .damaged: style.isUnicode ? "╳" : "X"
        }
    }

    /// A finding, in as many lines as it takes.
    private func told(_ finding: VerificationReport.Finding, indent: Int) -> [String] {
        let lead = String(repeating: " ", count: indent)
        let text = ErrorLine.withoutFile(finding)
        return ErrorLine.wrapped(text, to: max(20, style.width - indent - 2)).enumerated().map {
            lead + coloured(($0 == 0 ? symbol(.damaged) + " " : "  ") + $1, .damaged)
        }
    }

    private var legend: [String] {
        let parts: [StoreMap.Part] = [.live, .dead, .free, .damaged]
        let fields = parts.map { ("\(drawn($0, symbol($0))) \($0)", "x \($0)") }
        return wrapped(fields.map(\.0) + ["< last durable"], fields.map(\.1) + ["< last durable"])
    }

    // MARK: - Text

    private var dash: String { style.isUnicode ? "–" : "-" }

    private func faint(_ text: String) -> String { coloured(text, .faint) }

    private func coloured(_ text: String, _ colour: Colour) -> String {
        style.isColoured ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Puts fields behind each other, on more lines if need be.
    ///
    /// - Parameter plain: The fields without colours, which have their widths.
    private func wrapped(_ fields: [String], _ plain: [String]) -> [String] {
        var lines: [String] = []
        var used = 0
        for (field, text) in zip(fields, plain) {
            if let last = lines.indices.last, used + 3 + text.count <= style.width {
                lines[last] += "   " + field
                used += 3 + text.count
            } else {
                lines.append(field)
                used = text.count
            }
        }
        return lines
    }
}
