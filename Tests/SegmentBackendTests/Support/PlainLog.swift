import WALProtocol

/// What a log should hold: a plain array, for tests to compare a store with.
struct PlainLog: Equatable {
    var compacted: LogPosition?
    var entries: [Entry] = []
    var metadata: [MetadataKey: [UInt8]] = [:]

    var last: LogPosition? { entries.last?.position ?? compacted }
    var next: LogIndex { last.map { $0.index + 1 } ?? 1 }

    mutating func truncate(from index: LogIndex) {
        entries.removeAll { $0.index >= index }
    }

    mutating func compact(through position: LogPosition) {
        if position.index <= compacted?.index ?? 0 { return }
        compacted = position
        entries.removeAll { $0.index <= position.index }
    }

    mutating func reset(to position: LogPosition?) {
        compacted = position
        entries = []
    }

    init() {}

    /// Everything a store answers.
    init(reading store: some LogReading) throws {
        let state = store.state
        compacted = state.compacted
        if let first = state.first, let last = state.last {
            entries = try store.entries(in: first...last.index)
        }
        for key in try store.metadataKeys() { metadata[key] = try store.metadata(for: key) }
    }
}
