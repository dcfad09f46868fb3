/// What a backend gets for nothing until it can do better.
///
/// Each is correct for every store; the backends of this package have faster ones of their own.
extension LogReading {
    /// The term of an entry, read with it, or of the compacted position.
    ///
    /// - Complexity: as ``withEntry(at:_:)``. An engine asks for terms often: keep them at hand.
    public func term(at index: LogIndex) throws(LogStoreError) -> Term {
        do throws(LogStoreError) {
            return try withEntry(at: index) { (header, _) throws(LogStoreError) in
                header.position.term
            }
        } catch {
            // Asked for afterwards, so that a compaction in between is not missed.
            guard error.code == .compacted, let compacted = state.compacted,
                compacted.index == index
            else { throw error }
            return compacted.term
        }
    }
}

extension LogStore {
    /// Appends one entry, as a batch of one.
    ///
    /// - Complexity: a copy of the payload more than an append needs.
    public func append(
        _ payload: RawSpan, at position: LogPosition, kind: EntryKind
    ) throws(LogStoreError) {
        var batch = WriteBatch()
        batch.append(payload, at: position, kind: kind)
        try write(batch)
    }

    /// Memory, and one file.
    public var statistics: StoreStatistics { StoreStatistics(memoryFootprint: memoryFootprint) }

    /// As ``sync()``: what survives the loss of power survives the death of the process.
    public func flush() throws(LogStoreError) { try sync() }
}
