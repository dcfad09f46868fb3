import Testing
import WALProtocol

/// Every small batch on every small log, against the rules of the contract written down a second
/// time, one entry after the other.
@Suite struct WritePlanModelTests {
    @Test(arguments: [true, false])
    func everySmallBatchDoesWhatTheRulesSay(_ enforcesTermOrder: Bool) {
        let capabilities = LogStoreCapabilities.small { $0.enforcesTermOrder = enforcesTermOrder }
        var planned = 0
        var refused = 0
        for log in smallLogs {
            for batch in smallBatches {
                let model = Result { () throws(LogStoreError) in
                    try Model(log).applying(batch, capabilities).state
                }
                let plan = Result { () throws(LogStoreError) in
                    try batch.plan(on: log.state, capabilities: capabilities, termAt: log.term)
                        .state
                }
                switch (model, plan) {
                case (.success(let expected), .success(let state)):
                    planned += 1
                    guard expected == state else {
                        Issue.record("\(log) + \(batch.summary): \(state), not \(expected)")
                        return
                    }
                case (.failure(let expected), .failure(let error)):
                    refused += 1
                    guard expected.code == error.code else {
                        Issue.record("\(log) + \(batch.summary): \(error), not \(expected)")
                        return
                    }
                default:
                    Issue.record("\(log) + \(batch.summary): \(plan), not \(model)")
                    return
                }
            }
        }
        // The numbers say that neither side of the comparison is empty.
        #expect(planned > 10_000)
        #expect(refused > 10_000)
    }

    /// Logs of up to three entries at 2…4, with and without something compacted, durable or not.
    private var smallLogs: [SmallLog] {
        var logs: [SmallLog] = []
        for terms in [[], [1], [2], [1, 1], [1, 2], [1, 1, 2], [2, 2, 2]] as [[Term]] {
            for compacted in [nil, .at(1, 1)] as [LogPosition?] {
                logs.append(SmallLog(compacted: compacted, first: 2, terms: terms))
                if !terms.isEmpty {
                    logs.append(SmallLog(compacted: compacted, first: 2, terms: terms, durable: 2))
                }
            }
        }
        return logs
    }

    private var smallBatches: [WriteBatch] {
        let positions: [LogPosition] = (LogIndex(0)...6).flatMap { index in
            (Term(0)...2).map { .at($0, index) }
        }
        var appends: [[LogPosition]] = [[]]
        for position in positions where position.term > 0 {
            appends.append([position])
            appends.append([position, .at(position.term, position.index + 1)])
            appends.append([position, .at(2, position.index + 1)])
        }
        var batches: [WriteBatch] = []
        for reset in [nil, .some(nil), .some(.at(1, 3))] as [LogPosition??] {
            for truncation in [nil, 1, 2, 3, 4, 6] as [LogIndex?] {
                for entries in appends {
                    for compaction in [nil] + positions.map(Optional.some) {
                        var batch = WriteBatch()
                        if let reset { batch.reset(to: reset) }
                        if let truncation { batch.truncate(from: truncation) }
                        for position in entries { batch.append([], at: position) }
                        if let compaction { batch.compact(through: compaction) }
                        batches.append(batch)
                    }
                }
            }
        }
        return batches
    }
}

/// A log as a list of its entries.
private struct Model {
    var compacted: LogPosition?
    var entries: [LogPosition]
    var durable: LogPosition?

    init(_ log: SmallLog) {
        compacted = log.state.compacted
        entries = log.terms.map { .at($1, $0) }.sorted { $0.index < $1.index }
        durable = log.state.durable
    }

    var state: LogState {
        LogState(
            compacted: compacted, first: entries.first?.index, last: entries.last ?? compacted,
            durable: durable)
    }

    func applying(
        _ batch: WriteBatch, _ limits: LogStoreCapabilities
    ) throws(LogStoreError) -> Model {
        var model = self
        if let reset = batch.reset {
            model = Model(compacted: reset.position)
        }
        if let from = batch.truncation { try model.truncate(from) }
        for offset in 0..<batch.entryCount {
            try model.append(batch.entryHeader(at: offset).position, limits)
        }
        if let through = batch.compaction { try model.compact(through, limits) }
        return model
    }

    private init(compacted: LogPosition?) {
        self.compacted = compacted
        entries = []
    }

    private mutating func truncate(_ from: LogIndex) throws(LogStoreError) {
        if let compacted, from <= compacted.index { throw .compacted(index: from, first: nil) }
        entries.removeAll { $0.index >= from }
        if let position = durable, position.index >= from { durable = entries.last ?? compacted }
    }

    private mutating func append(
        _ position: LogPosition, _ limits: LogStoreCapabilities
    ) throws(LogStoreError) {
        if let compacted, position.index <= compacted.index {
            throw .compacted(index: position.index, first: nil)
        }
        if let previous = entries.last ?? compacted {
            guard position.index == previous.index + 1 else {
                throw .notContiguous(expected: previous.index + 1, found: position.index)
            }
            if limits.enforcesTermOrder, position.term < previous.term {
                throw .termRegression(
                    index: position.index, expected: previous.term, found: position.term)
            }
        }
        entries.append(position)
    }

    private mutating func compact(
        _ through: LogPosition, _ limits: LogStoreCapabilities
    ) throws(LogStoreError) {
        if let compacted, through.index <= compacted.index { return }
        let conflict = LogStoreError(.positionConflict, "the model's")
        if let first = entries.first, through.index < first.index {
            guard through.index == first.index - 1 else { return }
            if limits.enforcesTermOrder, through.term > first.term { throw conflict }
        }
        for entry in entries where entry.index == through.index && entry.term != through.term {
            throw conflict
        }
        entries.removeAll { $0.index <= through.index }
        compacted = through
        if let position = durable, position.index <= through.index { durable = nil }
    }
}

extension WriteBatch {
    /// What the batch does, for the message of a failure.
    fileprivate var summary: String {
        var parts: [String] = []
        if let reset { parts.append("reset \(reset.position?.description ?? "nil")") }
        if let truncation { parts.append("truncate \(truncation)") }
        for offset in 0..<entryCount { parts.append("append \(entryHeader(at: offset).position)") }
        if let compaction { parts.append("compact \(compaction)") }
        return parts.joined(separator: ", ")
    }
}
