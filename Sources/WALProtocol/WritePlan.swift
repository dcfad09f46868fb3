/// What a batch does to a log, worked out before anything is touched (law L5).
///
/// Every backend asks for it first (``WriteBatch/plan(on:capabilities:termAt:)``), so that the
/// rules of the contract stand in one place: no-ops are gone, and what is left is to be carried
/// out literally, in this order: ``resets``, ``truncatesFrom``, the batch's entries,
/// ``compactsThrough``, the batch's metadata changes.
public struct WritePlan: Hashable, Sendable {
    /// Whether every entry is dropped first, and the compacted position replaced.
    public var resets: Bool
    /// The first index to remove; `nil` if there is nothing to remove.
    public var truncatesFrom: LogIndex?
    /// The position to compact through; `nil` if nothing changes.
    public var compactsThrough: LogPosition?
    /// The state afterwards.
    ///
    /// `durable` is what of the durable prefix is still in the log.
    public var state: LogState
}

extension WriteBatch {
    /// Checks the whole batch against a log and says what it would do.
    ///
    /// - Parameters:
    ///   - state: The log as it is.
    ///   - capabilities: The limits that apply.
    ///   - termAt: The term of an entry that is present in `state`. It may throw what reading the
    ///     entry throws.
    /// - Returns: what is left to do.
    /// - Throws: the first reason to refuse the batch: `indexOutOfRange`, `compacted`,
    ///   `notContiguous`, `termRegression`, `entryTooLarge`, `batchTooLarge`, `metadataTooLarge`,
    ///   `positionConflict`, `invalidArgument`.
    /// - Complexity: O(entries + metadata changes).
    public func plan(
        on state: LogState, capabilities: LogStoreCapabilities,
        termAt: (LogIndex) throws(LogStoreError) -> Term
    ) throws(LogStoreError) -> WritePlan {
        try checkSizes(capabilities)
        var plan = WritePlan(resets: false, state: state)
        if let reset { try applyReset(reset, capabilities, to: &plan) }
        if let truncation { try applyTruncation(truncation, termAt, to: &plan) }
        try applyAppends(capabilities, to: &plan)
        if let compaction { try applyCompaction(compaction, capabilities, termAt, to: &plan) }
        return plan
    }

    private func checkSizes(_ limits: LogStoreCapabilities) throws(LogStoreError) {
        for change in metadataChanges {
            let keyByteCount = change.key.name.utf8.count
            guard keyByteCount > 0 else {
                throw .invalidArgument("a metadata key has to hold at least one byte")
            }
            guard keyByteCount <= MetadataKey.maximumByteCount else {
                throw .metadataTooLarge(
                    "the metadata key", byteCount: keyByteCount,
                    limit: MetadataKey.maximumByteCount)
            }
            let valueByteCount = change.value?.count ?? 0
            guard valueByteCount <= limits.maximumMetadataValueByteCount else {
                throw .metadataTooLarge(
                    "the value of \(change.key)", byteCount: valueByteCount,
                    limit: limits.maximumMetadataValueByteCount)
            }
        }
        for slot in slots where slot.end - slot.start > limits.maximumEntryByteCount {
            throw .entryTooLarge(
                index: slot.position.index, byteCount: slot.end - slot.start,
                limit: limits.maximumEntryByteCount)
        }
        guard byteCount <= limits.maximumBatchByteCount else {
            throw .batchTooLarge(byteCount: byteCount, limit: limits.maximumBatchByteCount)
        }
    }

    private func applyReset(
        _ reset: Reset, _ limits: LogStoreCapabilities, to plan: inout WritePlan
    ) throws(LogStoreError) {
        if let position = reset.position { try limits.checkIndex(position.index) }
        plan.resets = true
        plan.state = LogState(compacted: reset.position, last: reset.position)
    }

    private func applyTruncation(
        _ from: LogIndex, _ termAt: (LogIndex) throws(LogStoreError) -> Term,
        to plan: inout WritePlan
    ) throws(LogStoreError) {
        if let compacted = plan.state.compacted, from <= compacted.index {
            throw .compacted(index: from, first: plan.state.first)
        }
        guard let first = plan.state.first, let last = plan.state.last, from <= last.index else {
            return
        }
        plan.truncatesFrom = max(from, first)
        if from <= first {
            plan.state.first = nil
            plan.state.last = plan.state.compacted
        } else {
            plan.state.last = LogPosition(term: try termAt(from - 1), index: from - 1)
        }
        if let durable = plan.state.durable, durable.index >= from {
            plan.state.durable = plan.state.last
        }
    }

