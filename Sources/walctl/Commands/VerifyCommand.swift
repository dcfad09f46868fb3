import ArgumentParser
import RaftWAL

/// `walctl verify`.
struct VerifyCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Reads and checks every byte, and lists all damage.",
        discussion: """
            Prints 'ok first=F last=L torn=BYTES', where torn bytes are what a crash left at the \
            end and the next writer cuts, and '-' stands for an empty log. Otherwise every damage \
            on a line of its own, with file, offset and, where known, index and term; what to do \
            about it goes to stderr, or into the field "advice" with --json. Changes nothing, and \
            works beside a live writer.

            WHAT IS CHECKED
            The checksum of every record (it covers the record's place, so that a record from \
            elsewhere is not valid here), that each sealed segment's footer names the entries \
            where they stand, that entries, truncations and compactions follow from one another, \
            that no segment is missing or another store's, and that nothing stands behind a clean \
            end. Of an LMDB store: every page in use, the order of the keys, the list of free \
            pages, every entry and every metadata value.

            WHAT A FINDING MEANS
            Damage to something that was durable: a disk that lost it, a file that was moved or \
            overwritten. A crash is no such thing: what it leaves at the end is counted as torn, \
            and is cut when the store is opened. Nothing is cut or repaired by this command. The \
            findings come file by file; after one of them the next are still looked for.

            EXIT CODES
            0 nothing is wrong, 3 damage was found, 5 a file could not be read, 6 there is no \
            store, 7 a format version is unknown.

            EXAMPLE
              walctl verify /var/lib/log || echo "do not start this replica"
              walctl verify /var/lib/log --rate 50
            """)

    @ParentCommand var root: WalctlCommand
    @OptionGroup var store: StoreOptions

    @Option(
        help: ArgumentHelp(
            "Reads so many MiB a second at most, beside a node at work. Default: all it can.",
            valueName: "mib"))
    var rate: UInt64?

    @Flag(help: "Prints one JSON object.")
    var json = false

    func validate() throws {
        if rate == 0 { throw ValidationError("--rate has to be at least 1.") }
    }

    func run(_ output: Output) throws {
        let location = try StoreLocation(store, root)
        let report = try verify(location)
        let verdict = Self.verdict(report)
        do throws(LogStoreError) {
            try show(report, location, output)
            try output.flush()
        } catch {
            // Who cannot read the list still learns from the exit code that there is one.
            guard verdict != nil else { throw error }
        }
        if let verdict { throw verdict }
    }

    private func verify(_ location: StoreLocation) throws(LogStoreError) -> VerificationReport {
        // Only one thread at a time reports.
        nonisolated(unsafe) let progress = Progress(unit: "bytes", total: nil)
        defer { progress.finish() }
        var options = VerificationOptions()
        options.byteLimitPerSecond = rate.map {
            let (limit, overflow) = $0.multipliedReportingOverflow(by: 1 << 20)
            return overflow ? .max : limit
        }
        if Messages.isTerminal {
            options.progress = { progress.advance(to: $0.readByteCount, of: $0.totalByteCount) }
        }
        return try location.inspect { (backend, path) throws(LogStoreError) in
            try backend.verify(at: path, options: options)
        }
    }

    /// What the damage amounts to; `nil` if there is none.
    private static func verdict(_ report: VerificationReport) -> Failure? {
        let count = report.findings.count
        guard count > 0 else { return nil }
        let status: ExitStatus =
            if report.damages.contains(where: { $0.code == .unsupportedFormat }) {
                .unsupportedFormat
            } else if report.damages.contains(where: { $0.code == .corrupt }) {
                .corrupt
            } else {
                .failed
            }
        return Failure(status, count == 1 ? "1 damage found" : "\(count) damages found")
    }

    private func show(
        _ report: VerificationReport, _ location: StoreLocation, _ output: Output
    ) throws(LogStoreError) {
        if json { return try output.line(report.json(for: location).text) }
        if report.findings.isEmpty {
            try output.line(report.verdictLine)
            if report.tornByteCount > 0 {
                Messages.note(
                    "torn: a crash left them; nothing is to be done, the next writer cuts them")
            }
            return
        }
        for damage in report.damages { try output.line(damage.line) }
        try output.flush()
        for line in report.advice(for: location) { Messages.note(line) }
    }
}
