import WALProtocol

/// What a batch asks for, in a form that can be written to a store and applied to a ``Model``.
struct Change {
    var reset: WriteBatch.Reset?
    var truncatesFrom: LogIndex?
    var entries: [Entry] = []
    var compactsThrough: LogPosition?
    var metadata: [(key: MetadataKey, value: [UInt8]?)] = []

    var batch: WriteBatch {
        var batch = WriteBatch()
        // Put in backwards: the order in which a batch is filled must not matter.
        for change in metadata {
            if let value = change.value {
                batch.setMetadata(value, for: change.key)
            } else {
                batch.removeMetadata(for: change.key)
            }
        }
        if let compactsThrough { batch.compact(through: compactsThrough) }
        for entry in entries { batch.append(entry.payload, at: entry.position, kind: entry.kind) }
        if let truncatesFrom { batch.truncate(from: truncatesFrom) }
        if let reset { batch.reset(to: reset.position) }
        return batch
    }
}

/// What a log has to hold, kept in the plainest way there is.
///
/// Deliberately without a line in common with ``WriteBatch/plan(on:capabilities:termAt:)``: it is
/// what the stores that use the plan are held against. It takes legal changes only.
struct Model {
    var compacted: LogPosition?
    var entries: [Entry] = []
    var metadata: [MetadataKey: [UInt8]] = [:]

    var first: LogIndex? { entries.first?.index }
    var last: LogPosition? { entries.last?.position ?? compacted }
    var next: LogIndex? { last.map { $0.index + 1 } }

    func entry(at index: LogIndex) -> Entry? {
        guard let first, index >= first, index - first < UInt64(entries.count) else { return nil }
        return entries[Int(index - first)]
    }

    mutating func apply(_ change: Change) {
        if let reset = change.reset {
            entries = []
            compacted = reset.position
        }
        if let index = change.truncatesFrom {
            while let last = entries.last, last.index >= index { entries.removeLast() }
        }
        entries += change.entries
        if let position = change.compactsThrough { compact(through: position) }
        for (key, value) in change.metadata { metadata[key] = value }
    }

    private mutating func compact(through position: LogPosition) {
        if let compacted, compacted.index >= position.index { return }
        if let first, position.index + 1 < first { return }
        entries.removeFirst(entries.prefix { $0.index <= position.index }.count)
        compacted = position
    }
}
