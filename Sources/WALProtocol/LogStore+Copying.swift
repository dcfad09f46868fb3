extension LogStore {
    /// Appends a range of another log's entries and makes them durable.
    ///
    /// - Parameters:
    ///   - range: Indexes that are all present there, and come next here.
    ///   - onProgress: Called now and then with the number of entries copied so far.
    /// - Throws: what reading and writing throw; what was copied before stays.
    /// - Complexity: O(bytes); a batch of one mebibyte, or of one entry, in memory.
    package func copyEntries(
        _ range: Range<LogIndex>, of log: some LogReading,
        onProgress: (UInt64) -> Void = { _ in }
    ) throws(LogStoreError) {
        var writer = BulkWriter(self)
        var next = range.lowerBound
        while next < range.upperBound {
            let room = LogIndex(BulkWriter.batchEntryLimit)
            let end = range.upperBound - next > room ? next + room : range.upperBound
            next = try log.visitEntries(in: next..<end, maxByteCount: BulkWriter.batchByteLimit) {
                (header, payload) throws(LogStoreError) in
                writer.batch.append(payload, at: header.position, kind: header.kind)
            }
            guard writer.batch.entryCount > 0 else {
                throw .unavailable(index: next, next: log.state.next)
            }
            try writer.write()
            onProgress(next - range.lowerBound)
        }
        try writer.finish()
    }
}

extension LogReading {
    /// The parts of the log that are there, between what is lost.
    ///
    /// - Parameter lost: Ascending.
    package func runs(without lost: [LostRange]) -> [Range<LogIndex>] {
        var runs: [Range<LogIndex>] = []
        let indexes = state.indexes
        var next = indexes.lowerBound
        for range in lost.map(\.indexes) {
            let end = min(range.lowerBound, indexes.upperBound)
            if next < end { runs.append(next..<end) }
            next = max(next, range.upperBound)
        }
        if next < indexes.upperBound { runs.append(next..<indexes.upperBound) }
        return runs
    }

    /// The metadata values, with their keys.
    package func allMetadata() throws(LogStoreError) -> [(MetadataKey, [UInt8])] {
        var all: [(MetadataKey, [UInt8])] = []
        for key in try metadataKeys() {
            if let value = try metadata(for: key) { all.append((key, value)) }
        }
        return all
    }
}
