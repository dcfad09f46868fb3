import WALProtocol

/// Everything that a store accepted since it was opened, and how much of it must have survived.
///
/// After a crash a log has to be one of these states, and none before the last acknowledgement
/// (law L3). A change that was refused is in none of them, so that it cannot surface unnoticed.
struct SubmittedHistory {
    /// What the log held when it was opened, and after each change.
    private(set) var states: [Model] = [Model()]
    /// The first state that the death of the process may leave.
    private(set) var flushed = 0
    /// The first state that the loss of power may leave.
    private(set) var synced = 0

    /// What the log holds.
    var current: Model { states[states.count - 1] }

    mutating func submit(_ change: Change) {
        var next = current
        next.apply(change)
        states.append(next)
    }

    mutating func noteFlushed() { flushed = states.count - 1 }

    mutating func noteSynced() {
        flushed = states.count - 1
        synced = flushed
    }

    /// What only the operating system had is gone.
    mutating func notePowerCut() { flushed = synced }

    /// Recovery made what it found durable.
    mutating func restart(from found: Model) {
        states = [found]
        flushed = 0
        synced = 0
    }

    /// Says what is wrong with what a crash left, if anything is.
    ///
    /// - Parameter floor: The first state that is allowed.
    func complaint(about found: Model, floor: Int) -> String? {
        guard !states[floor...].contains(found) else { return nil }
        if let lost = states[..<floor].lastIndex(of: found) {
            return "\(found.summary) is change \(lost) of \(states.count - 1), "
                + "and change \(floor) was acknowledged: \(states[floor].summary)"
        }
        return "\(found.summary) was never the state of the log; \(states.count - 1) changes led "
            + "from \(states[floor].summary), which was acknowledged, to \(current.summary)"
    }

    /// Whether a position that a store calls durable was covered by a sync.
    func isDurable(_ position: LogPosition) -> Bool {
        states[synced].has(position)
    }
}

extension Model {
    /// Whether a position is in the log, or was dropped from its front.
    func has(_ position: LogPosition) -> Bool {
        if let compacted, position.index <= compacted.index { return true }
        return entry(at: position.index)?.position == position
    }
}
