#if CRaft
    internal import CRaftLibrary
    public import WALProtocol

    extension RaftNode {
        /// Gives a replica other members, after most of the old ones were lost for good.
        ///
        /// Without a majority nothing is committed any more, and no change of members either. This
        /// appends one behind everybody's back, once, on the replica with the longest log; the new
        /// members are it and others that begin empty. What was acknowledged and is not in its log is
        /// lost. None of the old members may ever run again.
        ///
        /// - Parameters:
        ///   - directory: Where its snapshots are.
        ///   - store: Its log; it is closed afterwards.
        ///   - members: The members from now on.
        /// - Throws: `invalidArgument` if there is no voter among them, or the replica was never used;
        ///   `storage` if log and snapshots cannot be read or written.
        /// - Durability: on stable storage when the call returns.
        public static func recover(
            directory: String, store: sending any LogStore, members: [Member]
        ) throws(RaftError) {
            guard members.contains(where: { $0.role == .voter }) else {
                throw RaftError(.invalidArgument, "there is no voter among the members")
            }
            var configuration = try EngineMemory.configuration(members).get()
            defer { raft_configuration_close(&configuration) }
            guard let bytes = EngineMemory.encoded(&configuration) else {
                throw RaftError(status: RAFT_NOMEM)
            }
            let storage = ReplicaStorage(store, snapshots: SnapshotDirectory(at: directory))
            do throws(LogStoreError) {
                _ = try storage.load()
                try storage.recover(configuration: bytes)
                try storage.store.close()
            } catch {
                try? storage.store.close()
                guard error.code != .invalidArgument else {
                    throw RaftError(.invalidArgument, error.message)
                }
                throw .storage(error)
            }
        }
    }
#endif
