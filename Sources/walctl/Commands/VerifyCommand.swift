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
            on a line of its own, and exit code 3, or 7 if a format version is unknown. Changes \
            nothing, and works beside a live writer.

            EXAMPLE
              walctl verify /var/lib/log || echo "do not start this replica"
            """)

    @ParentCommand var root: WalctlCommand
    @OptionGroup var store: StoreOptions

    @Flag(help: "Prints one JSON object.")
    var json = false

    func run(_ output: Output) throws {
        let location = try StoreLocation(store, root)
        let report = try location.inspect { (backend, path) throws(LogStoreError) in
            try backend.verify(at: path)
        }
        let verdict = Self.verdict(report)
        do throws(LogStoreError) {
            try show(report, output)
            try output.flush()
        } catch {
            // Who cannot read the list still learns from the exit code that there is one.
            guard verdict != nil else { throw error }
        }
        if let verdict { throw verdict }
    }

    /// What the damage amounts to; `nil` if there is none.
    private static func verdict(_ report: VerificationReport) -> Failure? {
        let count = report.damages.count
        guard count > 0 else { return nil }
        let isUnknown = report.damages.contains { $0.code == .unsupportedFormat }
        return Failure(
            isUnknown ? .unsupportedFormat : .corrupt,
            count == 1 ? "1 damage found" : "\(count) damages found")
    }

    private func show(
        _ report: VerificationReport, _ output: Output
    ) throws(LogStoreError) {
        if json {
            try output.line(Self.json(report).text)
        } else if report.damages.isEmpty {
            let first = report.state.first.map(String.init) ?? "-"
            let last = report.state.isEmpty ? nil : report.state.last
            try output.line(
                "ok first=\(first) last=\(last.map { String($0.index) } ?? "-") "
                    + "torn=\(report.tornByteCount)")
        } else {
            for damage in report.damages { try output.line(damage.line) }
        }
    }

    private static func json(_ report: VerificationReport) -> JSONObject {
        var object = JSONObject()
        object.set("ok", report.damages.isEmpty)
        object.set("first", report.state.first)
        object.set("last", report.state.isEmpty ? nil : report.state.last?.index)
        object.set("compacted", report.state.compacted?.json)
        object.set("tornBytes", report.tornByteCount)
        object.set("checkedBytes", report.checkedByteCount)
        object.set("damages", report.damages.map(\.json))
        return object
    }
}
