import WALProtocol

/// One thing that a random run does to a store.
///
/// Where it strikes follows from what the log holds, so that a step still makes sense when others
/// before it are left out.
struct ModelStep: Sendable {
    enum Action: Sendable {
        /// Appends entries one by one.
        case append(count: Int, size: Int, raisesTerm: Bool)
        case batch(count: Int, size: Int, raisesTerm: Bool)
        /// Any of truncating, appending, compacting and metadata, in one batch.
        case mixed(parts: UInt64)
        /// Drops so many entries from the end.
        case truncate(count: Int)
        /// Drops so many eighths of the log from the front; more than eight go beyond its end.
        case compact(eighths: Int)
        /// To a position this far ahead, or to nothing.
        case reset(ahead: UInt64?)
        case vote
        case metadata(key: Int, size: Int?)
        /// Something that has to be refused.
        case mistake(kind: Int)
        case flush, sync
        /// Makes a reader, which from then on has to agree with the store.
        case reader
        /// Closes the store, and opens it in one of the ways there are.
        case reopen(variant: Int)
        /// The process dies. What was not written out is lost.
        case kill(syncsFirst: Bool)
        case powerCut
        /// One operation of the disk fails, so many from now.
        case fault(after: Int, effect: Int)
    }

    var action: Action
    /// Makes the payloads differ from all others, and decides what a power cut leaves.
    var salt: UInt64
}

extension ModelStep {
    /// What kinds of step there are.
    struct Menu: Sendable {
        var allowsPowerCuts = false
        var allowsFaults = false
        /// Whether several stores have to agree, so that no two may lose different things.
        var syncsBeforeKills = false
        var variantCount = 1
        var maximumSize = 400
    }

    /// Draws a step.
    static func random(_ menu: Menu, using random: inout SeededGenerator) -> ModelStep {
        func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
        func size() -> Int { draw(0...draw(0...menu.maximumSize)) }
        let raises = draw(0...9) == 0
        let action: Action
        switch draw(0...999) {
        case ..<440: action = .append(count: draw(1...3), size: size(), raisesTerm: raises)
        case ..<530: action = .batch(count: draw(1...8), size: size(), raisesTerm: raises)
        case ..<600: action = .mixed(parts: random.next())
        case ..<660: action = .truncate(count: draw(0...draw(1...12)))
        case ..<720: action = .compact(eighths: draw(0...20) == 0 ? 9 : draw(0...6))
        case ..<728: action = .reset(ahead: draw(0...3) == 0 ? nil : UInt64(draw(0...100)))
        case ..<750: action = .vote
        case ..<790: action = .metadata(key: draw(0...4), size: draw(0...4) == 0 ? nil : size())
        case ..<830: action = .mistake(kind: draw(0...Mistake.count - 1))
        case ..<860: action = .flush
        case ..<930: action = .sync
        case ..<945: action = .reader
        case ..<963: action = .reopen(variant: draw(0...max(0, menu.variantCount - 1)))
        case ..<976: action = .kill(syncsFirst: menu.syncsBeforeKills)
        case ..<986: action = menu.allowsPowerCuts ? .powerCut : .sync
        default:
            action =
                menu.allowsFaults
                ? .fault(after: draw(0...12), effect: draw(0...FaultCase.effects.count - 1))
                : .flush
        }
        return ModelStep(action: action, salt: random.next())
    }

    // MARK: - What it changes

    /// What it writes to a log that holds this; `nil` if it writes nothing.
    func change(of model: Model) -> Change? {
        switch action {
        case .append(let count, let size, let raisesTerm),
            .batch(let count, let size, let raisesTerm):
            return Change(entries: entries(after: model, count, size: size, raisesTerm))
        case .truncate(let count):
            guard model.last != nil else { return nil }
            return Change(truncatesFrom: tail(of: model, count))
        case .compact(let eighths): return compaction(of: model, eighths)
        case .reset(nil): return Change(reset: WriteBatch.Reset(to: nil))
        case .reset(let ahead?):
            let last = model.last ?? LogPosition(term: 1, index: 0)
            return Change(
                reset: WriteBatch.Reset(
                    to: LogPosition(term: last.term + 1, index: last.index + 1 + ahead)))
        case .vote:
            var batch = WriteBatch()
            batch.setHardState(HardState(currentTerm: term(of: model), votedFor: [0x6e, 0x31]))
            return Change(metadata: batch.metadataChanges.map { ($0.key, $0.value) })
        case .metadata(let key, let size):
            return Change(
                metadata: [(MetadataKey("k\(key)"), size.map { Payloads.make(salt, size: $0) })])
        case .mixed(let parts): return mixture(parts, model)
        default: return nil
        }
    }

