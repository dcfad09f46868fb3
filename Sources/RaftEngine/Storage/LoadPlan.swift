package import WALProtocol

/// What a replica makes of its log and its newest snapshot when it starts.
///
/// A crash may fall between "the snapshot is saved" and "the log is compacted or reset". And a
/// leader may have taken a snapshot of entries that the others had stored, and it had not.
package enum LoadPlan: Hashable, Sendable {
    /// The log goes on from the snapshot, or needs none: keep it.
    case keep
    /// The log ends before the snapshot or disagrees with it, so that all that it holds is covered
    /// or obsolete: drop it and go on after the snapshot.
    case reset(to: LogPosition)

    /// Decides.
    ///
    /// - Parameters:
    ///   - snapshot: The newest snapshot's position.
    ///   - log: Where the log begins and ends.
    ///   - term: The term that the log has at the snapshot's index, if it has one there.
    /// - Throws: `corrupt` if entries are missing that no snapshot covers.
    package static func decide(
        snapshot: LogPosition?, log: LogState, termAtSnapshot term: Term?
    ) throws(LogStoreError) -> LoadPlan {
        let dropped = log.compacted?.index ?? 0
        guard let snapshot else {
            guard dropped == 0 else {
                throw missing(
                    "the log begins behind its start, and there is no snapshot", after: 0,
                    through: dropped)
            }
            return .keep
        }
        guard let last = log.last, last.index >= snapshot.index else { return .reset(to: snapshot) }
        guard dropped <= snapshot.index else {
            throw missing(
                "entries between the snapshot and the log are missing", after: snapshot.index,
                through: dropped)
        }
        return term == snapshot.term ? .keep : .reset(to: snapshot)
    }

    private static func missing(
        _ what: String, after index: LogIndex, through last: LogIndex
    ) -> LogStoreError {
        LogStoreError(
            .corrupt, what + "; replace the replica, or give it back its newest snapshot",
            context: .init(
                index: index == .max ? .max : index + 1, expected: index, found: last))
    }
}
