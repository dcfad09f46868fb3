import ArgumentParser
import Foundation
import WALProtocol

extension Profile: ExpressibleByArgument {}

/// `walbench compare`.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Runs the rules and the workloads on each backend, side by side.",
        discussion: """
            First the conformance rules, then the workloads, interleaved, each in a new directory
            on the disk under --dir. Prints one table with the ratio to LMDB and to the physical
            limit, a plain loop with the same writes and syncs that is measured in the same run.

            EXAMPLES
              walbench compare
              walbench compare --backends segment,lmdb,lmdb:nosync --dir /var/lib --profile standard
              walbench compare --input access.log --json compare.json
              walbench compare --backends segment --workloads append.durable,get.hot.same
            """)

    @OptionGroup var choice: BackendOptions

    @Option(help: "A directory on the disk to measure. Default: the current one.")
    var dir: String?

    @Option(
        help: "How much is measured: quick takes under a minute, the others have more workloads.")
    var profile: Profile = .quick

    @Option(help: "A file whose lines are appended, read back and compared as well.")
    var input: String?

    @Option(help: "Where to write the results as JSON.")
    var json: String?

    @OptionGroup var outputs: ReportOptions

    @Option(
        help: ArgumentHelp(
            "These workloads, or those whose ids begin so: a.b stands for a.b.1. Default: all.",
            valueName: "id,id"))
    var workloads: String?

    // What `walbench against` starts builds with, older ones too: an unknown id measures nothing.
    @Option(
        help: ArgumentHelp(
            "Only this workload, or those whose ids begin with it and a dot; no rules.",
            valueName: "id",
            visibility: .hidden))
    var only: String?

    func validate() throws {
        _ = try Selection(workloads, of: profile)
    }

    func run() throws {
        if let json { try Output.checkWritable(json) }
        try outputs.checkWritable()
        let contestants = try choice.contestants()
        let file = try input.map { path throws(LogStoreError) in try InputFile(path: path) }
        let directory = try Directory.chosen(dir)
        let scratch = try Scratch(in: directory)
        let results = Results()
        let interruption = Interruption(removing: scratch, results: results) {
            try publish($0)
        }
        do {
            results.keep(try compare(contestants, file, in: scratch, keep: results.keep))
        } catch {
            // What was measured before it is not lost.
            let partial = results.takeOrWait(isPartial: true)
            scratch.removeAll()
            if let partial { try publish(partial) }
            throw error
        }
        let comparison = results.takeOrWait()
        scratch.removeAll()
        withExtendedLifetime(interruption) {}
        if let comparison { try publish(comparison) }
    }

    private func compare(
        _ contestants: [Contestant], _ file: InputFile?, in scratch: Scratch,
        keep: @escaping (Comparison) -> Void
    ) throws -> Comparison {
        let progress = Progress()
        defer { progress.clear() }
        var comparison = Comparison(environment: environment(contestants, scratch))
        if comparison.environment.isInMemory {
            Output.complain(
                "walbench: this directory is in memory: durable figures mean nothing there\n")
        }
        if only == nil {
            // What keeps nothing breaks every rule about coming back.
            comparison.conformance = try ConformanceRun(in: scratch, progress: progress.show)
                .run(contestants.filter(\.isOnDisk)).map { Conformity($0.backend, $0.report) }
        }
        let bench = Bench(
            profile: profile, scratch: scratch, helper: Self.executable.map(Helper.init))
        try Runner(
            bench, contestants: contestants, conformance: comparison.conformance,
            progress: progress.show, keep: keep
        ).run(try chosenWorkloads(), into: &comparison)
        if let file {
            try InputComparison(
                file, in: bench, contestants: contestants, conformance: comparison.conformance,
                progress: progress.show
            ).run(into: &comparison)
        }
        return comparison
    }

    private func chosenWorkloads() throws -> [any Workload] {
        let workloads = try Selection(workloads, of: profile).workloads
        guard let only else { return workloads }
        return Workloads.all.filter { $0.id == only || $0.id.hasPrefix(only + ".") }
    }

    private func publish(_ comparison: Comparison) throws {
        let lost = comparison.inputs.filter { !$0.isIdentical }
        do {
            try outputs.publish(comparison, json: json, isSilent: outputs.takesStdout)
        } catch {
            guard !lost.isEmpty, let failure = Failure(error) else { throw error }
            Output.complain("walbench: \(failure.message)\n")
        }
        guard lost.isEmpty else {
            throw Failure(
                exitCode: 3,
                message: lost.map { "\($0.backend): \($0.text)" }.joined(separator: "; "))
        }
    }

    private func environment(
        _ contestants: [Contestant], _ scratch: Scratch
    ) -> WALBenchmark.Environment {
        var versions = ["swift-raft-wal": Version.text]
        #if compiler(>=6.3)
            versions["swift"] = "6.3 or later"
        #else
            versions["swift"] = "6.2"
        #endif
        for contestant in contestants { versions[contestant.name] = contestant.version }
        return WALBenchmark.Environment(
            directory: scratch.path, versions: versions,
            options: [
                "profile": profile.rawValue,
                "repetitions": "\(profile.repetitions)",
                "backends": contestants.map(\.name).joined(separator: ","),
                "directory": URL(fileURLWithPath: scratch.path).deletingLastPathComponent().path,
                "input": input ?? "none",
            ])
    }

    /// This program, to start it again with.
    static var executable: String? {
        #if os(Linux)
            "/proc/self/exe"
        #else
            Bundle.main.executablePath
        #endif
    }
}
