#if CRaft
    internal import CRaftLibrary
    internal import RaftEngine
    internal import WALProtocol

    /// A replica from its start to its death: the engine over a simulated disk and network.
    final class SimulatedProcess {
        let id: UInt64
        let storage: VirtualStorage
        let list = ValueList()
        let raft: UnsafeMutablePointer<raft>
        private let cluster: SimulatedCluster
        private var engine: EngineIO?
        private var machine: EngineMachine?
        private var tick: raft_io_tick_cb?
        private var receive: raft_io_recv_cb?
        private(set) var isAlive = true
        private(set) var isRunning = false
        private var isInitialized = false
        /// Why it wants to stop.
        private(set) var failure: LogStoreError?
        private var requests: [Int: UnsafeMutablePointer<raft_io_send>] = [:]
        private var requestCount = 0
        private var proposals: [UnsafeMutableRawPointer: (Int32) -> Void] = [:]
        private var lastCommitted: LogIndex = 0
        private var ledTerm: Term = 0
        private var isOfferedSnapshot = false

        init(_ id: UInt64, _ storage: VirtualStorage, _ cluster: SimulatedCluster) {
            self.id = id
            self.storage = storage
            self.cluster = cluster
            raft = .allocate(capacity: 1)
            raft.initialize(to: CRaftLibrary.raft())
        }

        deinit { raft.deallocate() }

        // MARK: - Life

        /// Starts the engine.
        ///
        /// - Returns: whether it runs.
        func start(members: [Member]) -> Bool {
            let stop: (LogStoreError) -> Void = { [unowned self] (error) in fail(error) }
            let engine = EngineIO(
                storage, correcting: cluster.options.corrections,
                onUnavailable: { [unowned self] (reason) in
                    guard isAlive, failure == nil else { return }
                    cluster.record.violate("replica \(id) switched itself off: \(reason)")
                }, onFailure: stop)
            self.engine = engine
            let machine = EngineMachine(
                CheckedList(list, id: id, cluster.record), raft: raft, engine: engine,
                onFailure: stop)
            self.machine = machine
            fillIn(engine.io)
            engine.install()
            watch(engine.io)
            var status = raft_init(raft, engine.io, machine.fsm, id, cluster.address(id))
            guard status == 0 else {
                cluster.record.violate("raft_init says \(status)")
                return false
            }
            isInitialized = true
            raft.pointee.data = Unmanaged.passUnretained(self).toOpaque()
            raft_set_election_timeout(raft, 500)
            raft_set_heartbeat_timeout(raft, 60)
            raft_set_install_snapshot_timeout(raft, 400)
            raft_set_snapshot_threshold(raft, cluster.snapshotThreshold)
            raft_set_snapshot_trailing(raft, cluster.trailingEntryCount)
            raft_set_pre_vote(raft, true)
            if case .success(var configuration) = EngineMemory.configuration(members) {
                status = raft_bootstrap(raft, &configuration)
                raft_configuration_close(&configuration)
            }
            guard status == 0 || status == RAFT_CANTBOOTSTRAP else { return false }
            guard failure == nil, raft_start(raft) == 0, failure == nil else { return false }
            cluster.record.note(
                "loaded", id, raft.pointee.log.snapshot.last_index, raft_last_index(raft),
                entry(at: raft_last_index(raft))?.term ?? 0)
            isRunning = true
            return true
        }

        private func fail(_ error: LogStoreError) {
            guard failure == nil else { return }
            failure = error
            guard isRunning else { return }
            // The engine may be in the middle of something.
            cluster.time.after(0) { [self] in
                if isAlive { cluster.failed(self, error) }
            }
        }

        /// Ends the process: nothing of what it does from here on reaches disk or network.
        func die() {
            guard isAlive else { return }
            isAlive = false
            isRunning = false
            storage.die()
            if isInitialized { raft_close(raft, nil) }
            for (_, body) in proposals { body(RAFT_SHUTDOWN) }
            proposals = [:]
        }

        // MARK: - Clients

        /// Proposes a command, if this replica leads.
        func propose(_ command: [UInt8], _ done: @escaping (LogIndex?) -> Void) {
            guard isRunning, raft_state(raft) == Int32(RAFT_LEADER),
                var buffer = CommandFrame.encode(command)
            else { return done(nil) }
            let request = UnsafeMutablePointer<raft_apply>.allocate(capacity: 1)
            request.initialize(to: raft_apply())
            request.pointee.data = Unmanaged.passUnretained(self).toOpaque()
            proposals[UnsafeMutableRawPointer(request)] = { status in
                done(status == 0 ? request.pointee.index : nil)
                request.deallocate()
            }
            let status = raft_apply(raft, request, &buffer, 1) { request, status, _ in
                guard let request, let data = request.pointee.data else { return }
                let process = Unmanaged<SimulatedProcess>.fromOpaque(data).takeUnretainedValue()
                process.proposals.removeValue(forKey: UnsafeMutableRawPointer(request))?(status)
            }
            if status != 0 {
                raft_free(buffer.base)
                proposals.removeValue(forKey: UnsafeMutableRawPointer(request))?(status)
            }
            check()
        }

        // MARK: - What the engine sees

        static func of(_ io: UnsafeMutablePointer<raft_io>?) -> SimulatedProcess {
            guard let data = io?.pointee.impl else {
                preconditionFailure("the engine names its interface")
            }
            return Unmanaged<SimulatedProcess>.fromOpaque(data).takeUnretainedValue()
        }

        private func fillIn(_ io: UnsafeMutablePointer<raft_io>) {
            io.pointee.version = 1
            io.pointee.impl = Unmanaged.passUnretained(self).toOpaque()
            io.pointee.`init` = { _, _, _ in 0 }
            io.pointee.close = { io, completion in
                let process = SimulatedProcess.of(io)
                let open = process.requests.keys.sorted().compactMap { process.requests[$0] }
                process.requests = [:]
                for request in open { request.pointee.cb?(request, RAFT_CANCELED) }
                completion?(io)
            }
            io.pointee.start = { io, milliseconds, tick, receive in
                let process = SimulatedProcess.of(io)
                process.tick = tick
                process.receive = receive
                process.scheduleTick(UInt64(milliseconds))
                return 0
            }
            io.pointee.time = { io in raft_time(SimulatedProcess.of(io).cluster.time.now) }
            io.pointee.random = { io, low, high in
                let random = SimulatedProcess.of(io).cluster.draw()
                return low + Int32(random % UInt64(max(1, high - low)))
            }
            io.pointee.send = { io, request, message, completion in
                guard let request, let message else { return RAFT_INVALID }
                return SimulatedProcess.of(io).send(request, message.pointee, completion)
            }
        }

        /// Notes what the storage promises, and what it gives back.
        private func watch(_ io: UnsafeMutablePointer<raft_io>) {
            functions = (io.pointee.load, io.pointee.set_term, io.pointee.set_vote)
            io.pointee.bootstrap = watched(io.pointee.bootstrap)
            io.pointee.set_term = { io, term in
                let process = SimulatedProcess.of(io)
                process.cluster.record.attempt(process.id) {
                    $0.term = term
                    $0.candidate = 0
                }
                return process.promise(process.functions.setTerm?(io, term) ?? 0)
            }
            io.pointee.set_vote = { io, candidate in
                let process = SimulatedProcess.of(io)
                process.cluster.record.attempt(process.id) { $0.candidate = candidate }
                return process.promise(process.functions.setVote?(io, candidate) ?? 0)
            }
            io.pointee.load = { io, term, vote, snapshot, start, entries, count in
                let process = SimulatedProcess.of(io)
                let status =
                    process.functions.load?(io, term, vote, snapshot, start, entries, count) ?? 0
                if status == 0, let term, let vote {
                    var found = ClusterRecord.Vote()
                    found.term = term.pointee
                    found.candidate = vote.pointee
                    process.cluster.record.load(process.id, found)
                }
                return status
            }
        }

        private var functions: (load: Load?, setTerm: SetTerm?, setVote: SetVote?)
        private var bootstrap: Bootstrap?
        private typealias IO = UnsafeMutablePointer<raft_io>
        private typealias Load =
            @convention(c) (
                IO?, UnsafeMutablePointer<raft_term>?, UnsafeMutablePointer<raft_id>?,
                UnsafeMutablePointer<UnsafeMutablePointer<raft_snapshot>?>?,
                UnsafeMutablePointer<raft_index>?,
                UnsafeMutablePointer<UnsafeMutablePointer<raft_entry>?>?, UnsafeMutablePointer<Int>?
            ) -> Int32
        private typealias SetTerm = @convention(c) (IO?, raft_term) -> Int32
        private typealias SetVote = @convention(c) (IO?, raft_id) -> Int32
        private typealias Bootstrap =
            @convention(c) (
                IO?, UnsafePointer<raft_configuration>?
            ) -> Int32

        private func watched(_ function: Bootstrap?) -> Bootstrap {
            bootstrap = function
            return { io, configuration in
                let process = SimulatedProcess.of(io)
                process.cluster.record.attempt(process.id) {
                    if $0.term == 0 { $0.term = 1 }
                }
                return process.promise(process.bootstrap?(io, configuration) ?? 0)
            }
        }

        private func promise(_ status: Int32) -> Int32 {
            if status == 0 { cluster.record.promise(id) }
            return status
        }

        private func scheduleTick(_ milliseconds: UInt64) {
            cluster.time.after(milliseconds) { [self] in
                guard isAlive else { return }
                tick?(engine?.io)
                check()
                if isAlive { scheduleTick(milliseconds) }
            }
        }

        // MARK: - Messages

        private func send(
            _ request: UnsafeMutablePointer<raft_io_send>, _ message: raft_message,
            _ completion: raft_io_send_cb?
        ) -> Int32 {
            checkPromise(message)
            guard isAlive, let copy = SimulatedMessage(message, from: id) else {
                return RAFT_NOCONNECTION
            }
            request.pointee.cb = completion
            requestCount += 1
            let number = requestCount
            requests[number] = request
            let isSent = cluster.send(copy, to: message.server_id)
            cluster.time.after(isSent ? 0 : 20) { [self] in
                guard let request = requests.removeValue(forKey: number) else { return }
                request.pointee.cb?(request, isSent ? 0 : RAFT_NOCONNECTION)
                check()
            }
            return 0
        }

        /// Takes a message that has arrived.
        func receive(_ message: SimulatedMessage) {
            guard isAlive, let receive else { return }
            isOfferedSnapshot = message.type == UInt64(RAFT_IO_INSTALL_SNAPSHOT)
            message.deliver(address: cluster.address(message.sender)) { receive(engine?.io, $0) }
            isOfferedSnapshot = false
            check()
        }

        // MARK: - Checks

        /// What a message promises is on stable storage before it leaves.
        private func checkPromise(_ message: raft_message) {
            guard isAlive, failure == nil else { return }
            switch Int(message.type) {
            case RAFT_IO_APPEND_ENTRIES_RESULT:
                let answer = message.append_entries_result
                guard answer.rejected == 0, answer.last_log_index > storage.durable else { break }
                // It may have the entries of a snapshot and not have stored them yet. These were
                // committed without it.
                if isOfferedSnapshot, answer.last_log_index <= cluster.record.lastCommitted {
                    break
                }
                cluster.record.violate(
                    "replica \(id) confirmed \(answer.last_log_index), and only "
                        + "\(storage.durable) was durable")
            case RAFT_IO_REQUEST_VOTE_RESULT:
                let answer = message.request_vote_result
                guard answer.vote_granted, answer.pre_vote != raft_tribool_true else { break }
                cluster.record.checkVote(id, term: answer.term, candidate: message.server_id)
            default: break
            }
        }

        /// Looks at the engine after it has done something.
        func check() {
            guard isAlive, isRunning else { return }
            let commit = raft.pointee.commit_index
            while lastCommitted < commit {
                lastCommitted += 1
                if let entry = entry(at: lastCommitted) {
                    cluster.record.commit(LogPosition(term: entry.term, index: lastCommitted))
                }
            }
            guard raft_state(raft) == Int32(RAFT_LEADER), ledTerm != raft.pointee.current_term
            else { return }
            ledTerm = raft.pointee.current_term
            cluster.record.note("lead", id, ledTerm)
            cluster.record.lead(id, term: ledTerm, last: raft_last_index(raft)) {
                entry(at: $0)?.term
            }
        }

        private func entry(at index: LogIndex) -> raft_entry? {
            let log = raft.pointee.log
            guard log.size > 0, let entries = log.entries, index > log.offset else { return nil }
            let count = (log.back + log.size - log.front) % log.size
            let offset = Int(index - log.offset - 1)
            return offset < count ? entries[(log.front + offset) % log.size] : nil
        }
    }

    /// A list whose every command is compared with what the other replicas applied.
    private final class CheckedList: StateMachine, @unchecked Sendable {
        private let list: ValueList
        private let id: UInt64
        private let record: ClusterRecord

        init(_ list: ValueList, id: UInt64, _ record: ClusterRecord) {
            self.list = list
            self.id = id
            self.record = record
        }

        func apply(_ command: RawSpan, at index: LogIndex) {
            var hash = Fingerprint()
            command.withUnsafeBytes { hash.add($0) }
            record.apply(hash.value, at: index, on: id)
            list.apply(command, at: index)
        }

        func snapshot() -> [UInt8]? { list.snapshot() }

        func restore(_ snapshot: RawSpan, at index: LogIndex) throws {
            try list.restore(snapshot, at: index)
        }
    }
#endif
