import ArgumentParser
import RaftWAL

/// `walctl import`.
struct ImportCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Appends every record of a file as an entry.",
        discussion: """
            A record is the text between newlines, or, with --framing u32le, a little-endian \
            length of four bytes and so many bytes. The metadata key walctl.framing remembers \
            which, and whether the last line lacked its newline, so that export can make the \
            file again. Everything is durable when the command ends.

            EXAMPLE
              walctl import /var/lib/log --from /backup/commands.txt
            """)

    @ParentCommand var root: WalctlCommand
    @OptionGroup var store: StoreOptions

    @Option(
        help: ArgumentHelp("The file to read.", valueName: "file"), completion: .file())
    var from: String

    @Option(help: "What a record of the file is.")
    var framing: Framing = .lines

    @Option(help: ArgumentHelp("The entries' term. Default: the last one's.", valueName: "t"))
    var term: UInt64?

    func run(_ output: Output) throws {
        let location = try StoreLocation(store, root)
        // Opened first, so that no store is created for a file that is not there.
        let file = try InputFile(path: from)
        try location.write { store in
            let reader = RecordReader(
                file, framing: framing,
                recordByteLimit: store.capabilities.maximumEntryByteCount)
            let term = self.term ?? max(1, store.state.last?.term ?? 0)
            var transfer = Import(store, term: term, framing: framing)
            do {
                try transfer.run(reader)
            } catch let failure as Failure {
                throw Failure(
                    failure.status,
                    failure.message + "; \(transfer.entryCount) records were imported")
            }
            Messages.note("imported \(transfer.entryCount) entries")
        }
    }
}
