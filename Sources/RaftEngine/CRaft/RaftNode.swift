#if CRaft
    internal import CRaftLibrary
    public import WALProtocol

    /// A member of a cluster: C-Raft over a log store of this package.
    ///
    /// The engine decides elections, replication and commitment; the store keeps what it must not
    /// forget. Term and vote are durable before they leave the node, entries before they are
    /// acknowledged; many proposals share a sync. Snapshots are files beside the log.
    ///
    /// A node whose disk fails stops, and has to be started again: `onFailure` of ``Options`` says
    /// so. To go on would be unsafe, as the engine could give an index that was replicated already a
    /// second entry.
    ///
    /// Starting a node makes the process ignore `SIGPIPE`.
    public final class RaftNode: Sendable {
        /// The replica's number.
        public let id: UInt64
        /// Where it listens.
        public let address: String

        let core: NodeCore

        private init(_ core: NodeCore) {
            self.core = core
            id = core.id
            address = core.address
        }

        deinit {
            let core = core
            core.loop.submit { core.stop {} }
        }

        /// Starts a replica, with all that it knew when it stopped.
        ///
        /// - Parameters:
        ///   - id: Its number, greater than zero. A replica that lost its directory comes back with
        ///     another one: it may have voted under the old.
        ///   - address: `HOST:PORT`, where it listens and where the others find it.
        ///   - directory: Where its snapshots are; it has to exist, and the store may be in it.
        ///   - store: Its log, of any backend; the node closes it.
        ///   - stateMachine: What the commands are applied to.
        ///   - options: How it behaves.
        /// - Returns: the node, which follows and waits for a leader.
        /// - Throws: `storage` if log and snapshots cannot be read or contradict each other;
        ///   `invalidArgument`; `engine` if it cannot listen there.
        public static func start(
            id: UInt64, address: String, directory: String, store: sending any LogStore,
            stateMachine: any StateMachine, options: Options = Options()
        ) async throws(RaftError) -> RaftNode {
            try options.validate()
            guard id > 0 else { throw RaftError(.invalidArgument, "ids are greater than zero") }
            let loop = try EventLoop()
            let snapshots = SnapshotDirectory(at: directory)
            let storage: StorageThread
            do throws(LogStoreError) {
                storage = try StorageThread(
                    ReplicaStorage(store, snapshots: snapshots), snapshots: snapshots, loop: loop)
            } catch {
                loop.submit { loop.end() }
                throw .storage(error)
            }
            let core = NodeCore(
                id: id, address: address, options: options, loop: loop, storage: storage)
            let error = await withUnsafeContinuation { continuation in
                core.loop.submit {
                    core.start(directory: directory, machine: stateMachine) {
                        continuation.resume(returning: $0)
                    }
                }
            }
            if let error { throw error }
            return RaftNode(core)
        }

        /// Stops the node and closes its store; stopping twice is no error.
        ///
        /// What was acknowledged is durable. Requests that are under way fail with `stopped`.
        public func stop() async {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                let isRunning = core.loop.submit { [core] in
                    core.stop { continuation.resume() }
                }
                if !isRunning { continuation.resume() }
            }
        }

        // MARK: - Commands

        /// Proposes a command; only the leader can.
        ///
        /// - Parameter command: At most as many bytes as an entry of the store, less eight: 64 MiB in
        ///   both of this package.
        /// - Returns: its index, after it was committed and applied here.
        /// - Throws: `notLeader`, or `invalidArgument` for one that is too long: nothing happened.
        ///   `leadershipLost`, `stopped`, `storage`: it may be applied all the same, now or later.
        /// - Durability: on stable storage of a majority of the members when the call returns.
        @discardableResult
        public func propose(_ command: [UInt8]) async throws(RaftError) -> LogIndex {
            let limit =
                core.storage.capabilities.maximumEntryByteCount
                - CommandFrame.maximumPaddingByteCount
            guard command.count <= limit else {
                // The engine would send it to everybody, and no store would take it.
                throw RaftError(
                    .invalidArgument, "the command has \(command.count) bytes of at most \(limit)")
            }
            return try await run { (core, done) in
                guard var buffer = CommandFrame.encode(command) else {
                    return done(.failure(RaftError(status: RAFT_NOMEM)))
                }
                core.request(
                    raft_apply(),
                    { request in
                        request.pointee.data = core.context
                        let status = raft_apply(core.raft, request, &buffer, 1) {
                            request, status, _ in
                            NodeCore.of(request?.pointee.data).answer(request, status)
                        }
                        // It is the engine's if it took it.
                        if status != 0 { raft_free(buffer.base) }
                        return status
                    },
                    { request, error in
                        done(error.map { .failure($0) } ?? .success(request.pointee.index))
                    })
            }
        }

        /// Waits until everything that was committed before is applied here; only on the leader.
        ///
        /// What is read from the state machine afterwards is at least as new as the call: the leader
        /// was still the leader.
        ///
        /// - Throws: as ``propose(_:)``.
        public func barrier() async throws(RaftError) {
            try await run { (core, done) in
                core.request(
                    raft_barrier(),
                    { request in
                        request.pointee.data = core.context
                        return raft_barrier(core.raft, request) { request, status in
                            NodeCore.of(request?.pointee.data).answer(request, status)
                        }
                    }, { _, error in done(error.map { .failure($0) } ?? .success(())) })
            }
        }

        /// Does something on the engine's thread and waits for its outcome.
        func run<R: Sendable>(
            _ body:
                @escaping @Sendable (
                    NodeCore, @escaping @Sendable (Result<R, RaftError>) -> Void
                ) -> Void
        ) async throws(RaftError) -> R {
            let result = await withUnsafeContinuation {
                (continuation: UnsafeContinuation<Result<R, RaftError>, Never>) in
                let isRunning = core.loop.submit { [core] in
                    body(core) { continuation.resume(returning: $0) }
                }
                if !isRunning {
                    continuation.resume(
                        returning: .failure(
                            core.failure ?? RaftError(.stopped, "the node was stopped")))
                }
            }
            return try result.get()
        }
    }
#endif
