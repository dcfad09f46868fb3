#if CRaft
    import Conformance
    import Glibc
    import RaftEngine
    import RaftSimulation
    import SegmentBackend
    import Synchronization
    import Testing
    import WALProtocol

    /// Real nodes, real sockets, real disks, in one process.
    @Suite(.serialized) struct RaftNodeTests {
        @Test func singleNodeCommitsAndComesBack() async throws {
            let cluster = try LocalCluster(1)
            var running = try await cluster.start(1)
            _ = try await cluster.leader()
            for number in 0..<20 as Range<UInt8> {
                try await running.node.propose([UInt8](repeating: number, count: Int(number)))
            }
            try await running.node.barrier()
            let before = running.list.values
            #expect(before.map(\.bytes.count) == Array(0..<20))
            await cluster.stop(1)
            await #expect(throws: RaftError.self) { try await running.node.propose([1]) }
            running = try await cluster.start(1)
            _ = try await cluster.leader()
            try await running.node.barrier()
            #expect(running.list.values == before)
            await cluster.stop(1)
        }

        @Test(arguments: ["segment", "lmdb"])
        func threeNodesAgree(backend: String) async throws {
            let cluster = try LocalCluster(3)
            for id in 1...3 as ClosedRange<UInt64> { try await cluster.start(id, on: backend) }
            var indexes: [LogIndex] = []
            for number in 0..<50 as Range<UInt8> {
                indexes.append(try await cluster.propose([number]))
            }
            #expect(indexes == indexes.sorted())
            try await cluster.wait(for: "agreement") {
                cluster.nodes.allSatisfy { $0.list.values.count == 50 }
            }
            #expect(Set(cluster.nodes.map(\.list.fingerprint)).count == 1)
            for id in 1...3 as ClosedRange<UInt64> { await cluster.stop(id) }
        }

        @Test func followerRefusesProposals() async throws {
            let cluster = try LocalCluster(3)
            for id in 1...3 as ClosedRange<UInt64> { try await cluster.start(id) }
            let leader = try await cluster.leader()
            let follower = try #require(cluster.nodes.first { $0.node.id != leader.node.id })
            let error = await #expect(throws: RaftError.self) {
                try await follower.node.propose([1])
            }
            #expect(error?.code == .notLeader)
            for id in 1...3 as ClosedRange<UInt64> { await cluster.stop(id) }
        }

        @Test func membersComeAndGo() async throws {
            let cluster = try LocalCluster(3, joining: 1)
            for id in 1...4 as ClosedRange<UInt64> { try await cluster.start(id) }
            try await cluster.propose([1])
            var leader = try await cluster.leader().node
            try await leader.add(4, address: cluster.members[3].address)
            try await leader.assign(.voter, to: 4)
            let error = await #expect(throws: RaftError.self) {
                try await leader.assign(.voter, to: 4)
            }
            #expect(error?.code == .invalidArgument)
            try await cluster.propose([2])
            try await cluster.wait(for: "the new member's state") {
                cluster.nodes.allSatisfy { $0.list.values.map(\.bytes) == [[1], [2]] }
            }
            try await leader.transferLeadership(to: 4)
            try await cluster.wait(for: "new leader") {
                leader = try await cluster.leader().node
                return leader.id == 4
            }
            try await leader.remove(1)
            let members = await leader.status.members
            #expect(members.map(\.id) == [2, 3, 4])
            #expect(members.allSatisfy { $0.role == .voter })
            for id in 1...4 as ClosedRange<UInt64> { await cluster.stop(id) }
        }

        @Test func laggingNodeIsGivenASnapshot() async throws {
            let cluster = try LocalCluster(3) {
                $0.snapshotThreshold = 20
                $0.trailingEntryCount = 5
            }
            for id in 1...3 as ClosedRange<UInt64> { try await cluster.start(id) }
            let leader = try await cluster.leader().node.id
            let victim: UInt64 = leader == 1 ? 2 : 1
            await cluster.stop(victim)
            for number in 0..<80 as Range<UInt8> { try await cluster.propose([number]) }
            try await cluster.wait(for: "snapshot") {
                try await cluster.leader().node.status.snapshot > 40
            }
            let back = try await cluster.start(victim)
            try await cluster.wait(for: "installation") { back.list.values.count == 80 }
            // The leader may have taken another one meanwhile.
            #expect(back.list.restoreCount >= 1)
            #expect(await back.node.status.resetCount >= 1)
            for id in 1...3 as ClosedRange<UInt64> { await cluster.stop(id) }
        }

        @Test func manyProposalsShareASync() async throws {
            let cluster = try LocalCluster(1)
            let running = try await cluster.start(1)
            _ = try await cluster.leader()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 as Range<UInt8> {
                    group.addTask { try await running.node.propose([number]) }
                }
                try await group.waitForAll()
            }
            let status = await running.node.status
            #expect(status.storedEntryCount >= 200)
            #expect(status.syncCount < status.storedEntryCount / 2)
            await cluster.stop(1)
        }

        /// A command that no store takes was sent to all members, and stopped every one of them.
        @Test func commandThatIsTooLongIsRefused() async throws {
            let cluster = try LocalCluster(1)
            let node = try await cluster.start(1).node
            _ = try await cluster.leader()
            let error = await #expect(throws: RaftError.self) {
                try await node.propose([UInt8](repeating: 1, count: (64 << 20) - 7))
            }
            #expect(error?.code == .invalidArgument)
            try await node.propose([1])
            await cluster.stop(1)
        }

        /// Whoever restarted a node that told of its end did so twice when it could not start.
        @Test func startThatFailsIsToldOnce() async throws {
            let told = Mutex(0)
            let cluster = try LocalCluster(1) { $0.onFailure = { _ in told.withLock { $0 += 1 } } }
            try await cluster.start(1)
            let other = try LocalCluster(1) { $0.onFailure = { _ in told.withLock { $0 += 1 } } }
            mkdir(other.path(1), 0o755)
            let error = await #expect(throws: RaftError.self) {
                _ = try await RaftNode.start(
                    id: 2, address: cluster.members[0].address, directory: other.path(1),
                    store: SegmentStore(at: other.path(1) + "/log"), stateMachine: ValueList(),
                    options: other.options)
            }
            #expect(error?.code == .engine)
            #expect(told.withLock { $0 } == 0)
            await cluster.stop(1)
        }

        /// A transfer was freed while the message in it was still waiting to be sent; this takes the
        /// same way, and fails by it only where freed memory is used again at once.
        @Test func transferToAMemberThatIsAway() async throws {
            let cluster = try LocalCluster(3) { $0.reconnectMilliseconds = 1_000 }
            for id in 1...3 as ClosedRange<UInt64> { try await cluster.start(id) }
            try await cluster.propose([1])
            let leader = try await cluster.leader().node
            try await cluster.wait(for: "agreement") {
                await leader.status.matched.values.allSatisfy { $0 > 0 }
            }
            let away = try #require(cluster.nodes.first { $0.node.id != leader.id }).node.id
            await cluster.stop(away)
            let error = await #expect(throws: RaftError.self) {
                try await leader.transferLeadership(to: away)
            }
            #expect(error?.code == .busy || error?.code == .leadershipLost)
            try await cluster.start(away)
            try await cluster.propose([2])
            for id in 1...3 as ClosedRange<UInt64> { await cluster.stop(id) }
        }

        /// Asked for its status while it stopped, a node read what the engine had freed, and trapped.
        @Test func statusOfANodeThatStops() async throws {
            for _ in 0..<20 {
                let cluster = try LocalCluster(1)
                let node = try await cluster.start(1).node
                _ = try await cluster.leader()
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await cluster.stop(1) }
                    for _ in 0..<4 {
                        group.addTask {
                            while await node.status.state != .stopped {}
                            for _ in 0..<200 { #expect(await node.status.members.isEmpty) }
                        }
                    }
                }
            }
        }

        /// A node whose disk fails says so and stops: to go on would not be safe.
        @Test func diskThatFailsStopsTheNode() async throws {
            let told = Mutex<RaftError?>(nil)
            let cluster = try LocalCluster(1) {
                $0.onFailure = { error in told.withLock { $0 = error } }
            }
            let disk = SimulatedDisk()
            var options = SegmentStore.Options()
            options.fileSystem = disk
            options.executor = InlineExecutor()
            let running = try await cluster.start(1, SegmentStore(at: "/log", options: options))
            _ = try await cluster.leader()
            try await running.node.propose([1])
            disk.fault = SimulatedFault(
                at: disk.operationCount, .error(5), isLasting: true, calls: [.sync])
            let error = await #expect(throws: RaftError.self) {
                try await running.node.propose([2])
            }
            // Its leadership was lost as well, but only because it stopped.
            #expect(error?.code == .storage)
            try await cluster.wait(for: "end of the node") { told.withLock { $0 != nil } }
            #expect(told.withLock { $0?.code } == .storage)
            let after = await #expect(throws: RaftError.self) {
                try await running.node.propose([3])
            }
            #expect(after?.code == .storage)
        }
    }
#endif
