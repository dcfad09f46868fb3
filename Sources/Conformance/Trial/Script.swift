import WALProtocol

/// What a rule has done to its stores, for whoever has to do it again.
///
/// Appends behind each other are one line, and so are calls that are repeated.
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

        var text: String {
            let times = count == 1 ? "" : ", \(count) times"
            switch call {
            case .append(let batched, let indexes, let term, let byteCount):
                let verb = batched ? "write a batch: append" : "append"
                let isOne = indexes.lowerBound == indexes.upperBound
                let range = isOne ? "\(indexes.lowerBound)" : "\(indexes)"
                let size = isOne ? "\(byteCount) bytes" : "\(byteCount) bytes each"
                return "\(store): \(verb) \(range), term \(term), \(size)\(times)"
            case .other(let text): return "\(store): \(text)\(times)"
            }
        }
    }

    /// The lines, from the first call to the last one.
    var text: [String] {
        let (kept, droppedCount) = lines.value
        let omission = droppedCount > 0 ? ["… \(droppedCount) earlier calls"] : []
        return omission + kept.map(\.text)
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
