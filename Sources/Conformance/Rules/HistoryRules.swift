import WALProtocol

extension Rule {
    /// Long random histories against the model.
    static let histories: [Rule] = [
        Rule(
            "history.random", 81,
            contract:
                "After any sequence of changes, crashes and openings the log is what it must be."
        ) { trial in
            for round in 0..<4 {
                var history = RandomHistory(random: SeededGenerator(seed: trial.random.next()))
                let log = try trial.log()
                for step in 0..<250 {
                    let what = try history.step(on: log, variants: trial.suite.variants)
                    if step % 5 == 0 || what != "append" {
                        try log.check("round \(round), step \(step), after \(what)")
                    }
                }
            }
        },
        Rule(
            "history.largeEntries", 81,
            contract: "The same with entries and batches that span files."
        ) { trial in
            let rotation = try trial.rotationByteCount()
            var history = RandomHistory(random: SeededGenerator(seed: trial.random.next()))
            history.maximumSize = rotation / 3
            let log = try trial.log()
            for step in 0..<200 {
                let what = try history.step(on: log, variants: trial.suite.variants)
                try log.check("step \(step), after \(what)")
            }
        },
    ]
}

/// Draws one legal change after another.
struct RandomHistory {
    var random: SeededGenerator
    var maximumSize = 300
    /// Whether the process may die; what is left of the log then differs from store to store.
    var crashes = true

    /// Does one thing to a log.
    ///
    /// - Returns: what it was.
    mutating func step(
        on log: TestedLog, variants: [LogStoreSuite.Opening]
    ) throws -> String {
        let roll = Int.random(in: 0..<100, using: &random)
        switch roll {
        case ..<45:
            try log.append(entries(after: log.model, count: 1...4))
            return "append"
        case ..<60:
            try log.write(change(of: log.model))
            return "batch"
        case ..<68:
            guard let index = index(in: log.model, below: 3, above: 3) else { return "nothing" }
            try log.truncate(from: index)
            return "truncate from \(index)"
        case ..<75:
            guard let position = compaction(of: log.model) else { return "nothing" }
            try log.compact(through: position.index, term: position.term)
            return "compact through \(position)"
        case ..<77:
            let term = (log.model.last?.term ?? 0) &+ UInt64.random(in: 0...1, using: &random)
            let index = UInt64.random(in: 0...500, using: &random)
            let position = roll == 75 ? nil : LogPosition(term: term, index: index + 1)
            try log.reset(to: position)
            return "reset to \(text(position))"
        case ..<83:
            try log.setMetadata(value(), for: MetadataKey("k\(roll)"))
            return "metadata"
        case ..<90:
            try log.sync()
            return "sync"
        case ..<93:
            try log.store().flush()
            return "flush"
        case ..<97 where crashes:
            try log.crash("after a crash")
            return "crash"
        default:
            try log.reopen(with: variants.randomElement(using: &random))
            return "reopen"
        }
    }

    private mutating func value() -> [UInt8]? {
        let size = Int.random(in: -1...100, using: &random)
        return size < 0
            ? nil : [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: size)
    }

    private mutating func entries(after model: Model, count: ClosedRange<UInt64>) -> [Entry] {
        let term = (model.last?.term ?? 0) &+ (Int.random(in: 0..<8, using: &random) == 0 ? 1 : 0)
        let start = model.next ?? UInt64.random(in: 1...50, using: &random)
        let salt = random.next()
        let number = UInt64.random(in: count, using: &random)
        return (start..<(start + number)).map { index in
            let size = Int.random(in: 0...maximumSize, using: &random)
            return Entry(
                position: LogPosition(term: term, index: index),
                kind: EntryKind(rawValue: UInt8(truncatingIfNeeded: index)),
                payload: Payloads.make(index, size: size, salt: salt))
        }
    }

    /// An index somewhere around the log, but above what was compacted.
    private mutating func index(
        in model: Model, below: UInt64, above: UInt64
    ) -> LogIndex? {
        guard let last = model.last else { return nil }
        let lowest = model.compacted.map { $0.index + 1 } ?? model.first ?? 1
        let start = max(lowest, last.index > 12 ? last.index - 12 : 0)
        return UInt64.random(in: start...max(start, last.index + above), using: &random)
    }

    private mutating func compaction(of model: Model) -> LogPosition? {
        if Int.random(in: 0..<12, using: &random) == 0, let last = model.last {
            return LogPosition(
                term: last.term, index: last.index + UInt64.random(in: 1...9, using: &random))
        }
        return model.entries.prefix(max(1, model.entries.count * 2 / 3))
            .randomElement(using: &random)?.position
    }

    /// A batch of several kinds of change.
    private mutating func change(of model: Model) -> Change {
        var change = Change()
        var after = model
        if Int.random(in: 0..<4, using: &random) == 0 {
            change.truncatesFrom = index(in: model, below: 0, above: 2)
            after.apply(change)
        }
        if Int.random(in: 0..<5, using: &random) > 0 {
            change.entries = entries(after: after, count: 1...12)
            after.apply(Change(entries: change.entries))
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            change.compactsThrough = compaction(of: after)
        }
        if Int.random(in: 0..<3, using: &random) == 0 {
            change.metadata = [("a", value()), ("b", value()), ("a", value())]
        }
        return change
    }
}
