#if CRaft
    import ArgumentParser

    /// Measures what a cluster of three processes on this machine takes.
    struct BenchCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "bench",
            abstract: "Measures acknowledged proposals a second in a cluster of three processes.",
            discussion: """
                All three share the machine's processors and its disk. Each proposal crosses two \
                pipes besides, to the process that leads and back.
                """)

        @Option(help: "The stores: segment, lmdb or mixed.")
        var backend = "segment"
        @Option(help: "How many clients propose at a time.")
        var clients = 64
        @Option(help: "The proposals to measure.")
        var proposals = 20_000
        @Option(help: "The bytes of each.")
        var payload = 128
        @Option(help: "Where the nodes' directories are made, and removed again.")
        var dir: String?

        func run() async throws {
            let cluster = try ProcessCluster(
                backend: backend, directory: dir, options: ["--payload", String(payload)])
            defer { cluster.remove() }
            for id in cluster.ids { try cluster.start(id) }
            let leader = try await cluster.leader()
            try await cluster.withClients(clients) {
                try await cluster.waitForMore(proposals / 10)
                let clock = ContinuousClock()
                let (before, count) = (await leader.status(), cluster.acknowledgedCount)
                let began = clock.now
                try await cluster.waitForMore(proposals)
                let time = clock.now - began
                let (after, done) = (await leader.status(), cluster.acknowledgedCount - count)
                guard let before, let after else {
                    throw ProcessCluster.Failure("the leader is gone")
                }
                let seconds =
                    Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
                let syncs = after.syncCount - before.syncCount
                print(
                    "\(backend): \(clients) clients, \(payload) bytes: "
                        + "\(Int(Double(done) / seconds)) proposals/s, "
                        + "\(Int(Double(syncs) / seconds)) syncs/s on the leader, "
                        + "\(syncs == 0 ? 0 : (after.entryCount - before.entryCount) / syncs) "
                        + "entries a sync")
            }
            cluster.stopAll()
        }
    }
#endif
