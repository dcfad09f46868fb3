import WALProtocol

/// What a rule has done to its stores, for whoever has to do it again.
///
/// Appends behind each other are one line, and so are calls that are repeated, also in turn.
final class Script: Sendable {
    /// The most lines that are kept: the last ones.
    static let lineCountMax = 100

    private let lines = Shared<(kept: [Line], droppedCount: Int)>(([], 0))

    private enum Call: Equatable {
        case append(batched: Bool, ClosedRange<LogIndex>, Term, byteCount: Int)
        case other(String)
    }

    private struct Line {
        var store: String
        var call: Call
        var count = 1

        /// Takes another call in, if it goes on where this one ends.
        mutating func absorb(_ other: Line) -> Bool {
            guard store == other.store else { return false }
            if case .append(let batched, let indexes, let term, let byteCount) = call,
                case .append(batched, let more, term, byteCount) = other.call,
                more.lowerBound == indexes.upperBound + 1
            {
                call = .append(
                    batched: batched, indexes.lowerBound...more.upperBound, term,
                    byteCount: byteCount)
                return true
            }
            guard call == other.call else { return false }
            count += 1
            return true
        }

        /// Whether the call does what another one did, or goes on where that ended.
        func repeats(_ other: Line) -> Bool {
            var both = other
            return count == other.count && store == other.store
                && (call == other.call || both.absorb(self))
        }

        var text: String { "\(store): \(body)" }

        /// What was done, without the store.
        var body: String {
            let times = count == 1 ? "" : ", \(count) times"
            switch call {
            case .append(let batched, let indexes, let term, let byteCount):
                let verb = batched ? "write a batch: append" : "append"
                let isOne = indexes.lowerBound == indexes.upperBound
                let range = isOne ? "\(indexes.lowerBound)" : "\(indexes)"
                let size = isOne ? "\(byteCount) bytes" : "\(byteCount) bytes each"
                return "\(verb) \(range), term \(term), \(size)\(times)"
            case .other(let text): return text + times
            }
        }
    }

    /// The lines, from the first call to the last one.
    var text: [String] {
        let (kept, droppedCount) = lines.value
        let omission = droppedCount > 0 ? ["… \(droppedCount) earlier calls"] : []
        return omission + Self.folded(kept)
    }

    /// One line for two or three calls that were made in turn, again and again.
    private static func folded(_ lines: [Line]) -> [String] {
        var text: [String] = []
        var place = 0
        while place < lines.count {
            let pairs = Self.times(of: 2, at: place, in: lines)
            let triples = Self.times(of: 3, at: place, in: lines)
            let (period, times) = 3 * triples > 2 * pairs ? (3, triples) : (2, pairs)
            guard times > 2 else {
                text.append(lines[place].text)
                place += 1
                continue
            }
            var calls = Array(lines[place..<(place + period)])
            for offset in period..<(period * times) {
                let next = lines[place + offset]
                if next.call != calls[offset % period].call {
                    _ = calls[offset % period].absorb(next)
                }
            }
            text.append(
                "\(lines[place].store): \(times) times: "
                    + calls.map(\.body).joined(separator: "; "))
            place += period * times
        }
        return text
    }

    /// How often the calls from a place are made in turn.
    private static func times(of period: Int, at start: Int, in lines: [Line]) -> Int {
        var place = start + period
        while place < lines.count, lines[place].repeats(lines[place - period]),
            lines[place].store == lines[start].store
        {
            place += 1
        }
        return (place - start) / period
    }

    func note(_ text: String, of store: String) { note(Line(store: store, call: .other(text))) }

    func noteAppend(_ position: LogPosition, byteCount: Int, of store: String) {
        note(
            Line(
                store: store,
                call: .append(
                    batched: false, position.index...position.index, position.term,
                    byteCount: byteCount)))
    }

    func note(_ batch: WriteBatch, of store: String) {
        note(Line(store: store, call: Self.call(of: batch)))
    }

    private func note(_ line: Line) {
        lines.update { lines in
            if let last = lines.kept.indices.last, lines.kept[last].absorb(line) { return }
            lines.kept.append(line)
            guard lines.kept.count > Self.lineCountMax else { return }
            lines.kept.removeFirst()
            lines.droppedCount += 1
        }
    }

    /// What a batch does, in the order in which it is applied.
    private static func call(of batch: WriteBatch) -> Call {
        var parts: [String] = []
        if let reset = batch.reset { parts.append("reset to \(Self.text(reset.position))") }
        if let index = batch.truncation { parts.append("truncate from \(index)") }
        if batch.entryCount > 0 {
            let first = batch.entryHeader(at: 0)
            let last = batch.entryHeader(at: batch.entryCount - 1)
            let isRun =
                last.position.term == first.position.term
                && last.payloadByteCount == first.payloadByteCount
                && last.position.index &- first.position.index == UInt64(batch.entryCount - 1)
            if batch.hasOnlyEntries, isRun {
                return .append(
                    batched: true, first.position.index...last.position.index,
                    first.position.term, byteCount: first.payloadByteCount)
            }
            parts.append(
                "append \(batch.entryCount) from \(Self.text(first.position)) "
                    + "to \(Self.text(last.position)), \(first.payloadByteCount) bytes first")
        }
        if let position = batch.compaction {
            parts.append("compact through \(Self.text(position))")
        }
        for change in batch.metadataChanges {
            let value = change.value.map { "to \($0.count) bytes" }
            parts.append(value.map { "set \(change.key) \($0)" } ?? "remove \(change.key)")
        }
        return .other("write a batch: " + (parts.isEmpty ? "empty" : parts.joined(separator: "; ")))
    }

    private static func text(_ position: LogPosition?) -> String {
        position.map { "index \($0.index) of term \($0.term)" } ?? "nothing"
    }
}
