import ArgumentParser
import Conformance
import Foundation
import WALProtocol

/// `walstress kill`.
struct KillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill",
        abstract: "Kills a process whose tasks append through AsyncLog; looks for what it lost.",
        discussion: """
            The kit's KillDrill on a store of this package, which also has to pass its own \
            verification after each round.
            """)

    @Option(help: "The store: segment or lmdb.")
    var backend = DamageCommand.Store.segment
    @Option(help: "How often a process is killed.")
    var rounds = 200
    @Option(help: "The tasks that append.")
    var tasks = 64
    @Option(help: "Where the store is made; by default among the temporary files.")
    var directory: String?

    /// Which store the process has to open that is killed.
    private static let variable = "WALSTRESS_KILLED_BACKEND"

    /// Writes until it is killed, if this process was started for that.
    static func takeOver() {
        let name = ProcessInfo.processInfo.environment[variable] ?? ""
        let backend = DamageCommand.Store(rawValue: name) ?? .segment
        KilledWriter.takeOver { try RealStore.open(backend, at: $0) }
    }

    func validate() throws {
        guard rounds > 0, tasks > 0 else { throw ValidationError("there is nothing to do") }
    }

    func run() throws {
        guard let executable = Bundle.main.executablePath else {
            throw ValidationError("this program does not know where it is")
        }
        setenv(Self.variable, backend.rawValue, 1)
        let drill = KillDrill(
            executable: executable, taskCount: tasks, scratchDirectory: directory
        ) { [backend] path in
            // As the kill left it, before an opening repairs anything; maybe there is nothing yet.
            do {
                let report = try RealStore.verify(backend, at: path)
                guard report.damages.isEmpty else { throw report.damages[0] }
            } catch let error as LogStoreError where error.code == .unavailable {}
            return try RealStore.open(backend, at: path)
        }
        do {
            let report = try drill.run(rounds: rounds)
            print(
                "\(backend.rawValue): \(rounds) rounds with \(tasks) tasks, "
                    + "\(report.acknowledgedCount) entries acknowledged, \(report.entryCount) "
                    + "there in the end, none lost")
        } catch let failure as KillFailure {
            print(failure.description)
            throw ExitCode.failure
        }
    }
}
