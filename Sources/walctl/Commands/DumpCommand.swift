import ArgumentParser
import RaftWAL

/// `walctl dump`.
struct DumpCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Prints every entry, one line each, and the vote.",
        discussion: """
            A line is INDEX TERM LENGTH CRC32C, where the last is the payload's checksum in eight \
            hexadecimal digits; then 'vote TERM NODE' if there is a vote. Text is escaped so that \
            it stays on its line. Changes nothing, and works beside a live writer.

            EXAMPLE
              walctl dump /var/lib/log --from 100 --to 199 --payload text
            """)

    @ParentCommand var root: WalctlCommand
    @OptionGroup var store: StoreOptions

    @Option(help: ArgumentHelp("The first index to print.", valueName: "index"))
    var from: UInt64?

    @Option(help: ArgumentHelp("The last index to print.", valueName: "index"))
    var to: UInt64?

    @Option(help: "Adds the payload to each line, in this form.")
    var payload: PayloadForm?

    @Flag(help: "Prints one JSON object a line.")
    var json = false

    func validate() throws {
        if let from, let to, from > to {
            throw ValidationError("--from \(from) is beyond --to \(to).")
        }
    }

    func run(_ output: Output) throws {
        let text = EntryText(payload: payload, json: json)
        var walk = try EntryWalk(StoreLocation(store, root))
        try walk.visit(
            from: from, through: to,
            skipped: { Messages.note("compacted meanwhile: \($0.lowerBound)..<\($0.upperBound)") },
            { (header, payload) throws(LogStoreError) in
                try output.line(text.line(header, payload))
            })
        guard let state = try walk.log.hardState(), let node = state.votedFor else { return }
        let name = node.withUnsafeBytes { PayloadForm.escaped($0) }
        if json {
            var vote = JSONObject()
            vote.set("term", state.currentTerm)
            vote.set("node", name)
            var object = JSONObject()
            object.set("vote", vote)
            try output.line(object.text)
        } else {
            try output.line("vote \(state.currentTerm) \(name)")
        }
    }
}
