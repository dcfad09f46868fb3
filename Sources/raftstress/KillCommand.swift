#if CRaft
    import ArgumentParser

    /// Kills the processes of a real cluster.
    struct KillCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "kill",
            abstract: "Kills nodes of a cluster of three processes; looks for what was lost.",
            discussion: """
                Leader and followers are killed in turn while clients propose; then a conflict is \
                forced, a snapshot is installed, and all are killed at once and started again.
                """)

        @Option(help: "The stores: segment, lmdb or mixed.")
        var backend = "segment"
        @Option(help: "How often a node is killed.")
        var rounds = 20
        @Option(help: "How many clients propose at a time.")
        var clients = 64
        @Option(help: "Where the nodes' directories are made, and removed again.")
        var dir: String?

        private static let threshold = 400
        private static let trailing = 100

        func run() async throws {
            let cluster = try ProcessCluster(
                backend: backend, directory: dir,
                options: [
                    "--threshold", String(Self.threshold), "--trailing", String(Self.trailing),
                    "--payload", "64",
                ])
            defer { cluster.remove() }
            let clock = ContinuousClock()
            let began = clock.now
            do {
                for id in cluster.ids { try cluster.start(id) }
                try await killRounds(cluster)
                try await cluster.check()
                let cuts = try await forceConflict(cluster)
                let (resets, bytes) = try await forceInstallation(cluster)
                let group = try await measureGroups(cluster)
                for id in cluster.ids { cluster.kill(id) }
                for id in cluster.ids { try cluster.start(id) }
                try await cluster.waitForAgreement()
                try await cluster.check()
                cluster.stopAll()
                print(
                    "\(backend): \(rounds) kills, then all; \(cluster.acknowledgedCount) values "
                        + "acknowledged, none lost, states equal; \(cuts) truncation(s), "
                        + "\(resets) reset(s), at most \(bytes / 1024) KiB a node, "
                        + "\(group.entries) entries by \(group.syncs) syncs "
                        + "(\(clock.now - began))")
            } catch {
                print("\(backend) FAILED: \(error)")
                for id in cluster.ids { cluster.kill(id) }
                throw ExitCode(1)
            }
        }

        private func killRounds(_ cluster: ProcessCluster) async throws {
            try await cluster.withClients(clients) {
                try await cluster.waitForMore(100)
                for round in 0..<rounds {
                    let leader = try await cluster.leader().id
                    let followers = cluster.ids.filter { $0 != leader }
                    let victim = round % 2 == 0 ? leader : followers[round / 2 % 2]
                    cluster.kill(victim)
                    try await cluster.waitForMore(100)
                    try cluster.start(victim)
                    // Sometimes it is still behind when the next one dies.
                    if round % 3 > 0 {
                        try await cluster.wait(for: "return of node \(victim)") {
                            cluster.process(victim)?.isReady == true
                        }
                    }
                }
            }
            try await cluster.waitForAgreement()
        }

        /// Gives the leader entries that nobody else ever sees, and kills it.
        ///
        /// - Returns: how often it had to cut its log when it came back.
        private func forceConflict(_ cluster: ProcessCluster) async throws -> Int {
            for _ in 0..<10 {
                let leader = try await cluster.leader()
                let before = await leader.status()?.last ?? 0
                let others = cluster.ids.filter { $0 != leader.id }
                for id in others { cluster.kill(id) }
                // They wait for a majority that is not there.
                async let lost = withTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 { group.addTask { _ = await cluster.proposeOnce() } }
                }
                try await cluster.wait(for: "entries that only the leader has") {
                    let status = await leader.status()
                    return status?.state != "leader" || (status?.last ?? 0) > before
                }
                let kept = await leader.status()?.last ?? 0
                // What it appended has to be on its disk.
                try await Task.sleep(for: .milliseconds(50))
                cluster.kill(leader.id)
                await lost
                for id in others { try cluster.start(id) }
                for _ in 0..<5 { try await cluster.propose() }
                try cluster.start(leader.id)
                try await cluster.waitForAgreement()
                let cuts = await cluster.process(leader.id)?.status()?.truncationCount ?? 0
                if kept > before, cuts > 0 { return cuts }
            }
            throw ProcessCluster.Failure("no conflict in ten attempts")
        }

        /// Lets a follower miss more than the leader's log keeps.
        ///
        /// - Returns: how often it was given a snapshot, and the bytes of the largest directory.
        private func forceInstallation(
            _ cluster: ProcessCluster
        ) async throws -> (resets: Int, byteCount: Int) {
            let leader = try await cluster.leader().id
            guard let victim = cluster.ids.first(where: { $0 != leader }) else { return (0, 0) }
            let known = await cluster.process(victim)?.status()?.last ?? 0
            cluster.kill(victim)
            try await cluster.withClients(clients) {
                try await cluster.wait(for: "snapshots") {
                    let status = try await cluster.leader().status()
                    return (status?.snapshot ?? 0) > known + UInt64(Self.trailing) * 2
                }
            }
            try cluster.start(victim)
            try await cluster.waitForAgreement()
            let resets = await cluster.process(victim)?.status()?.resetCount ?? 0
            guard resets > 0 else { throw ProcessCluster.Failure("no snapshot was installed") }
            // Segments of 256 KiB, one prepared ahead, a snapshot or two; LMDB's free pages.
            let byteCount = cluster.ids.map(cluster.byteCount).max() ?? 0
            guard byteCount < 32 << 20 else {
                throw ProcessCluster.Failure("a directory takes \(byteCount) bytes")
            }
            return (resets, byteCount)
        }

        private func measureGroups(
            _ cluster: ProcessCluster
        ) async throws -> (entries: Int, syncs: Int) {
            let leader = try await cluster.leader()
            let before = await leader.status()
            try await cluster.withClients(clients) { try await cluster.waitForMore(2_000) }
            let after = await leader.status()
            guard let before, let after else { throw ProcessCluster.Failure("no leader any more") }
            let entries = after.entryCount - before.entryCount
            let syncs = after.syncCount - before.syncCount
            guard clients < 16 || syncs * 2 < entries else {
                throw ProcessCluster.Failure("\(syncs) syncs for \(entries) entries")
            }
            return (entries, syncs)
        }
    }
#endif
