#if CRaft
    internal import CRaftLibrary
    internal import WALProtocol

    #if canImport(Darwin)
        internal import Darwin
    #elseif canImport(Glibc)
        internal import Glibc
    #elseif canImport(Musl)
        internal import Musl
    #endif

    /// A node's engine, transport and storage.
    ///
    /// Everything here is the engine's thread's alone.
    final class NodeCore: @unchecked Sendable {
        enum Phase { case starting, running, stopping, stopped }

        let id: UInt64
        let address: String
        let options: RaftNode.Options
        let loop: EventLoop
        let storage: StorageThread
        private let transport: UnsafeMutablePointer<raft_uv_transport>
        let raft: UnsafeMutablePointer<raft>
        private(set) var engine: EngineIO?
        private var machine: EngineMachine?
        private(set) var phase = Phase.starting
        private var hasTransport = false
        private var hasIO = false
        private(set) var failure: RaftError?
        /// The requests that the engine has not answered.
        private var pending: [UnsafeMutableRawPointer: (Int32) -> Void] = [:]
        private var stopping: [() -> Void] = []
        /// The engine knows this object by its address.
        private var itself: NodeCore?

        init(
            id: UInt64, address: String, options: RaftNode.Options, loop: EventLoop,
            storage: StorageThread
        ) {
            self.id = id
            self.address = address
            self.options = options
            self.loop = loop
            self.storage = storage
            transport = .allocate(capacity: 1)
            transport.initialize(to: raft_uv_transport())
            raft = .allocate(capacity: 1)
            raft.initialize(to: CRaftLibrary.raft())
        }

        deinit {
            transport.deallocate()
            raft.deallocate()
        }

        // MARK: - Starting

        func start(
            directory: String, machine: any StateMachine,
            _ done: @escaping @Sendable (RaftError?) -> Void
        ) {
            // A member that hangs up is no reason to die.
            signal(SIGPIPE, SIG_IGN)
            itself = self
            let status = prepare(directory, machine)
            guard status == 0, phase == .starting else {
                let error = failure ?? error(status)
                failure = error
                stop { done(error) }
                return
            }
            phase = .running
            hasRun = true
            done(nil)
        }

        private func prepare(_ directory: String, _ machine: any StateMachine) -> Int32 {
            let fail: (LogStoreError) -> Void = { [unowned self] in halt(.storage($0)) }
            let engine = EngineIO(
                storage,
                onUnavailable: { [unowned self] (reason) in
                    halt(RaftError(.engine, "the engine switched itself off: \(reason)"))
                }, onFailure: fail)
            self.engine = engine
            var status = raft_uv_tcp_init(transport, loop.loop)
            guard status == 0 else { return status }
            hasTransport = true
            status = raft_uv_init(engine.io, loop.loop, directory, transport)
            guard status == 0 else { return status }
            hasIO = true
            raft_uv_set_connect_retry_delay(engine.io, options.reconnectMilliseconds)
            engine.install()
            let adapter = EngineMachine(machine, raft: raft, engine: engine, onFailure: fail)
            self.machine = adapter
            status = raft_init(raft, engine.io, adapter.fsm, id, address)
            guard status == 0 else { return status }
            isInitialized = true
            raft.pointee.data = Unmanaged.passUnretained(self).toOpaque()
            raft_set_election_timeout(raft, options.electionTimeoutMilliseconds)
            raft_set_heartbeat_timeout(raft, options.heartbeatMilliseconds)
            raft_set_install_snapshot_timeout(raft, options.snapshotTimeoutMilliseconds)
            raft_set_snapshot_threshold(raft, options.snapshotThreshold)
            raft_set_snapshot_trailing(raft, options.trailingEntryCount)
            raft_set_pre_vote(raft, options.asksBeforeElections)
            if let members = options.bootstrapMembers {
                status = bootstrap(members)
                guard status == 0 || status == RAFT_CANTBOOTSTRAP else { return status }
            }
            return raft_start(raft)
        }

        private var isInitialized = false
        private var hasRun = false
        /// Requests that have been answered, and that the engine may still look at until it is closed.
        private var outlasted: [UnsafeMutableRawPointer] = []

        private func bootstrap(_ members: [Member]) -> Int32 {
            switch EngineMemory.configuration(members) {
            case .success(var configuration):
                defer { raft_configuration_close(&configuration) }
                return raft_bootstrap(raft, &configuration)
            case .failure(let error):
                failure = error
                return RAFT_INVALID
            }
        }

        // MARK: - Stopping

        /// Stops because of a failure; the engine may be in the middle of something.
        func halt(_ error: RaftError) {
            if failure == nil { failure = error }
            guard phase == .running else { return }
            loop.submit { [self] in stop {} }
        }

        /// Stops the engine, then gives back what it used.
        func stop(_ done: @escaping () -> Void) {
            switch phase {
            case .stopped: return done()
            case .stopping: return stopping.append(done)
            case .starting, .running: break
            }
            phase = .stopping
            stopping.append(done)
            guard isInitialized else { return finish() }
            raft_close(raft) { raft in
                guard let data = raft?.pointee.data else { return }
                let core = Unmanaged<NodeCore>.fromOpaque(data).takeUnretainedValue()
                // Its caller still has something to do.
                core.loop.submit { core.finish() }
            }
        }

        private func finish() {
            if hasIO, let engine { raft_uv_close(engine.io) }
            if hasTransport { raft_uv_tcp_close(transport) }
            let unanswered = pending
            pending = [:]
            for (_, body) in unanswered { body(RAFT_SHUTDOWN) }
            storage.end()
            phase = .stopped
            for done in stopping { done() }
            stopping = []
            loop.end()
            for request in outlasted { request.deallocate() }
            outlasted = []
            // Whoever starts it is told by an error.
            if hasRun, let failure { options.onFailure?(failure) }
            itself = nil
        }

        // MARK: - Requests

        /// Makes a request of the engine.
        ///
        /// - Parameters:
        ///   - empty: An empty request.
        ///   - isLookedAtLater: Whether the engine may look at it after it was answered.
        ///   - begin: Makes the request; its callback calls ``answer(_:_:)``.
        ///   - done: Called with the request and its outcome, once.
        func request<R>(
            _ empty: R, isLookedAtLater: Bool = false,
            _ begin: (UnsafeMutablePointer<R>) -> Int32,
            _ done: @escaping (UnsafeMutablePointer<R>, RaftError?) -> Void
        ) {
            let request = UnsafeMutablePointer<R>.allocate(capacity: 1)
            request.initialize(to: empty)
            guard phase == .running else {
                done(request, stoppedError)
                request.deallocate()
                return
            }
            pending[UnsafeMutableRawPointer(request)] = { [self] (status) in
                done(request, status == 0 ? nil : error(status))
                if isLookedAtLater {
                    outlasted.append(UnsafeMutableRawPointer(request))
                } else {
                    request.deallocate()
                }
            }
            let status = begin(request)
            if status != 0 { answer(request, status) }
        }

        /// Ends a request.
        func answer(_ request: UnsafeMutableRawPointer?, _ status: Int32) {
            guard let request, let body = pending.removeValue(forKey: request) else { return }
            body(status)
        }

        /// The node of a request, whose `data` is ``context``.
        static func of(_ data: UnsafeMutableRawPointer?) -> NodeCore {
            guard let data else { preconditionFailure("requests name their node") }
            return Unmanaged<NodeCore>.fromOpaque(data).takeUnretainedValue()
        }

        var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

        /// What the interface says of its last failure.
        private var ioMessage: String? {
            guard let engine else { return nil }
            return withUnsafeBytes(of: &engine.io.pointee.errmsg) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
        }

        private var stoppedError: RaftError {
            if let failure { return failure }
            return RaftError(.stopped, "the node was stopped")
        }

        private func error(_ status: Int32) -> RaftError {
            if status == RAFT_SHUTDOWN || status == RAFT_CANCELED { return stoppedError }
            // An engine that stops loses its leadership first.
            if status == RAFT_LEADERSHIPLOST, hasRun, phase != .running { return stoppedError }
            let text = String(cString: raft_strerror(status))
            let details = isInitialized ? raft_errmsg(raft).map { String(cString: $0) } : ioMessage
            guard let details, !details.isEmpty, details != text else {
                return RaftError(status: status)
            }
            return RaftError(status: status, "\(text): \(details)")
        }
    }
#endif
