#if CRaft
    import Foundation
    import RaftEngine
    import RaftSimulation
    import RaftWAL
    import Synchronization
    import Testing

    /// What RaftEngine.md tells operators to do, under "Keeping a cluster".
    @Suite(.serialized) struct ProcedureTests {
        #if LMDB
            /// One member at a time moves to the other backend, while clients go on writing.
            @Test func clusterMovesFromLMDBToSegments() async throws {
                let cluster = try LocalCluster(3) { $0.snapshotThreshold = 40 }
                for id in 1...3 as ClosedRange<UInt64> { try await cluster.start(id, on: "lmdb") }
                try await withClients(of: cluster) { clients in
                    for id in 1...3 as ClosedRange<UInt64> {
                        try await clients.wait(for: 30)
                        await cluster.stop(id)
                        let log = cluster.path(id) + "/log"
                        var options = CopyOptions()
                        options.backend = .segment
                        _ = try Backend.lmdb.copy(at: log, to: log + ".new", options: options)
                        #expect(try hardState(log, .lmdb) == hardState(log + ".new", .segment))
                        try FileManager.default.moveItem(atPath: log, toPath: log + ".old")
                        try FileManager.default.moveItem(atPath: log + ".new", toPath: log)
                        let back = try await cluster.start(id, on: "segment")
                        let target = try await cluster.leader().node.status.applied
                        try await cluster.wait(for: "member \(id)") {
                            await back.node.status.applied >= target
                        }
                    }
                }
                for id in 1...3 as ClosedRange<UInt64> {
                    #expect(Backend.detect(at: cluster.path(id) + "/log") == .segment)
                    await cluster.stop(id)
                }
            }
        #endif

        /// A member whose directory is lost is replaced by one with another id.
        @Test func lostMemberIsReplaced() async throws {
            let cluster = try LocalCluster(3, joining: 1) {
                $0.snapshotThreshold = 20
                $0.trailingEntryCount = 5
            }
            for id in 1...3 as ClosedRange<UInt64> { try await cluster.start(id) }
            try await withClients(of: cluster) { clients in
                try await clients.wait(for: 60)
                let lost = try await cluster.leader().node.id
                await cluster.stop(lost)
                try FileManager.default.removeItem(atPath: cluster.path(lost))
                var leader = try await cluster.leader().node
                try await leader.remove(lost)
                let new = try await cluster.start(4)
                try await leader.add(4, address: cluster.members[3].address)
                try await leader.assign(.voter, to: 4)
                #expect(new.list.restoreCount >= 1)
                // The new one counts: without it there is no majority of three any more.
                let other = try #require(
                    cluster.nodes.first { ![4, leader.id].contains($0.node.id) })
                await cluster.stop(other.node.id)
                try await clients.wait(for: 20)
                try await cluster.start(other.node.id)
                leader = try await cluster.leader().node
                #expect(
                    await leader.status.members.map(\.id).sorted() == cluster.nodes.map(\.node.id))
            }
            for id in 1...4 as ClosedRange<UInt64> { await cluster.stop(id) }
        }

        /// A copy of a running member goes on alone after all members were lost.
        @Test(arguments: Backend.available)
        func backupGoesOnAfterTheLossOfAll(backend: Backend) async throws {
            let cluster = try LocalCluster(3) {
                $0.snapshotThreshold = 20
                $0.trailingEntryCount = 5
            }
            for id in 1...3 as ClosedRange<UInt64> {
                try await cluster.start(id, on: backend.rawValue)
            }
            let backup = cluster.path(9)
            var acknowledged: [[UInt8]] = []
            try await withClients(of: cluster) { clients in
                try await clients.wait(for: 60)
                let source = cluster.path(try await cluster.leader().node.id)
                acknowledged = clients.acknowledged
                try FileManager.default.createDirectory(
                    atPath: backup, withIntermediateDirectories: true)
                _ = try backend.copy(at: source + "/log", to: backup + "/log")
                let snapshots = try FileManager.default.contentsOfDirectory(atPath: source)
                    .filter { $0.hasPrefix("snapshot-") }
                let newest = try #require(snapshots.max())
                try FileManager.default.copyItem(
                    atPath: source + "/" + newest, toPath: backup + "/" + newest)
                try await clients.wait(for: 5)
            }
            for id in 1...3 as ClosedRange<UInt64> {
                await cluster.stop(id)
                try FileManager.default.removeItem(atPath: cluster.path(id))
            }
            let member = Member(id: 9, address: "127.0.0.1:\(try Loopback.freePort())")
            try RaftNode.recover(
                directory: backup,
                store: openLogStore(at: backup + "/log", StoreConfiguration(backend)),
                members: [member])
            let list = ValueList()
            let node = try await RaftNode.start(
                id: 9, address: member.address, directory: backup,
                store: openLogStore(at: backup + "/log", StoreConfiguration(backend)),
                stateMachine: list, options: cluster.options)
            try await cluster.wait(for: "election") { await node.status.state == .leader }
            try await node.propose([1, 2, 3])
            let values = list.values.map(\.bytes)
            #expect(Set(values).isSuperset(of: acknowledged))
            #expect(values.last == [1, 2, 3])
            #expect(await node.status.members == [member])
            await node.stop()
        }

        @Test func nothingIsRecoveredFromNothing() throws {
            let cluster = try LocalCluster(1)
            try FileManager.default.createDirectory(
                atPath: cluster.path(1), withIntermediateDirectories: true)
            for members in [cluster.members, []] {
                let error = #expect(throws: RaftError.self) {
                    try RaftNode.recover(
                        directory: cluster.path(1),
                        store: openLogStore(at: cluster.path(1) + "/log", StoreConfiguration()),
                        members: members)
                }
                #expect(error?.code == .invalidArgument)
            }
        }

        private func hardState(_ path: String, _ backend: Backend) throws -> HardState? {
            var configuration = StoreConfiguration(backend)
            configuration.access = .readOnly
            let store = try openLogStore(at: path, configuration)
            defer { try? store.close() }
            return try store.hardState()
        }

        // MARK: - Clients

        /// What clients were told so far.
        private final class Clients: Sendable {
            private let commands = Mutex<[[UInt8]]>([])
            private let cluster: LocalCluster

            init(_ cluster: LocalCluster) { self.cluster = cluster }

            var acknowledged: [[UInt8]] { commands.withLock { $0 } }

            func note(_ command: [UInt8]) { commands.withLock { $0.append(command) } }

            /// Waits until so many more were acknowledged.
            func wait(for count: Int) async throws {
                let target = acknowledged.count + count
                try await cluster.wait(for: "progress") { acknowledged.count >= target }
            }
        }

        /// Does something while two clients propose; afterwards every member has all that was
        /// acknowledged.
        private func withClients(
            of cluster: LocalCluster, _ body: (Clients) async throws -> Void
        ) async throws {
            let clients = Clients(cluster)
            let tasks = (0..<2 as Range<UInt8>).map { client in
                Task {
                    var number: UInt32 = 0
                    while !Task.isCancelled {
                        number += 1
                        let command =
                            [client] + withUnsafeBytes(of: number.bigEndian) { [UInt8]($0) }
                        // Nobody may lead at the moment, or a member may be stopping.
                        guard let leader = try? await cluster.leader(),
                            (try? await leader.node.propose(command)) != nil
                        else { continue }
                        clients.note(command)
                    }
                }
            }
            defer { for task in tasks { task.cancel() } }
            try await body(clients)
            for task in tasks { task.cancel() }
            for task in tasks { await task.value }
            let acknowledged = clients.acknowledged
            try await cluster.wait(for: "agreement") {
                cluster.nodes.allSatisfy {
                    Set($0.list.values.map(\.bytes)).isSuperset(of: acknowledged)
                }
            }
        }
    }
#endif
