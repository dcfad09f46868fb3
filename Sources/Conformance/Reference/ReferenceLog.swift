import WALProtocol

/// The contents of a ``ReferenceStore``: an array of entries and a dictionary.
struct ReferenceLog: Sendable {
    var state = LogState()
    var entries: [Entry] = []
    var metadata: [MetadataKey: [UInt8]] = [:]

    func entry(at index: LogIndex) throws(LogStoreError) -> Entry {
        try state.checkRead(at: index)
        return entries[Int(index - (state.first ?? index))]
    }

    func entries(in range: Range<LogIndex>) throws(LogStoreError) -> ArraySlice<Entry> {
        let present = try state.readableRange(range)
        guard let first = state.first, !present.isEmpty else { return [] }
        return entries[Int(present.lowerBound - first)..<Int(present.upperBound - first)]
    }

    mutating func apply(_ batch: WriteBatch, _ plan: WritePlan) {
        if plan.resets { entries.removeAll() }
        if let from = plan.truncatesFrom, let first = entries.first?.index {
            entries.removeSubrange(Int(from - first)...)
        }
        batch.visitEntries { entries.append(Entry(copying: $0, $1)) }
        if let through = plan.compactsThrough, let first = entries.first?.index,
            through.index >= first
        {
            let count = min(through.index - first + 1, UInt64(entries.count))
            entries.removeFirst(Int(count))
        }
        for change in batch.metadataChanges { metadata[change.key] = change.value }
        state = plan.state
    }
}
