import ArgumentParser
import RaftWAL

/// `walctl get`.
struct GetCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Writes the payload of one entry to stdout, as it is.",
        discussion: """
            An entry that was compacted, or is not there yet, is exit code 6.

            EXAMPLE
              walctl get /var/lib/log 42 | od -A d -t x1z
            """)

    @ParentCommand var root: WalctlCommand
    @OptionGroup var store: StoreOptions

    @Argument(help: "The entry's index.")
    var index: UInt64

    func run(_ output: Output) throws {
        let log = try StoreLocation(store, root).openForReading()
        try log.withEntry(at: index) { (_, payload) throws(LogStoreError) in
            try output.bytes(payload)
        }
    }
}
