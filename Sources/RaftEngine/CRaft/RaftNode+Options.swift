#if CRaft
    extension RaftNode {
        /// How a node behaves; the same on every member, if there is no reason.
        public struct Options: Sendable {
            /// How long a follower waits for its leader before it stands for election, at least;
            /// at most twice as long.
            public var electionTimeoutMilliseconds: UInt32 = 1_000
            /// How often a leader that has nothing to say says so.
            public var heartbeatMilliseconds: UInt32 = 100
            /// After which time a leader sends a snapshot again that nobody confirmed.
            public var snapshotTimeoutMilliseconds: UInt32 = 5_000
            /// How long to wait before connecting to a member again.
            public var reconnectMilliseconds: UInt32 = 500
            /// The entries after which a snapshot is taken.
            public var snapshotThreshold: UInt32 = 8_192
            /// The entries that stay in the log before a snapshot, for members that are a little
            /// behind.
            public var trailingEntryCount: UInt32 = 1_024
            /// Whether a candidate asks first whether it could win, so that a member that comes
            /// back does not depose the leader.
            public var asksBeforeElections = true
            /// The members that a cluster begins with.
            ///
            /// Used if the replica has neither a log nor a snapshot, and otherwise not looked at.
            /// The same on each of them; `nil` for a replica that is added to a cluster later.
            public var bootstrapMembers: [Member]?
            /// Called when the node stops by itself after it has started, with the reason, on a thread
            /// of the node's.
            public var onFailure: (@Sendable (RaftError) -> Void)?

            /// The defaults.
            public init() {}

            func validate() throws(RaftError) {
                let times = 1...600_000 as ClosedRange<UInt32>
                guard
                    [
                        electionTimeoutMilliseconds, heartbeatMilliseconds,
                        snapshotTimeoutMilliseconds, reconnectMilliseconds,
                    ].allSatisfy(times.contains),
                    heartbeatMilliseconds < electionTimeoutMilliseconds
                else {
                    throw RaftError(
                        .invalidArgument,
                        "times are from 1 ms to ten minutes, and elections slower than heartbeats")
                }
                guard snapshotThreshold > 0, trailingEntryCount > 0 else {
                    throw RaftError(
                        .invalidArgument, "snapshotThreshold and trailingEntryCount are at least 1")
                }
            }
        }
    }
#endif
