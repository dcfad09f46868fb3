import ArgumentParser

/// `walbench diff`.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Says what changed from one saved run to another, beyond the noise.",
        discussion: """
            Reads two files that 'walbench compare' wrote with --json or --html. Exits with 1 if
            something got worse by more than the threshold, and with 0 otherwise. Figures of
            different durability are not compared.
            \(Change.rule).
            Five repetitions of each tell, which is what every profile has; three do not.

            EXAMPLES
              walbench diff before.json after.json
              walbench diff main.json branch.json --backends segment --threshold 5 --markdown -
            """)

    @Argument(help: "The earlier run.")
    var before: String

    @Argument(help: "The later run.")
    var after: String

    @Option(
        help: ArgumentHelp(
            "How much worse a figure may be, beyond the noise.", valueName: "percent"))
    var threshold = 10.0

    @Option(help: ArgumentHelp("These backends only.", valueName: "a,b"))
    var backends: String?

    @Flag(help: "Show what is within the noise, too.")
    var all = false

    @Option(
        help: ArgumentHelp(
            "Where to write it as Markdown; - for stdout, instead of the table.",
            valueName: "out|-"))
    var markdown: String?

    @Option(help: "Where to write it as JSON.")
    var json: String?

    func validate() throws {
        guard threshold >= 0, threshold.isFinite else {
            throw ValidationError("The threshold is a percentage from 0 up.")
        }
    }

    func run() throws {
        for path in [markdown, json].compactMap(\.self) where path != "-" {
            try Output.checkWritable(path)
        }
        let report = DifferenceReport(
            try difference(), threshold: threshold, showsAll: all)
        if let json { try Output.write(try report.json(), toFile: json) }
        if let markdown { try Output.write(report.markdown, toFileOrStdout: markdown) }
        if markdown != "-" { try Output.print(report.text) }
        if let failure = report.failure { throw failure }
    }

    /// What was asked for, read and held against each other.
    func difference() throws -> Difference {
        let old = try Comparison(savedIn: before)
        let new = try Comparison(savedIn: after)
        let names = backends.map { Set($0.split(separator: ",").map(String.init)) }
        for name in names ?? [] where !(old.backends + new.backends).contains(name) {
            throw ValidationError("Neither run has a backend '\(name)'.")
        }
        return Difference(from: old, to: new, backends: names)
    }
}
