import WALProtocol

/// Everything that was submitted to a store, in order, and how much of it is durable: law L3 in the
/// form in which it can be checked.
///
/// A recovered store has to be in one of ``states``, at or behind ``acknowledged``.
struct History: Sendable {
    /// The log after none, one, two, … of the changes.
    private(set) var states: [Model]
    /// The number of changes that are known to be on stable storage.
    private(set) var acknowledged = 0
    /// Tells states with the same number apart, before and after a crash.
    private(set) var crashCount = 0

    init(_ start: Model = Model()) { states = [start] }

    /// The log with all changes.
    var model: Model { states[states.count - 1] }

    /// The number of changes.
    var submitted: Int { states.count - 1 }

    /// Which states a crash may leave.
    var allowed: ClosedRange<Int> { acknowledged...submitted }

    mutating func submit(_ change: Change) {
        var next = model
        next.apply(change)
        states.append(next)
    }

    /// Takes the last change back: it was refused.
    mutating func retract() { states.removeLast() }

    /// Everything is durable.
    mutating func acknowledge() { acknowledged = submitted }

    /// A crash left the first `count` changes, and the store says whether they are durable now.
    mutating func rewind(to count: Int, isDurable: Bool) {
        crashCount += 1
        states.removeLast(submitted - count)
        acknowledged = isDurable ? count : min(acknowledged, count)
    }

    /// Which of the allowed states a store is in; the latest, if several are the same.
    func index(of found: Model) -> Int? { allowed.reversed().first { states[$0] == found } }
}

extension Model: Equatable {
    static func == (lhs: Model, rhs: Model) -> Bool {
        lhs.compacted == rhs.compacted && lhs.entries == rhs.entries
            && lhs.metadata == rhs.metadata
    }

    /// Everything that a log answers.
    init(reading log: some LogReading) throws {
        self.init()
        let state = log.state
        compacted = state.compacted
        if let first = state.first, let last = state.last {
            entries.reserveCapacity(Int(clamping: last.index - first + 1))
            var next = first
            while next <= last.index {
                let from = next
                next = try log.visitEntries(in: from..<last.index + 1) { header, payload in
                    entries.append(
                        Entry(
                            position: header.position, kind: header.kind,
                            payload: payload.withUnsafeBytes { [UInt8]($0) }))
                }
                guard next > from else {
                    throw IncompleteRead(first: from, last: last.index, count: entries.count)
                }
            }
            guard entries.first?.index == first, entries.last?.position == last,
                UInt64(entries.count) == last.index - first + 1
            else { throw IncompleteRead(first: first, last: last.index, count: entries.count) }
        }
        for key in try log.metadataKeys() { metadata[key] = try log.metadata(for: key) }
    }

    /// A line that says what it holds.
    var summary: String {
        "compacted \(text(compacted)), entries \(text(first))…\(text(last)), "
            + "metadata \(metadata.mapValues(\.count))"
    }
}

/// A read that succeeded without returning everything it should have.
struct IncompleteRead: Error {
    var first: LogIndex
    var last: LogIndex
    var count: Int
}
