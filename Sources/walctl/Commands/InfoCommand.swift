import ArgumentParser
import RaftWAL

/// `walctl info`.
struct InfoCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Describes the store: positions, files, space, what recovery would do.",
        discussion: """
            Changes nothing, and works beside a live writer.

            EXAMPLE
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
            try output.line(description.json.text)
        } else {
            for line in description.lines { try output.line(line) }
        }
    }
}