    private func mixture(_ parts: UInt64, _ model: Model) -> Change? {
        var change = Change()
        var after = model
        if parts & 1 != 0, model.last != nil {
            change.truncatesFrom = tail(of: model, Int(parts >> 8 & 7))
            after.apply(change)
        }
        if parts & 6 != 0 {
            change.entries = entries(
                after: after, Int(parts >> 12 & 7) + 1, size: Int(parts >> 16 & 255),
                parts & 1 << 24 != 0)
            after.apply(Change(entries: change.entries))
        }
        if parts & 24 == 24 {
            change.compactsThrough = compaction(of: after, Int(parts >> 28 & 7))?.compactsThrough
        }
        if parts & 32 != 0 {
            change.metadata = [
                ("a", Payloads.make(salt, size: Int(parts >> 32 & 63))),
                ("b", parts & 64 != 0 ? nil : [UInt8(truncatingIfNeeded: parts)]),
            ]
        }
        let isEmpty =
            change.truncatesFrom == nil && change.entries.isEmpty && change.metadata.isEmpty
            && change.compactsThrough == nil
        return isEmpty ? nil : change
    }

    private func term(of model: Model) -> Term { max(1, model.last?.term ?? 1) }

    private func entries(
        after model: Model, _ count: Int, size: Int, _ raisesTerm: Bool
    ) -> [Entry] {
        let term = term(of: model) + (raisesTerm ? 1 : 0)
        let next = model.next ?? 1 + salt % 9
        return (0..<UInt64(count)).map {
            Entry(
                position: LogPosition(term: term, index: next + $0),
                kind: EntryKind(rawValue: UInt8(salt & 3)),
                payload: Payloads.make(next + $0, size: size, salt: salt))
        }
    }

    /// The first of the last `count` entries.
    private func tail(of model: Model, _ count: Int) -> LogIndex {
        (model.next ?? 1) - UInt64(min(count, model.entries.count))
    }

    private func compaction(of model: Model, _ eighths: Int) -> Change? {
        guard let last = model.last else { return nil }
        if eighths > 8 {
            return Change(
                compactsThrough: LogPosition(term: last.term, index: last.index + 1 + salt % 5))
        }
        let place = model.entries.count * eighths / 8
        guard place < model.entries.count else { return nil }
        return Change(compactsThrough: model.entries[place].position)
    }
}

/// A call that every store has to refuse, and how.
struct Mistake {
    static let count = 6

    var change: Change
    var code: LogStoreError.Code

    /// - Returns: `nil` if the log offers no occasion for it.
    init?(kind: Int, in model: Model) {
        guard let last = model.last, let next = model.next else { return nil }
        func entry(_ index: LogIndex, _ term: Term) -> Change {
            Change(entries: [Entry(position: LogPosition(term: term, index: index), payload: [1])])
        }
        switch kind {
        case 0: (change, code) = (entry(next + 1, last.term), .notContiguous)
        case 1 where !model.entries.isEmpty:
            (change, code) = (entry(last.index, last.term), .notContiguous)
        case 2 where last.term > 0: (change, code) = (entry(next, last.term - 1), .termRegression)
        case 3:
            guard let compacted = model.compacted else { return nil }
            (change, code) = (Change(truncatesFrom: compacted.index), .compacted)
        case 4 where !model.entries.isEmpty:
            change = Change(
                compactsThrough: LogPosition(term: last.term + 1, index: last.index))
            code = .positionConflict
        case 5:
            // A batch is refused as a whole, whatever good is in it.
            change = entry(next, last.term)
            change.entries.append(
                Entry(position: LogPosition(term: last.term, index: next + 2), payload: [2]))
            change.metadata = [("refused", [1])]
            code = .notContiguous
        default: return nil
        }
    }
}
