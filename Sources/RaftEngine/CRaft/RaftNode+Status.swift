#if CRaft
    internal import CRaftLibrary
    public import WALProtocol

    extension RaftNode {
        /// What a node can tell of itself and its cluster.
        public struct Status: Hashable, Sendable {
            /// What the node is at the moment.
            public enum State: String, Hashable, Sendable {
                /// It takes no part.
                case stopped
                /// It follows a leader, or waits for one.
                case follower
                /// It stands for election.
                case candidate
                /// It leads.
                case leader
            }

            /// What the node is.
            public var state = State.stopped
            /// The latest term it has seen.
            public var term: Term = 0
            /// Who leads, as far as it knows.
            public var leader: Member?
            /// The last entry of its log.
            public var last: LogIndex = 0
            /// The last entry that it knows to be committed.
            public var committed: LogIndex = 0
            /// The last entry that was applied to its state machine.
            public var applied: LogIndex = 0
            /// The last entry that its newest snapshot covers; 0 without one.
            public var snapshot: LogIndex = 0
            /// The members, as it knows them.
            public var members: [Member] = []
            /// How far the log of each member is known to be the leader's; empty on others.
            public var matched: [UInt64: LogIndex] = [:]
            /// The entries that the node has stored since it started.
            public var storedEntryCount = 0
            /// The syncs that made them durable; those of term and vote are not counted.
            public var syncCount = 0
            /// How often its log had a conflicting end cut off.
            public var truncationCount = 0
            /// How often a snapshot of the leader replaced its log.
            public var resetCount = 0
            /// Why the last snapshot was not saved: the disk is full, and the log grows; `nil` if
            /// it was.
            public var snapshotFailure: RaftError?
        }

        /// What the node can tell now; nothing if it was stopped.
        public var status: Status {
            get async {
                let result: Status? = try? await run { (core, done) in
                    done(.success(core.status()))
                }
                return result ?? Status()
            }
        }

        /// Who leads, as far as this node knows.
        public var leader: Member? {
            get async { await status.leader }
        }
    }

    extension NodeCore {
        func status() -> RaftNode.Status {
            var status = RaftNode.Status()
            // The engine frees what it knew while it stops.
            guard phase == .running else { return status }
            let raft = raft.pointee
            status.state =
                switch Int(raft.state) {
                case RAFT_FOLLOWER: .follower
                case RAFT_CANDIDATE: .candidate
                case RAFT_LEADER: .leader
                default: .stopped
                }
            status.term = raft.current_term
            status.members = EngineMemory.members(raft.configuration)
            var leader: raft_id = 0
            var address: UnsafePointer<CChar>?
            if status.state != .stopped { raft_leader(self.raft, &leader, &address) }
            if leader > 0 {
                status.leader =
                    status.members.first { $0.id == leader }
                    ?? Member(id: leader, address: address.map { String(cString: $0) } ?? "")
            }
            status.last = raft_last_index(self.raft)
            status.committed = raft.commit_index
            status.applied = raft.last_applied
            status.snapshot = raft.log.snapshot.last_index
            if status.state == .leader, let progress = raft.leader_state.progress {
                for (offset, member) in status.members.enumerated() {
                    status.matched[member.id] = progress[offset].match_index
                }
            }
            let counts = storage.statistics
            status.storedEntryCount = counts.entryCount
            status.syncCount = counts.syncCount
            status.truncationCount = counts.truncationCount
            status.resetCount = counts.resetCount
            status.snapshotFailure = engine?.snapshotFailure.map { .storage($0) }
            return status
        }
    }
#endif
