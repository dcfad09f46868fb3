#if CRaft
    import ArgumentParser
    import RaftEngine
    import RaftSimulation

    extension EngineCorrections.Correction: ExpressibleByArgument {}

    /// Runs simulated clusters, one for each seed.
    struct SimulateCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "simulate",
            abstract: "Runs clusters in virtual time: crashes, partitions and failing disks.",
            discussion: """
                Each seed is a cluster of three or five replicas, on simulated disks and a simulated \
                network. Whatever happens, no two lead in one term, logs and state machines agree, \
                and nothing that was acknowledged is lost. A seed that fails does so again: --seed N \
                --verbose prints all that happened.
                """)

        @Option(help: "The first seed.")
        var from: UInt64 = 1

        @Option(help: "How many seeds to run.")
        var seeds: UInt64 = 50

        @Option(help: "The only seed to run.")
        var seed: UInt64?

        @Option(help: "Leave a correction of C-Raft out: answers, coveredEntries or refusals.")
        var without: EngineCorrections.Correction?

        @Flag(help: "Leave the disks as they are: none rots.")
        var withoutRot = false

        @Flag(help: "Print all that happens.")
        var verbose = false

        func run() async throws {
            let range = seed.map { $0...$0 } ?? from...(from + max(1, seeds) - 1)
            var total = ClusterRecord.Counts()
            var acknowledged = 0
            var failed: [UInt64] = []
            for seed in range {
                var options = SimulatedCluster.Options(seed: seed)
                if let without { options.corrections.remove(without) }
                options.rots = !withoutRot
                if verbose { options.onLine = { print($0) } }
                let outcome = SimulatedCluster.run(options)
                total += outcome.counts
                acknowledged += outcome.acknowledgedCount
                if !outcome.violations.isEmpty {
                    failed.append(seed)
                    print("seed \(seed) failed: \(outcome.violations.joined(separator: "; "))")
                }
                if verbose { print("seed \(seed): hash \(outcome.fingerprint)") }
            }
            print(
                "\(range.count) clusters, \(failed.count) failed: \(total.elections) elections, "
                    + "\(total.crashes) crashes (\(total.powerCuts) power cuts), "
                    + "\(total.failures) failed disks, \(total.rots) damaged "
                    + "(\(total.repairs) mended with \(total.repairedEntryCount) entries of others, "
                    + "\(total.retirements) given up), \(total.truncations) truncations, "
                    + "\(total.snapshots) snapshots, \(total.installations) installed, "
                    + "\(total.messages) messages, \(acknowledged) acknowledged proposals")
            guard failed.isEmpty else { throw ExitCode(1) }
        }
    }
#endif
