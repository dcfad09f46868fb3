#if CRaft
    internal import CRaftLibrary

    /// Changes of who is in the cluster and who leads it; only the leader makes them.
    extension RaftNode {
        /// Adds a replica, as a spare: ``assign(_:to:)`` makes it a voter.
        ///
        /// - Throws: `busy` while another change is under way; `invalidArgument` if the id or the
        ///   address is taken; as ``propose(_:)``.
        public func add(_ id: UInt64, address: String) async throws(RaftError) {
            try await change { core, request, done in
                raft_add(core.raft, request, id, address, done)
            }
        }

        /// Gives a member another role; a new voter is brought up to date first.
        ///
        /// - Throws: `invalidArgument` if it has that role or is no member; as ``add(_:address:)``.
        public func assign(_ role: Member.Role, to id: UInt64) async throws(RaftError) {
            try await change { core, request, done in
                raft_assign(core.raft, request, id, Int32(role.rawValue), done)
            }
        }

        /// Removes a member.
        ///
        /// - Throws: `invalidArgument` if it is none; as ``add(_:address:)``.
        public func remove(_ id: UInt64) async throws(RaftError) {
            try await change { core, request, done in
                raft_remove(core.raft, request, id, done)
            }
        }

        /// Hands the leadership to another voter.
        ///
        /// - Parameter id: Whom to; `nil` for any.
        /// - Throws: `invalidArgument` if it is no voter; `busy` if it did not take over within an
        ///   election timeout; as ``propose(_:)``.
        public func transferLeadership(to id: UInt64? = nil) async throws(RaftError) {
            try await run {
                (core: NodeCore, done: @escaping @Sendable (Result<Void, RaftError>) -> Void) in
                core.request(
                    raft_transfer(), isLookedAtLater: true,
                    { request in
                        request.pointee.data = core.context
                        return raft_transfer(core.raft, request, id ?? 0) { request in
                            NodeCore.of(request?.pointee.data).answer(request, 0)
                        }
                    },
                    { _, error in
                        if let error { return done(.failure(error)) }
                        let leader = core.status().leader?.id
                        guard let leader, leader != core.id, leader == id ?? leader else {
                            return done(
                                .failure(RaftError(.busy, "the leadership was not taken over")))
                        }
                        done(.success(()))
                    })
            }
        }

        private typealias Done = @convention(c) (UnsafeMutablePointer<raft_change>?, Int32) -> Void

        private func change(
            _ begin:
                @escaping @Sendable (NodeCore, UnsafeMutablePointer<raft_change>, Done) -> Int32
        ) async throws(RaftError) {
            try await run { (core, done) in
                core.request(
                    raft_change(),
                    { request in
                        request.pointee.data = core.context
                        return begin(core, request) { request, status in
                            NodeCore.of(request?.pointee.data).answer(request, status)
                        }
                    }, { _, error in done(error.map { .failure($0) } ?? .success(())) })
            }
        }
    }
#endif
