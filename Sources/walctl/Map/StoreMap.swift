import RaftWAL

/// A store's directory as rows to be drawn: a segment each, or a few behind each other.
struct StoreMap {
    /// More segments than these are drawn in groups.
    static let rowLimit = 40
    /// So many of the newest segments keep a row of their own.
    private static let newestCount = 3
    /// So many findings are told of one row.
    static let findingLimit = 3

    /// What a part of a bar stands for.
    enum Part: String, CaseIterable {
        case dead, live, free, damaged
    }

    /// One segment, or a group of them.
    struct Row {
        var segments: [StoreDescription.Segment]
        var findings: [VerificationReport.Finding] = []
        /// Whether the log's durable end is in it.
        var isEnd = false

        var isGroup: Bool { segments.count > 1 }

        var fileByteCount: UInt64 { sum(\.fileByteCount) }
        var isDamaged: Bool { !findings.isEmpty }

        /// The common state of all, or `mixed`.
        var state: String {
            let states = Set(segments.map(\.state))
            return states.count == 1 ? segments[0].state : "mixed"
        }

        /// The indexes of the live entries, from the first to the last.
        var indexes: ClosedRange<LogIndex>? {
            guard let first = segments.lazy.compactMap(\.first).first,
                let last = segments.last(where: { $0.last != nil })?.last, first <= last
            else { return nil }
            return first...last
        }

        /// The number of bytes of one kind.
        func byteCount(_ part: Part) -> UInt64 {
            switch part {
            case .live: sum(\.liveByteCount)
            case .dead: sum(\.deadByteCount)
            case .free: sum(\.freeByteCount)
            case .damaged: sum(\.damagedByteCount)
            }
        }

        private func sum(_ value: KeyPath<StoreDescription.Segment, UInt64>) -> UInt64 {
            segments.reduce(0) { sum, segment in
                let (sum, overflow) = sum.addingReportingOverflow(segment[keyPath: value])
                return overflow ? .max : sum
            }
        }
    }

    let path: String
    let description: StoreDescription
    let space: DiskSpace?
    let rows: [Row]
    /// What is wrong and belongs to no row.
    let otherFindings: [VerificationReport.Finding]

    init(_ description: StoreDescription, path: String) {
        self.path = path
        self.description = description
        space = DiskSpace(at: path)
        var findings: [String: [VerificationReport.Finding]] = [:]
        let names = Set(description.segments.map(\.file))
        var others: [VerificationReport.Finding] = []
        for finding in description.findings {
            let name = finding.error.context.file.map { file in
                file.split(separator: "/").last.map(String.init) ?? file
            }
            if let name, names.contains(name) {
                findings[name, default: []].append(finding)
            } else {
                others.append(finding)
            }
        }
        otherFindings = others
        let end = description.segments.lastIndex { $0.last != nil }
        let single = description.segments.enumerated().map { place, segment in
            Row(
                segments: [segment], findings: findings[segment.file] ?? [],
                isEnd: place == end)
        }
        rows = Self.grouped(single)
    }

    /// Puts ordinary segments behind each other into groups, until there are few enough.
    private static func grouped(_ rows: [Row]) -> [Row] {
        guard rows.count > rowLimit else { return rows }
        var isSpecial = rows.indices.map { place in
            rows[place].isDamaged || rows.count - place <= newestCount
        }
        if isSpecial.count(where: { $0 }) > rowLimit / 2 {
            isSpecial = rows.indices.map { rows.count - $0 <= newestCount }
        }
        // Each special row may cut a group in two.
        let specialCount = isSpecial.count { $0 }
        let room = max(1, rowLimit - 2 * specialCount)
        let groupSize = max(2, (rows.count - specialCount + room - 1) / room)
        var result: [Row] = []
        var isOpen = false
        for (row, isSpecial) in zip(rows, isSpecial) {
            if isSpecial || !isOpen || (result.last?.segments.count ?? 0) >= groupSize {
                result.append(row)
                isOpen = !isSpecial
            } else {
                let place = result.count - 1
                result[place].segments += row.segments
                result[place].findings += row.findings
                if row.isEnd { result[place].isEnd = true }
            }
        }
        return result
    }

    /// The bytes of the greatest row, which has the longest bar.
    var greatestByteCount: UInt64 { rows.map(\.fileByteCount).max() ?? 0 }

    /// The bytes of one kind in all files.
    func byteCount(_ part: Part) -> UInt64 {
        rows.reduce(0) { sum, row in
            let (sum, overflow) = sum.addingReportingOverflow(row.byteCount(part))
            return overflow ? .max : sum
        }
    }
}

extension StoreMap.Row {
    /// The parts of a bar of so many cells, in the order of the file, damage where it is.
    ///
    /// What there is at all has a cell, if there is room.
    func cells(_ count: Int) -> [StoreMap.Part] {
        guard count > 0 else { return [] }
        let total = max(1, Double(fileByteCount))
        let dead = share(.dead, count, total)
        let free = share(.free, count - dead, total * Double(count - dead) / Double(count))
        var cells: [StoreMap.Part] =
            Array(repeating: .dead, count: min(dead, count))
            + Array(repeating: .live, count: max(0, count - dead - free))
            + Array(repeating: .free, count: max(0, min(free, count - dead)))
        if byteCount(.live) == 0, byteCount(.damaged) == 0, !cells.isEmpty {
            let filler: StoreMap.Part = byteCount(.dead) > 0 && free == 0 ? .dead : .free
            cells = cells.map { $0 == .live ? filler : $0 }
        }
        for share in damages { cells[min(count - 1, Int(share * Double(count)))] = .damaged }
        return cells
    }

    /// Where damages are, each as a share of the row's bytes.
    var damages: [Double] {
        let total = max(1, Double(fileByteCount))
        var result: [Double] = []
        var start = 0.0
        for segment in segments {
            for finding in findings {
                let place = finding.error.context
                guard let file = place.file, file.hasSuffix(segment.file),
                    let byteOffset = place.byteOffset
                else { continue }
                let offset = Double(byteOffset)
                result.append((start + min(offset, Double(segment.fileByteCount))) / total)
            }
            start += Double(segment.fileByteCount)
        }
        return result
    }

    private func share(_ part: StoreMap.Part, _ count: Int, _ total: Double) -> Int {
        let bytes = byteCount(part)
        if bytes == 0 || count <= 0 { return 0 }
        let cells = Int((Double(bytes) / total * Double(count)).rounded())
        return min(max(1, cells), max(0, count - (byteCount(.live) > 0 ? 1 : 0)))
    }
}
