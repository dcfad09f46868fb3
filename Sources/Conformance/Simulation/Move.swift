import WALProtocol

/// The kinds of operation that an exploration puts together.
enum Move: CaseIterable, Hashable, Sendable {
    case append, batch, truncate, compact, reset, metadata, flush, sync, rotate, close, kill,
        failSync

    /// What a sequence of moves starts from.
    static let preludes: [[Move]] = [
        [],
        [.append, .metadata, .batch, .sync],
        [.append, .sync, .rotate, .append, .flush],
        [.batch, .rotate, .rotate, .compact, .sync, .append, .close],
        // Truncated into the file before last: a store may remove one from the middle.
        [.append, .sync, .rotate, .rotate, .truncate, .truncate],
    ]

    /// The beginnings of each prelude, and each prelude followed by every sequence of moves up to a
    /// length.
    static func sequences(upTo length: Int, after preludes: [[Move]]) -> [[Move]] {
        preludes.flatMap { prelude -> [[Move]] in
            var result = prelude.indices.map { Array(prelude[...$0]) }
            if prelude.isEmpty { result = [[]] }
            var longest = [prelude]
            for _ in 0..<length {
                longest = longest.flatMap { start in allCases.map { start + [$0] } }
                result += longest
            }
            return result
        }
    }

    /// The move as a step on a log.
    ///
    /// - Parameter number: Tells the payloads of one step from those of another.
    func step(on model: Model, number: Int, rotationByteCount: Int) -> Step {
        let next = model.next ?? 1
        let last = model.last ?? LogPosition(term: 1, index: 0)
        let salt = UInt64(number)
        func entry(_ index: LogIndex, size: Int = 24) -> Entry {
            Entry(
                position: LogPosition(term: last.term + salt % 2, index: index),
                payload: Payloads.make(index, size: size, salt: salt))
        }
        switch self {
        case .append: return .append([entry(next), entry(next + 1)])
        case .batch:
            // Everything that a batch can hold, but for a reset.
            let from = model.entries.isEmpty ? next : last.index
            return .write(
                Change(
                    truncatesFrom: from, entries: [entry(from), entry(from + 1)],
                    metadata: [
                        ("vote", [UInt8(number)]), ("term", [UInt8](repeating: 7, count: 9)),
                    ]
                ))
        case .truncate:
            return .write(Change(truncatesFrom: model.entries.isEmpty ? next : last.index))
        case .compact:
            let middle = model.entries.isEmpty ? nil : model.entries[model.entries.count / 2]
            return .write(
                Change(
                    compactsThrough: middle?.position
                        ?? LogPosition(term: last.term, index: last.index + 2)))
        case .reset:
            return .write(
                Change(
                    reset: WriteBatch.Reset(
                        to: LogPosition(term: last.term + 1, index: last.index + 3))))
        case .metadata: return .write(Change(metadata: [("vote", [UInt8(number), 1, 2, 3])]))
        case .flush: return .flush
        case .sync: return .sync
        case .rotate: return .append([entry(next, size: rotationByteCount * 5 / 8)])
        case .close: return .close
        case .kill: return .kill
        case .failSync: return .failSync
        }
    }
}
