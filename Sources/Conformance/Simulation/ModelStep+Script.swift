import WALProtocol

extension ModelStep {
    /// Whether the store is opened again in it.
    var endsLife: Bool {
        switch action {
        case .reopen, .kill, .powerCut: true
        default: false
        }
    }

    /// The step as lines of `walctl apply`; what that does not know is a comment.
    ///
    /// `walctl` makes each line durable and draws payloads of its own.
    func script(_ change: Change?, of model: Model) -> [String] {
        func append(_ entries: ArraySlice<Entry>) -> String {
            guard let first = entries.first else { return "# append nothing" }
            return "append \(entries.count) \(first.payload.count) \(first.term)"
        }
        switch (action, change) {
        case (.append, let change?):
            return change.entries.indices.map { append(change.entries[$0...$0]) }
        case (.batch, let change?): return [append(change.entries[...])]
        case (.truncate, let change?):
            guard let index = change.truncatesFrom, index > 0 else { return [] }
            return ["truncate-after \(index - 1)"]
        case (.compact, let change?):
            guard let position = change.compactsThrough else { return [] }
            return ["compact-before \(position.index + 1)"]
        case (.reset, let change?):
            guard let position = change.reset?.position else { return ["# reset to nothing"] }
            return ["reset \(position.index) \(position.term)"]
        case (.vote, _): return ["vote \(max(1, model.last?.term ?? 1)) n1"]
        case (.mistake, let change?): return ["# refused: \(change)"]
        case (.mixed, let change?), (.metadata, let change?): return ["# batch \(change)"]
        case (.flush, _): return ["# flush"]
        case (.sync, _): return ["# sync"]
        case (.reader, _): return ["# make a reader"]
        case (.reopen(let variant), _): return ["# close, open with options \(variant)"]
        case (.kill(let syncsFirst), _):
            return [(syncsFirst ? "# sync, " : "# ") + "kill, open"]
        case (.powerCut, _): return ["# power cut with seed \(salt), open"]
        case (.fault(let after, let effect), _):
            return ["# operation \(after) of the disk from here on: \(FaultCase.effects[effect])"]
        case (_, nil): return []
        }
    }
}
