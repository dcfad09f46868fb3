import ArgumentParser

/// The long forms of what the engine's tests do, and the processes that they kill.
@main
struct RaftStress: AsyncParsableCommand {
    #if CRaft
        static let configuration = CommandConfiguration(
            commandName: "raftstress",
            abstract: "Clusters of C-Raft over the stores: simulated, killed and measured.",
            subcommands: [
                SimulateCommand.self, KillCommand.self, BenchCommand.self, NodeCommand.self,
            ])
    #else
        static let configuration = CommandConfiguration(
            commandName: "raftstress",
            abstract: "Does nothing: it was built without the trait CRaft.")

        func run() async throws {
            throw ValidationError("build with --traits LMDB,CRaft; make test-engines does")
        }
    #endif
}
