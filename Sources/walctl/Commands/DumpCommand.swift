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
            it stays on its line. Changes nothing, and works beside a live writer and on a \
            read-only mount.

            Of a damaged store every entry is printed that is still what was written; what is lost \
            is told on stderr, and the exit code is 3. A vote that may not be the last one is told \
            there, too.

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
        var walk = try EntryWalk(StoreLocation(store, root), toleratesDamage: true)
        var lostCount: UInt64 = 0
        do {
            try visit(&walk, &lostCount, output)
            try printVote(walk, output)
            if walk.damage != nil { try output.flush() }
        } catch {
            // Damage that was found is worse than what else went wrong.
            guard walk.damage != nil else { throw error }
        }
        guard let damage = walk.damage else { return }
        let what = lostCount == 1 ? "1 range of entries is" : "\(lostCount) ranges of entries are"
        throw Failure(
            .corrupt, (lostCount > 0 ? what + " lost; the first damage: " : "") + damage.description
        )
    }

    private func visit(
        _ walk: inout EntryWalk, _ lostCount: inout UInt64, _ output: Output
    ) throws(LogStoreError) {
        let text = EntryText(payload: payload, json: json)
        var count: UInt64 = 0
        defer { lostCount = count }
        try walk.visit(
            from: from, through: to,
            skipped: { Messages.note("compacted meanwhile: \($0.lowerBound)..<\($0.upperBound)") },
            lost: { (range, error) in
                count += 1
                Messages.note("lost \(range.text): \(error)")
            },
            { (header, payload) throws(LogStoreError) in
                try output.line(text.line(header, payload))
            })
    }

    private func printVote(_ walk: EntryWalk, _ output: Output) throws {
        guard let state = try walk.log.hardState(), let node = state.votedFor else { return }
        let name = node.withUnsafeBytes { PayloadForm.escaped($0) }
        // Who takes an old vote for the last one votes twice.
        if walk.salvage?.isMetadataUncertain == true {
            Messages.note("the last vote may be lost; known is 'vote \(state.currentTerm) \(name)'")
            return
        }
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
