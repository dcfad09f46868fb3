import ArgumentParser
import Conformance
import Foundation

/// `walbench conformance`.
struct ConformanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Checks each backend against every rule, on your own disk.",
        discussion: """
            Prints every violation with the calls that led to it, and a table of the groups of rules
            by backend. A broken rule is exit code 3. 'walctl conformance' does the same rule by
            rule; this command also knows the backends that a program has added.

            EXAMPLES
              walbench conformance
              walbench conformance --backends all --junit conformance.xml
            """)

    @OptionGroup var choice: BackendOptions

    @Option(help: "A directory on the disk to check. Default: the current one.")
    var dir: String?

    @Option(help: ArgumentHelp("Where to write JUnit's XML as well.", valueName: "out"))
    var junit: String?

    func run() throws {
        if let junit { try Output.checkWritable(junit) }
        let contestants = try choice.contestants()
        let scratch = try Scratch(in: try Directory.chosen(dir))
        let interruption = Interruption(removing: scratch)
        defer { scratch.removeAll() }
        let progress = Progress()
        let reports = try ConformanceRun(in: scratch, progress: progress.show).run(contestants)
        progress.clear()
        withExtendedLifetime(interruption) {}
        if let junit { try Output.write(Report.junit(reports), toFile: junit) }
        for (backend, report) in reports {
            let broken = report.violations.map { "\($0)\n\n" }.joined()
            try Output.print(
                broken
                    + "\(backend): \(report.passed.count) passed, \(report.violations.count) failed, "
                    + "\(report.notChecked.count) not checked; seed \(report.seed)\n")
        }
        try Output.print("\n\(ReportTable(reports))\n")
        let brokenCount = reports.reduce(0) { $0 + $1.report.violations.count }
        guard brokenCount == 0 else {
            throw Failure(
                exitCode: 3,
                message: brokenCount == 1 ? "1 rule is broken" : "\(brokenCount) rules are broken")
        }
    }
}
