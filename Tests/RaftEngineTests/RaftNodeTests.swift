#if CRaft
    import RaftEngine
    import RaftSimulation
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
    }
#endif
