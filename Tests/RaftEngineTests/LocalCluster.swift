#if CRaft
    import Glibc
    import LMDBBackend
    import RaftEngine
    import RaftSimulation
    import SegmentBackend
    import Synchronization
    import Testing
    import WALProtocol

    /// A cluster on this machine's loopback interface, in one process.
    final class LocalCluster: Sendable {
        struct Running: Sendable {
            var node: RaftNode
            var list: ValueList
        }

        let directory: String
        let members: [Member]
        /// Those that the cluster does not begin with.
        let joining: Set<UInt64>
        let options: RaftNode.Options
        private let running = Mutex<[UInt64: Running]>([:])

        init(
            _ count: Int, joining: Int = 0,
            _ configure: (inout RaftNode.Options) -> Void = { _ in }
        ) throws {
            var template = Array("/tmp/raft-engine-XXXXXX".utf8CString)
            guard let path = mkdtemp(&template) else { throw Failure("no directory") }
            directory = String(cString: path)
            members = try (1...UInt64(count + joining)).map {
                Member(id: $0, address: "127.0.0.1:\(try Loopback.freePort())")
            }
            self.joining = Set(members.dropFirst(count).map(\.id))
            var options = RaftNode.Options()
            options.electionTimeoutMilliseconds = 300
            options.heartbeatMilliseconds = 50
            options.reconnectMilliseconds = 50
            options.bootstrapMembers = Array(members.prefix(count))
            configure(&options)
            self.options = options
        }

        deinit {
            // What is left of a test.
            var command = "rm -rf "
            command += directory
            system(command)
        }

        struct Failure: Error, CustomStringConvertible {
            let description: String
            init(_ text: String) { description = text }
        }

        func path(_ id: UInt64) -> String { "\(directory)/\(id)" }

        @discardableResult
        func start(_ id: UInt64, on backend: String = "segment") async throws -> Running {
            mkdir(path(id), 0o755)
            let store: any LogStore
            #if LMDB
                if backend == "lmdb" {
                    return try await start(id, LMDBStore(at: path(id) + "/log"))
                }
            #endif
            store = try SegmentStore(at: path(id) + "/log")
            return try await start(id, store)
        }

        @discardableResult
        func start(_ id: UInt64, _ store: sending any LogStore) async throws -> Running {
            mkdir(path(id), 0o755)
            let list = ValueList()
            let member = try #require(members.first { $0.id == id })
            var options = options
            if joining.contains(id) { options.bootstrapMembers = nil }
            let node = try await RaftNode.start(
                id: id, address: member.address, directory: path(id), store: store,
                stateMachine: list, options: options)
            let running = Running(node: node, list: list)
            self.running.withLock { $0[id] = running }
            return running
        }

        func stop(_ id: UInt64) async {
            let node = running.withLock { $0.removeValue(forKey: id)?.node }
            await node?.stop()
        }

        var nodes: [Running] {
            running.withLock { all in all.keys.sorted().compactMap { all[$0] } }
        }

        /// Waits until something holds, or fails.
        func wait(for what: String, _ condition: () async throws -> Bool) async throws {
            let end = ContinuousClock.now + .seconds(60)
            while ContinuousClock.now < end {
                if try await condition() { return }
                try await Task.sleep(for: .milliseconds(5))
            }
            throw Failure("no \(what) within a minute")
        }

        /// The node that leads, when there is one.
        func leader() async throws -> Running {
            var found: Running?
            try await wait(for: "leader") {
                for running in nodes where await running.node.status.state == .leader {
                    found = running
                }
                return found != nil
            }
            return try #require(found)
        }

        /// Proposes until some leader has taken it.
        @discardableResult
        func propose(_ command: [UInt8]) async throws -> LogIndex {
            var index: LogIndex?
            try await wait(for: "acknowledgement") {
                let node = try await leader().node
                do throws(RaftError) {
                    index = try await node.propose(command)
                } catch {
                    guard [.notLeader, .leadershipLost].contains(error.code) else { throw error }
                }
                return index != nil
            }
            return try #require(index)
        }
    }
#endif