    private func applyAppends(
        _ limits: LogStoreCapabilities, to plan: inout WritePlan
    ) throws(LogStoreError) {
        for slot in slots {
            try plan.state.checkAppend(at: slot.position, limits)
            if plan.state.first == nil { plan.state.first = slot.position.index }
            plan.state.last = slot.position
        }
    }

    private func applyCompaction(
        _ through: LogPosition, _ limits: LogStoreCapabilities,
        _ termAt: (LogIndex) throws(LogStoreError) -> Term, to plan: inout WritePlan
    ) throws(LogStoreError) {
        try limits.checkIndex(through.index)
        if let compacted = plan.state.compacted, through.index <= compacted.index { return }
        if let first = plan.state.first, let last = plan.state.last, through.index <= last.index {
            if through.index < first {
                // Only the position right before the first entry can be recorded: anything lower
                // would declare a hole.
                guard through.index + 1 == first else { return }
                let term = try term(of: first, termAt)
                guard through.term <= term || !limits.enforcesTermOrder else {
                    throw .positionConflict(
                        index: through.index, expected: term, found: through.term)
                }
            } else {
                let term = try term(of: through.index, termAt)
                guard through.term == term else {
                    throw .positionConflict(
                        index: through.index, expected: term, found: through.term)
                }
            }
            plan.state.first = through.index == last.index ? nil : max(first, through.index + 1)
        } else {
            plan.state.first = nil
            plan.state.last = through
        }
        plan.compactsThrough = through
        plan.state.compacted = through
        if let durable = plan.state.durable, durable.index <= through.index {
            plan.state.durable = nil
        }
    }

    /// The term of an entry that is in the batch, or else in the log.
    private func term(
        of index: LogIndex, _ termAt: (LogIndex) throws(LogStoreError) -> Term
    ) throws(LogStoreError) -> Term {
        // The appends were checked: the slots are consecutive. What is not in them is in the log.
        if let start = slots.first?.position.index, index >= start,
            index - start < UInt64(slots.count)
        {
            return slots[Int(index - start)].position.term
        }
        return try termAt(index)
    }
}

extension LogState {
    /// Checks that an entry may come next: its index, and its term if the store enforces it.
    ///
    /// - Throws: `indexOutOfRange`, `compacted`, `notContiguous` or `termRegression`.
    public func checkAppend(
        at position: LogPosition, _ limits: LogStoreCapabilities
    ) throws(LogStoreError) {
        try limits.checkIndex(position.index)
        guard let last, let next else { return }
        guard position.index == next else {
            if let compacted, position.index <= compacted.index {
                throw .compacted(index: position.index, first: first)
            }
            throw .notContiguous(expected: next, found: position.index)
        }
        guard position.term >= last.term || !limits.enforcesTermOrder else {
            throw .termRegression(
                index: position.index, expected: last.term, found: position.term)
        }
    }

    /// Checks that an entry can be read.
    ///
    /// - Throws: `compacted` below the first entry, `unavailable` beyond the last one.
    @inlinable
    public func checkRead(at index: LogIndex) throws(LogStoreError) {
        if let first, let last, index >= first, index <= last.index { return }
        throw readError(at: index)
    }

    /// Why an index that is not present cannot be read.
    public func readError(at index: LogIndex) -> LogStoreError {
        isBelowStart(index)
            ? .compacted(index: index, first: first) : .unavailable(index: index, next: next)
    }

    /// Whether an index lies before everything the log can still answer for.
    private func isBelowStart(_ index: LogIndex) -> Bool {
        if let first { return index < first }
        if let compacted { return index <= compacted.index }
        return false
    }

    /// The part of a range that is present, or why the range cannot be read.
    ///
    /// The end of the range may lie anywhere: a read gives what there is. The start may not lie
    /// below what is present.
    ///
    /// - Throws: `compacted` if the range starts below the first entry, or at or below the compacted
    ///   position.
    public func readableRange(
        _ range: Range<LogIndex>
    ) throws(LogStoreError) -> Range<LogIndex> {
        guard !range.isEmpty else { return range }
        guard !isBelowStart(range.lowerBound) else {
            throw .compacted(index: range.lowerBound, first: first)
        }
        let end = min(range.upperBound, indexes.upperBound)
        return range.lowerBound..<max(range.lowerBound, end)
    }
}

extension LogStoreCapabilities {
    /// Checks that an index is one the store can hold.
    ///
    /// - Throws: `indexOutOfRange`.
    public func checkIndex(_ index: LogIndex) throws(LogStoreError) {
        guard index >= minimumIndex, index < LogIndex.max else {
            throw .indexOutOfRange(index, minimum: minimumIndex)
        }
    }
}
