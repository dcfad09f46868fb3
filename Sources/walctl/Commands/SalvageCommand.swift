import ArgumentParser
import RaftWAL

/// `walctl salvage`.
struct SalvageCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "salvage",
        abstract: "Copies everything still readable of a damaged store into a new one.",
        discussion: """
            The source is only read: no lock, no change, a read-only mount will do. What stands \
            before the first lost entry becomes the store in the new directory, with the vote and \
            the other metadata: what repair would leave. Each run of entries behind a loss becomes \
            a store of its own, run-FIRST-LAST in the new directory, because a log has no holes. \
            Every new store is checked.

            Prints 'copied FIRST-LAST to DIR' for each, 'lost FIRST-LAST' for each range that \
            nobody can read any more ('unknown' where nothing says how far the log went), and \
            whether the replica may vote with what is left. The exit code is 0 if everything that \
            is readable was copied. A directory that is not empty is refused.

            Where the disk itself gives no answer (exit code 5), copy it with a tool such as \
            ddrescue first, and salvage the copy.

            Without --backend the new stores are of the same kind as the old one. Nobody should \
            write to an LMDB store meanwhile.

            EXAMPLE
              walctl salvage /var/lib/log --to /backup/salvaged
            """)

    @ParentCommand var root: WalctlCommand
    @Argument(
        help: ArgumentHelp("The store's directory.", valueName: "dir"), completion: .directory)
    var path: String

    @Option(
        help: ArgumentHelp("The directory for what can be read.", valueName: "dir"),
        completion: .directory)
    var to: String

    @Option(help: "What to make. Default: what the source is.")
    var backend: Backend?

    @Flag(help: "Prints one JSON object.")
    var json = false

    func run(_ output: Output) throws {
        // The option names what is made, before the command as well as behind it.
        let source = Backend.detect(at: path) ?? .segment
        let target = backend ?? root.backendOptions.backend ?? source
        var progress: Progress?
        let report = try source.salvage(at: path, to: to, as: target) { done, total in
            if progress == nil { progress = Progress(unit: "entries", total: total) }
            progress?.advance(to: done)
        }
        progress?.finish()
        if json {
            try output.line(report.json.text)
        } else {
            for line in report.lines { try output.line(line) }
        }
    }
}

extension SalvageReport {
    /// Everything, for people and for scripts: the first word of a line says what it is about.
    fileprivate var lines: [String] {
        var lines = damages.map { "found " + $0.line }
        lines += runs.map { run in
            let path = Array(run.path.utf8).withUnsafeBytes { PayloadForm.escaped($0) }
            return "copied \(run.indexes.lowerBound)-\(run.indexes.upperBound - 1) to \(path)"
        }
        if runs.isEmpty { lines.append("copied no entries") }
        lines += lost.map { "lost " + $0.text }
        if source.isMetadataUncertain {
            lines.append("lost perhaps: the end of the log, term, vote and other metadata")
        }
        if source.mustCatchUpBeforeVoting || !lost.isEmpty {
            lines.append("voting: a replica with this log must catch up before it votes")
        }
        return lines
    }

    /// Everything as values.
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object.set("damages", damages.map(\.json))
        object.set(
            "copied",
            runs.map { run in
                var object = JSONObject()
                object.set("from", run.indexes.lowerBound)
                object.set("to", run.indexes.upperBound - 1)
                object.set("path", run.path)
                return object
            })
        object.set("lost", lost.map(\.json))
        object.set("metadataKeys", metadataKeys.map(\.name))
        object.set("stateMayBeLost", source.isMetadataUncertain)
        object.set("mustCatchUpBeforeVoting", source.mustCatchUpBeforeVoting || !lost.isEmpty)
        return object
    }
}
