import ArgumentParser
import RaftWAL

/// `walctl get`.
struct GetCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Writes the payload of one entry to stdout, as it is.",
        discussion: """
            An entry that was compacted, or is not there yet, is exit code 6. An entry that is \
            still what was written is printed of a store that is damaged elsewhere, too; if the \
            store cannot be opened for that, the exit code is 3 all the same.

            EXAMPLE
              walctl get /var/lib/log 42 | od -A d -t x1z
            """)

    @ParentCommand var root: WalctlCommand
    @OptionGroup var store: StoreOptions

    @Argument(help: "The entry's index.")
    var index: UInt64

    func run(_ output: Output) throws {
        let location = try StoreLocation(store, root)
        let log: any LogReading
        var damage: LogStoreError?
        do throws(LogStoreError) {
            log = try location.openForReading()
        } catch {
            guard error.code == .corrupt else { throw error }
            log = try EntryWalk.salvaged(location, error).log
            damage = error
        }
        try log.withEntry(at: index) { (_, payload) throws(LogStoreError) in
            try output.bytes(payload)
        }
        if let damage {
            try output.flush()
            throw Failure(
                .corrupt, "entry \(index) is whole, but the store is damaged: \(damage)")
        }
    }
}
