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

    @Option(help: ArgumentHelp("Where to write the results as JSON as well.", valueName: "out"))
    var json: String?

    func run() throws {
        if let json { try Output.checkWritable(json) }
        if let junit { try Output.checkWritable(junit) }
        let contestants = try choice.contestants()
        let scratch = try Scratch(in: try Directory.chosen(dir))
        let interruption = Interruption(removing: scratch)
        defer { scratch.removeAll() }
        let progress = Progress()
        let reports = try ConformanceRun(in: scratch, progress: progress.show).run(contestants)
        progress.clear()
        withExtendedLifetime(interruption) {}
        var attempts = Attempts()
        if let json { attempts.make { try Output.write(Self.json(reports), toFile: json) } }
        if let junit {
            attempts.make { try Output.write(Report.junit(reports), toFile: junit) }
        }
        attempts.make { try Output.print(Self.text(reports)) }
        let brokenCount = reports.reduce(0) { $0 + $1.report.violations.count }
        guard brokenCount == 0 else {
            throw Failure(
                exitCode: 3,
                message: brokenCount == 1 ? "1 rule is broken" : "\(brokenCount) rules are broken")
        }
        try attempts.finish()
    }

    private static func text(_ reports: [(backend: String, report: Report)]) -> String {
        let backends = reports.map { backend, report in
            report.violations.map { "\($0)\n\n" }.joined()
                + "\(backend): \(report.passed.count) passed, \(report.violations.count) failed, "
                + "\(report.notChecked.count) not checked; seed \(report.seed)\n"
        }
        return backends.joined() + "\n\(ReportTable(reports))\n"
    }

    /// The reports of the backends in the shape that the rules' own reports have, as one object.
    static func json(_ reports: [(backend: String, report: Report)]) -> String {
        let backends = reports.map { $0.report.json(backend: $0.backend) }
        return #"{"schema":1,"backends":["# + backends.joined(separator: ",\n") + "]}\n"
    }
}
