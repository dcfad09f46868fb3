import RaftWAL

extension Operation {
    /// The most entries that one operation appends, so that the batch fits into memory.
    static let entryCountLimit: UInt64 = 1 << 22

    /// Carries the operation out and makes it durable.
    ///
    /// - Throws: what the store throws; `batchTooLarge` before anything is allocated. A refused
    ///   operation has no effect.
    func apply(to store: any LogStore) throws(LogStoreError) {
        var batch = WriteBatch()
        switch self {
        case .append(let count, let size, let term):
            try Self.fill(&batch, count: count, size: size, term: term, store)
        case .truncate(let index):
            // Nothing lies beyond the greatest index.
            if index < .max { batch.truncate(from: index + 1) }
        case .compact(let index):
            if let position = try Self.position(before: index, store) {
                batch.compact(through: position)
            }
        case .vote(let term, let node):
            batch.setHardState(HardState(currentTerm: term, votedFor: Array(node.utf8)))
        case .reset(let position):
            batch.reset(to: position)
        }
        if !batch.isEmpty { try store.write(batch) }
        try store.sync()
    }

    private static func fill(
        _ batch: inout WriteBatch, count: UInt64, size: UInt64, term: Term, _ store: any LogStore
    ) throws(LogStoreError) {
        let limits = store.capabilities
        let start = store.state.next ?? 1
        if count > 0, size > limits.maximumEntryByteCount {
            throw .entryTooLarge(
                index: start, byteCount: Int(clamping: size), limit: limits.maximumEntryByteCount)
        }
        let total = count.multipliedReportingOverflow(by: size)
        guard !total.overflow, total.partialValue <= limits.maximumBatchByteCount else {
            throw .batchTooLarge(
                byteCount: total.overflow ? .max : Int(clamping: total.partialValue),
                limit: limits.maximumBatchByteCount)
        }
        guard count <= entryCountLimit else {
            throw .invalidArgument("an operation appends at most \(entryCountLimit) entries")
        }
        guard start.addingReportingOverflow(count).overflow == false else {
            throw .indexOutOfRange(.max, minimum: limits.minimumIndex)
        }
        batch.reserve(entryCount: Int(count), payloadByteCount: Int(total.partialValue))
        for index in start..<start + count {
            batch.append(
                GeneratedPayload.bytes(index: index, term: term, count: Int(size)),
                at: LogPosition(term: term, index: index))
        }
    }

    /// The position to compact through so that an index is the first one left; `nil` if nothing
    /// lies before it.
    ///
    /// Beyond the end, where no entry has a term, it is the last one's.
    private static func position(
        before index: LogIndex, _ store: any LogStore
    ) throws(LogStoreError) -> LogPosition? {
        let state = store.state
        guard let last = state.last, index > (state.first ?? last.index + 1) else { return nil }
        let through = index - 1
        let term = through <= last.index ? try store.term(at: through) : last.term
        return LogPosition(term: term, index: through)
    }
}
