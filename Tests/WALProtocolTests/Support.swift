import WALProtocol

/// A log as plain values, to plan batches on.
struct SmallLog {
    var state: LogState
    var terms: [LogIndex: Term]

    /// A log of entries with these terms, the first of them at an index.
    init(
        compacted: LogPosition? = nil, first: LogIndex = 1, terms list: [Term] = [],
        durable: LogIndex? = nil
    ) {
        state = LogState(compacted: compacted, last: compacted)
        terms = [:]
        for (offset, term) in list.enumerated() {
            let index = first + LogIndex(offset)
            terms[index] = term
            state.last = LogPosition(term: term, index: index)
        }
        if !list.isEmpty { state.first = first }
        state.durable = durable.map { LogPosition(term: terms[$0] ?? 0, index: $0) }
    }

    /// The term of a present entry; asking for any other is a bug of the plan.
    func term(at index: LogIndex) throws(LogStoreError) -> Term {
        guard let term = terms[index] else {
            throw LogStoreError(.io, "the plan asked for the term of absent entry \(index)")
        }
        return term
    }

    /// What a batch would do.
    func plan(
        _ capabilities: LogStoreCapabilities = .small, _ build: (inout WriteBatch) -> Void
    ) throws(LogStoreError) -> WritePlan {
        var batch = WriteBatch()
        build(&batch)
        return try batch.plan(on: state, capabilities: capabilities, termAt: term)
    }

    /// Why a batch is refused; `nil` if it is not.
    func refusal(
        _ capabilities: LogStoreCapabilities = .small, _ build: (inout WriteBatch) -> Void
    ) -> LogStoreError? {
        failure { () throws(LogStoreError) in try plan(capabilities, build) }
    }
}

extension LogStoreCapabilities {
    /// Limits that a test can exceed cheaply.
    static let small = LogStoreCapabilities(
        name: "small", maximumEntryByteCount: 16, maximumBatchByteCount: 64,
        maximumMetadataValueByteCount: 8, maximumMetadataTotalByteCount: 32)

    /// The same, with one thing changed.
    static func small(_ change: (inout LogStoreCapabilities) -> Void) -> LogStoreCapabilities {
        var capabilities = small
        change(&capabilities)
        return capabilities
    }
}

extension LogPosition {
    /// `term.index`, as Raft papers write it.
    static func at(_ term: Term, _ index: LogIndex) -> LogPosition {
        LogPosition(term: term, index: index)
    }
}

/// The error that `body` throws; `nil` if it throws none.
func failure<R>(of body: () throws(LogStoreError) -> R) -> LogStoreError? {
    do throws(LogStoreError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
