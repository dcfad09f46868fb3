import Foundation
import WALProtocol

/// What is known of the file: where each entry stands, and all metadata.
struct Index {
    /// The terms and places of the entries from `state.first`.
    private(set) var entries: [(term: Term, place: Place)] = []
    private(set) var values: [MetadataKey: [UInt8]] = [:]
    var state = LogState()
    /// The bytes of the lines that are needed.
    private(set) var neededByteCount: UInt64 = 0

    var memoryFootprint: Int {
        entries.count * 32 + values.reduce(0) { $0 + $1.key.name.utf8.count + $1.value.count }
    }

    func place(of index: LogIndex) throws(LogStoreError) -> Place {
        entries[try offset(of: index)].place
    }

    func term(of index: LogIndex) throws(LogStoreError) -> Term {
        entries[try offset(of: index)].term
    }

    private func offset(of index: LogIndex) throws(LogStoreError) -> Int {
        try state.checkRead(at: index)
        return Int(index - (state.first ?? index))
    }

    /// Applies a line that was written, now or before the log was opened.
    mutating func apply(_ line: Line, at place: Place) throws(LogStoreError) {
        switch line {
        case .reset(let index, let term):
            drop(entries.indices)
            let position = index.map { LogPosition(term: term ?? 0, index: $0) }
            state = LogState(compacted: position, last: position)
        case .truncate(let from):
            let kept = from - min(from, state.first ?? from)
            drop(Int(clamping: kept)..<max(entries.count, Int(clamping: kept)))
            settle()
        case .append(let index, let term, _, _):
            guard state.next == nil || state.next == index else {
                throw .corrupt(
                    "entries are missing", file: "log.jsonl", byteOffset: place.offset,
                    index: index, expected: state.next, found: index)
            }
            state.first = state.first ?? index
            state.last = LogPosition(term: term, index: index)
            entries.append((term, place))
            neededByteCount += UInt64(place.byteCount)
        case .compact(let index, let term):
            let count = state.first.map { index < $0 ? 0 : index - $0 + 1 } ?? 0
            state.first = state.first.map { max($0, index + 1) }
            state.compacted = LogPosition(term: term, index: index)
            drop(0..<min(entries.count, Int(clamping: count)))
            settle()
        case .set(let key, let value):
            values[MetadataKey(key)] = [UInt8](value)
        case .remove(let key):
            values[MetadataKey(key)] = nil
        case .commit:
            break
        }
    }

    private mutating func drop(_ offsets: Range<Int>) {
        neededByteCount -= entries[offsets].reduce(0) { $0 + UInt64($1.place.byteCount) }
        entries.removeSubrange(offsets)
    }

    /// Works out the last position from what is left.
    private mutating func settle() {
        guard let first = state.first, let last = entries.last else {
            state.first = nil
            state.last = state.compacted
            return
        }
        state.last = LogPosition(term: last.term, index: first + LogIndex(entries.count - 1))
    }

    /// The lines without which nothing of this could be known, but for the entries.
    var head: [Line] {
        let compacted = state.compacted
        return [.reset(index: compacted?.index, term: compacted?.term)]
            + values.map { .set(key: $0.key.name, value: Data($0.value)) }
    }

    /// The same with the entries in other places.
    func moved(to places: [Place]) -> Index {
        var moved = self
        moved.entries = zip(entries, places).map { ($0.term, $1) }
        return moved
    }
}
