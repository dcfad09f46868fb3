import ArgumentParser
import RaftWAL

/// `walctl info`.
struct InfoCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Describes the store: positions, files, space, what recovery would do.",
        discussion: """
            Changes nothing, and works beside a live writer and on a read-only mount. Of a damaged \
            store it shows what can still be told, lists what is wrong, and ends with exit code 3.

            'durable' is the last position that the files prove to be on stable storage. A \
            segment's bytes are live (entries of the log), dead (records that nothing needs any \
            more), free (prepared, not yet written) or damaged. What 'recovery' says is what an \
            opening for writing would find now, beside a live writer too.

            EXAMPLE
              walctl info /var/lib/log
              walctl info /var/lib/log --json
            """)

    @ParentCommand var root: WalctlCommand
    @OptionGroup var store: StoreOptions

    @Flag(help: "Prints one JSON object.")
    var json = false

    func run(_ output: Output) throws {
        let location = try StoreLocation(store, root)
        let description = try location.inspect { (backend, path) throws(LogStoreError) in
            try backend.describe(at: path)
        }
        if json {
            try output.line(description.json(for: location).text)
        } else {
            for line in description.lines { try output.line(line) }
        }
        try output.flush()
        if let verdict = description.verdict { throw verdict }
    }
}
