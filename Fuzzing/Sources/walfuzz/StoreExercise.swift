internal import WALProtocol

/// Does everything that can be done to a store, whatever it holds.
///
/// An error of the protocol is an answer; what ends the process is not. What is read has to agree
/// with what the store says of itself.
enum StoreExercise {
    /// The entries that are looked at one by one.
    private static let limit: UInt64 = 64

    static func read(_ store: any LogStore) {
        let state = store.state
        if let first = state.first {
            precondition(state.last.map { $0.index >= first } ?? false, "first without last")
            look(store, first...min(state.last?.index ?? first, first + min(limit, .max - first)))
            if let last = state.last {
                look(store, max(first, last.index - min(limit, last.index))...last.index)
                expectTypedErrors {
                    // A position that is in the state can be asked for.
                    _ = try store.term(at: last.index)
                }
            }
            expectTypedErrors {
                var count = 0
                let reader = store.makeReader()
                _ = try reader.visitEntries(in: 0..<LogIndex.max, maxByteCount: 1 << 20) {
                    header, _ in
                    count += 1
                    precondition(count < 100_000, "more entries than the files have bytes for")
                    precondition(header.position.index >= first)
                }
            }
        } else {
            expectTypedErrors {
                let entries = try store.entries(in: 0..<LogIndex.max)
                precondition(entries.isEmpty, "entries of an empty log")
            }
        }
        expectTypedErrors {
            for key in try store.metadataKeys() { _ = try store.metadata(for: key) }
        }
        precondition(store.memoryFootprint >= 0 && store.memoryFootprint < 32 << 20)
    }

    private static func look(_ store: any LogStore, _ range: ClosedRange<LogIndex>) {
        var index = range.lowerBound
        while index <= range.upperBound {
            expectTypedErrors {
                let entry = try store.entry(at: index)
                precondition(entry.index == index, "\(entry.position) for \(index)")
                // Whoever recomputes checksums can make a footer disagree with its records, so the
                // terms may differ.
                _ = try store.term(at: index)
            }
            guard index < .max else { break }
            index += 1
        }
    }

    static func write(_ store: any LogStore) {
        let next = store.state.last.map { $0.index &+ 1 } ?? 1
        let term = store.state.last?.term ?? 1
        for offset in 0..<3 as Range<UInt64> {
            expectTypedErrors {
                let position = LogPosition(term: term, index: next &+ offset)
                try store.append([1, 2, 3], at: position)
                let payload = try store.entry(at: position.index).payload
                precondition(payload == [1, 2, 3])
            }
        }
        expectTypedErrors { try store.sync() }
        expectTypedErrors { try store.setMetadata([1], for: "fuzz") }
        let state = store.state
        if let first = state.first, let last = state.last {
            let middle = first + (last.index - first) / 2
            expectTypedErrors {
                let position = LogPosition(term: try store.term(at: middle), index: middle)
                try store.compact(through: position)
                precondition(store.state.compacted == position)
            }
            expectTypedErrors { try store.truncate(from: middle &+ 1) }
            expectTypedErrors { try store.sync() }
            // Enough for another segment.
            for _ in 0..<3 {
                expectTypedErrors {
                    guard let last = store.state.last else { return }
                    try store.append(
                        [UInt8](repeating: 7, count: 4000),
                        at: LogPosition(term: last.term, index: last.index &+ 1))
                    try store.sync()
                }
            }
        }
        read(store)
    }
}
