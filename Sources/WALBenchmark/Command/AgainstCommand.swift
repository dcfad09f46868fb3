import ArgumentParser
import Foundation

/// `walbench against`.
struct AgainstCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "against",
        abstract: "Compares this build with another one, alternately, and shows the noise.",
        discussion: """
            Runs each workload in both builds, round by round, old first in one round and new first
            in the next. No rules are run: that is `walbench compare`.
            \(Contrast.rule).

            EXAMPLES
              walbench against ./walbench.before
              walbench against ./walbench.before --workloads append.durable,get.hot.same --rounds 15
            """)

    @Argument(help: "The walbench from before the change.")
    var old: String

    @Option(
        help: ArgumentHelp(
            "These workloads, or those whose ids begin so: a.b stands for a.b.1. Default: all.",
            valueName: "id,id"))
    var workloads: String?

    @Option(help: "How often both builds are run.")
    var rounds = 9

    @Option(help: "The backend to measure.")
    var backend = "segment"

    @Option(help: "A directory on the disk to measure. Default: the current one.")
    var dir: String?

    @Option(help: "How much each round measures.")
    var profile: Profile = .quick

    @Option(help: "Where to write the results as JSON.")
    var json: String?

    @Option(
        help: ArgumentHelp(
            "Exit with 1 if a workload got worse by more than this, beyond the noise.",
            valueName: "percent"))
    var failBeyond: Double?

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("There has to be at least one round.") }
        if let failBeyond {
            guard failBeyond >= 0, failBeyond.isFinite else {
                throw ValidationError("--fail-beyond is a percentage from 0 up.")
            }
            guard Contrast.isSignificant(rounds, of: rounds) else {
                throw ValidationError(
                    "No difference counts in so few rounds: --fail-beyond needs six or more.")
            }
        }
        guard Contestant.all.contains(where: { $0.name == backend }) else {
            throw ValidationError("There is no backend '\(backend)'.")
        }
        guard FileManager.default.isExecutableFile(atPath: old) else {
            throw ValidationError("There is no program '\(old)'.")
        }
        _ = try Selection(workloads, of: profile)
    }

    func run() throws {
        if let json { try Output.checkWritable(json) }
        let selection = try Selection(workloads, of: profile)
        guard let new = CompareCommand.executable else {
            throw Failure(exitCode: 5, message: "this system does not say where this program is")
        }
        let scratch = try Scratch(in: try Directory.chosen(dir))
        let results = Results()
        let interruption = Interruption(removing: scratch, results: results)
        let contrasts: [Contrast]
        do {
            contrasts = try measure(selection, new, in: scratch)
        } catch {
            // What a signal interrupts fails; the signal is what is told then.
            _ = results.takeOrWait()
            scratch.removeAll()
            throw error
        }
        _ = results.takeOrWait()
        scratch.removeAll()
        withExtendedLifetime(interruption) {}
        var attempts = Attempts()
        if let json {
            attempts.make {
                try Output.write(try ContrastReport(contrasts).text(), toFile: json)
            }
        }
        attempts.make { try Output.print(ContrastTable(of: contrasts).text) }
        try attempts.finish()
        try judge(contrasts)
    }

    private func measure(
        _ selection: Selection, _ new: String, in scratch: Scratch
    ) throws -> [Contrast] {
        let progress = Progress()
        defer { progress.clear() }
        let duel = Duel(
            old: URL(fileURLWithPath: old).path, new: new, backend: backend, profile: profile,
            in: scratch, progress: progress.show)
        return try selection.workloads.map { try duel.run($0.id, rounds: rounds) }
    }

    private func judge(_ contrasts: [Contrast]) throws {
        guard let failBeyond else { return }
        let worse = contrasts.filter {
            $0.verdict == .worse && ($0.ratio ?? 1) > 1 + failBeyond / 100
        }
        guard worse.isEmpty else {
            throw Failure(
                exitCode: 1,
                message: "worse by more than \(failBeyond) %: "
                    + worse.map(\.workload).joined(separator: ", "))
        }
    }
}
