import ArgumentParser
import BackendConformance
import Conformance
import RaftWAL
import SegmentBackend

/// `walctl conformance`.
struct ConformanceCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Checks the stores of this build against every rule, on this machine's disk.",
        discussion: """
            Each rule is a promise of the log, such as 'a batch is there whole or not at all'. \
            Prints BACKEND RULE and what came of it on a line: passed, failed, or not checked and \
            why; a violation in full below it, with the calls that led to it; the numbers for each \
            backend; and of all rules a table of the backends. A rule \
            that is broken is exit code 3; --seed replays it. Stores are made in new directories \
            under --dir, and removed afterwards.

            EXAMPLE
              walctl conformance --backend segment --rules append.gapRefused,batch.order
            """)

    @ParentCommand var root: WalctlCommand
    @OptionGroup var backendOptions: BackendOptions

    @Option(
        help: ArgumentHelp("The rules to check, by their ids. Default: all.", valueName: "id,id"))
    var rules: String?

    @Option(
        help: ArgumentHelp("Where stores are made. Default: $TMPDIR or /tmp.", valueName: "dir"),
        completion: .directory)
    var dir: String?

    @Option(help: ArgumentHelp("Where everything random comes from.", valueName: "s"))
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "Writes JUnit's XML as well, for continuous integration.", valueName: "file"),
        completion: .file())
    var junit: String?

    @Flag(help: "Prints one JSON object a line.")
    var json = false

    func run(_ output: Output) throws {
        let rules = try chosenRules()
        let backends = try chosenBackends()
        let seed = self.seed ?? .random(in: .min ... .max)
        if let dir { try Self.checkDirectory(dir) }
        let progress = Progress(unit: "rules", total: UInt64(rules.count * backends.count))
        var done: UInt64 = 0
        var reports: [(backend: String, report: Report)] = []
        for backend in backends {
            let suite = try suite(for: backend, seed: seed)
            var report = Report(seed: seed)
            for rule in rules {
                let finding = try waitFor { await suite.run([rule]) }.findings
                progress.finish()
                for finding in finding { try show(finding, backend, output) }
                try output.flush()
                report.findings += finding
                done += 1
                progress.advance(to: done)
            }
            progress.finish()
            try summarize(report, backend, output)
            try output.flush()
            reports.append((backend.rawValue, report))
        }
        if !json, reports.count > 1, rules.count == Rule.allCases.count {
            for line in ReportTable(reports).description.split(separator: "\n") {
                try output.line(String(line))
            }
            try output.flush()
        }
        if let junit {
            var file = try ExportFile(path: junit)
            try file.write(Array(Report.junit(reports).utf8).span.bytes)
            try file.commit()
        }
        let brokenCount = reports.reduce(0) { $0 + $1.report.violations.count }
        guard brokenCount == 0 else {
            throw Failure(
                .corrupt, brokenCount == 1 ? "1 rule is broken" : "\(brokenCount) rules are broken")
        }
    }

    private func chosenRules() throws(Failure) -> [Rule] {
        guard let rules else { return Rule.allCases }
        var chosen: [Rule] = []
        for name in rules.split(separator: ",").map(String.init) {
            guard let rule = Rule(id: name) else {
                let family = name.prefix { $0 != "." } + "."
                let similar = Rule.allCases.map(\.id).filter { $0.hasPrefix(family) }
                throw Failure(
                    .usage,
                    "there is no rule '\(name)'"
                        + (similar.isEmpty ? "" : "; there is " + similar.joined(separator: ", ")))
            }
            chosen.append(rule)
        }
        guard !chosen.isEmpty else { throw Failure(.usage, "--rules names no rule") }
        return chosen
    }

    private func chosenBackends() throws(Failure) -> [Backend] {
        guard let backend = backendOptions.backend ?? root.backendOptions.backend else {
            return Backend.available
        }
        guard Backend.available.contains(backend) else {
            throw Failure(.usage, "the backend \(backend) is not built in")
        }
        return [backend]
    }

    private func suite(for backend: Backend, seed: UInt64) throws(Failure) -> LogStoreSuite {
        switch backend {
        case .segment: return .segment(seed: seed, scratchDirectory: dir)
        case .lmdb:
            #if LMDB
                return .lmdb(seed: seed, scratchDirectory: dir)
            #else
                throw Failure(.usage, "the backend \(backend) is not built in")
            #endif
        }
    }

    private static func checkDirectory(_ path: String) throws(Failure) {
        let kind: FileKind?
        do throws(SystemCallError) {
            kind = try POSIXFileSystem().kind(of: path)
        } catch {
            throw Failure(error)
        }
        guard kind == .directory else { throw Failure(.notFound, "\(path) is no directory") }
    }

    private func show(
        _ finding: Report.Finding, _ backend: Backend, _ output: Output
    ) throws(LogStoreError) {
        let (word, reason): (String, String?) =
            switch finding.outcome {
            case .passed: ("passed", nil)
            case .failed(let violation): ("failed", violation.message)
            case .notChecked(let reason): ("not checked", reason)
            }
        guard json else {
            var line = "\(backend) \(finding.rule.id) \(word)"
            if case .notChecked(let reason) = finding.outcome { line += ": " + reason }
            try output.line(line)
            if case .failed(let violation) = finding.outcome {
                for line in violation.description.split(separator: "\n") {
                    try output.line("  " + line)
                }
            }
            return
        }
        var object = JSONObject()
        object.set("backend", backend.rawValue)
        object.set("rule", finding.rule.id)
        object.set("outcome", word)
        object.set("reason", reason)
        if case .failed(let violation) = finding.outcome {
            object.set("contract", finding.rule.contract)
            object.set("location", violation.location)
        }
        object.set("milliseconds", Int64(finding.duration / .milliseconds(1)))
        try output.line(object.text)
    }

    private func summarize(
        _ report: Report, _ backend: Backend, _ output: Output
    ) throws(LogStoreError) {
        let counts = (report.passed.count, report.violations.count, report.notChecked.count)
        guard json else {
            return try output.line(
                "\(backend): \(counts.0) passed, \(counts.1) failed, \(counts.2) not checked; "
                    + "seed \(report.seed)")
        }
        var object = JSONObject()
        object.set("backend", backend.rawValue)
        object.set("passed", counts.0)
        object.set("failed", counts.1)
        object.set("notChecked", counts.2)
        object.set("seed", report.seed)
        try output.line(object.text)
    }
}
