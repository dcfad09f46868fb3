import ArgumentParser
import RaftWAL

/// `walctl export`.
struct ExportCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes every entry's payload to a file: the inverse of import.",
        discussion: """
            The framing is the one that import noted, or else lines. The file appears whole, in \
            place of an older one, or not at all. Changes nothing in the store, and works beside \
            a live writer.

            EXAMPLE
              walctl export /var/lib/log --to /backup/log.txt
            """)

    @ParentCommand var root: WalctlCommand
    @OptionGroup var store: StoreOptions

    @Option(
        help: ArgumentHelp("The file to write.", valueName: "file"), completion: .file())
    var to: String

    @Option(help: "What a record of the file is. Default: as it was imported.")
    var framing: Framing?

    func run(_ output: Output) throws {
        var walk = try EntryWalk(StoreLocation(store, root))
        var note = FramingNote(framing: .lines)
        if let bytes = try walk.log.metadata(for: FramingNote.key) {
            note = FramingNote(stored: bytes) ?? note
        }
        if let framing, framing != note.framing { note = FramingNote(framing: framing) }
        var export = try Export(to: to, note)
        try export.run(&walk)
    }
}
