import ArgumentParser
import Foundation

/// `walbench report`.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Shows a saved run: in the terminal, as a page, as Markdown or as a chart.",
        discussion: """
            Reads what 'walbench compare --json' wrote, or the page that it wrote with --html,
            which has the same results inside. Without an option it prints the figures.

            EXAMPLES
              walbench report compare.json
              walbench report compare.json --html report.html
              walbench report report.html --markdown - > comment.md
              walbench report compare.json --svg chart.svg
            """)

    @Argument(help: "The saved run.")
    var file: String

    @OptionGroup var outputs: ReportOptions

    @Option(
        help: ArgumentHelp(
            "Where to write the chart of the answer as an image; - for stdout.", valueName: "out|-")
    )
    var svg: String?

    /// Whether the figures for the terminal are left out.
    var isSilent: Bool { outputs.isSilent || svg != nil && outputs.bars == nil }

    /// Whether stdout is a file that somebody wants.
    var takesStdout: Bool { svg == "-" || outputs.takesStdout }

    func validate() throws {
        guard svg != "-" || outputs.bars == nil && !outputs.takesStdout else {
            throw ValidationError("With --svg - nothing else goes to stdout.")
        }
    }

    func run() throws {
        let comparison = try Comparison(savedIn: file)
        try outputs.checkWritable()
        if let svg, svg != "-" { try Output.checkWritable(svg) }
        var attempts = Attempts()
        if let svg {
            let chart = SummaryChart(Findings(comparison))
            guard !chart.isEmpty else {
                throw Failure(exitCode: 6, message: "\(file) has no figures that could be drawn")
            }
            attempts.make { try Output.write(chart.document(), toFileOrStdout: svg) }
        }
        attempts.make {
            try outputs.publish(comparison, isSilent: isSilent, takesStdout: takesStdout)
        }
        try attempts.finish()
    }
}

/// What both `compare` and `report` can write.
struct ReportOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where to write the report as one HTML file; its path is the last line of the output.",
            valueName: "out"))
    var html: String?

    @Option(
        help: ArgumentHelp(
            "Where to write the figures as Markdown; - for stdout, instead of the table.",
            valueName: "out|-"))
    var markdown: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Bars instead of the table. Default: if stdout is a terminal.")
    var bars: Bool?

    /// Whether something else than the figures goes to stdout, or nothing has to.
    var isSilent: Bool { bars == nil && (html != nil || markdown != nil) }

    /// Whether stdout is the file that somebody wants.
    var takesStdout: Bool { markdown == "-" }

    /// Makes sure that nobody waits for what cannot be written.
    func checkWritable() throws(Failure) {
        if let html { try Output.checkWritable(html) }
        if let markdown, markdown != "-" { try Output.checkWritable(markdown) }
    }

    /// Writes what was asked for; what cannot be written costs none of the rest.
    ///
    /// - Parameters:
    ///   - json: Where to write the results as JSON.
    ///   - isSilent: Whether to leave the figures for the terminal out.
    ///   - takesStdout: Whether stdout has something else that nothing may be added to.
    /// - Throws: the first failure.
    func publish(
        _ comparison: Comparison, json: String? = nil, isSilent: Bool, takesStdout: Bool = false
    ) throws {
        var attempts = Attempts()
        // The files first: figures that nobody reads must not cost them.
        if let json {
            attempts.make { try Output.write(try JSONReport(comparison).text(), toFile: json) }
        }
        var page: String?
        if let html {
            attempts.make {
                try Output.write(try HTMLReport(comparison).text(), toFile: html)
                page = html
            }
        }
        if let markdown {
            attempts.make {
                try Output.write(MarkdownReport(comparison).text, toFileOrStdout: markdown)
            }
        }
        if !isSilent {
            let text =
                bars ?? Output.isTerminal
                ? Bars(
                    of: comparison, width: Bars.terminalWidth, emphasises: Output.isEmphatic
                ).text
                : Table(of: comparison, emphasises: Output.isEmphatic).text
            attempts.make { try Output.print(text) }
        }
        if let page {
            let line = "report: \(URL(fileURLWithPath: page).path)\n"
            if takesStdout || self.takesStdout {
                Output.complain(line)
            } else {
                attempts.make { try Output.print(line) }
            }
        }
        try attempts.finish()
    }
}

extension Comparison {
    /// Reads a saved run: the JSON, or the page that holds it.
    init(savedIn path: String) throws(Failure) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            let number = access(path, R_OK) == 0 ? EIO : errno
            throw Failure(call: "open", path: path, errno: number)
        }
        self = try JSONReport(reading: HTMLReport.results(in: data) ?? data, from: path)
            .comparison(named: path)
    }
}

extension HTMLReport {
    /// The results that are in a page of ours; `nil` if this is none.
    static func results(in page: Data) -> Data? {
        let text = String(decoding: page, as: UTF8.self)
        guard text.hasPrefix("<!DOCTYPE html>"),
            let begin = text.range(of: #"<script type="application/json" id="results">"#),
            let end = text.range(of: "</script>", range: begin.upperBound..<text.endIndex)
        else { return nil }
        return Data(text[begin.upperBound..<end.lowerBound].utf8)
    }
}
