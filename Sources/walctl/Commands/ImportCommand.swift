import ArgumentParser
import RaftWAL

/// `walctl import`.
struct ImportCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Makes entries of a file's records, or a store of another program's log.",
        discussion: """
            With --from every record of a file is appended. A record is the text between newlines, \
            or, with --framing u32le, a little-endian length of four bytes and so many bytes. The \
            metadata key walctl.framing remembers which, and whether the last line lacked its \
            newline, so that export can make the file again. Everything is durable when the \
            command ends.

            With --from-raft-wal and --from-hiqlite a new store is made from the directory of one \
            of these Rust crates, which is only read: its writer has to be stopped. Indexes and \
            payloads stay as they are. The formats hold no terms: --term gives all entries one; \
            without it entries that hiqlite wrote have the term in their payload, others the term \
            1. Metadata is kept as it is, under raft-wal.KEY, hiqlite.vote and \
            hiqlite.last_purged_log_id; term and vote of this store are not set from it. What \
            hiqlite has purged is the compacted position. The store is checked byte by byte before \
            it is one; an interrupted import is repeated by the same command.

            A damaged log is exit code 3 with file, offset and index, and nothing is made. \
            --allow-damaged imports what stands before the damage, and says what is missing.

            EXAMPLE
              walctl import /var/lib/log --from /backup/commands.txt
              walctl import /var/lib/new --from-raft-wal /backup/raft-wal --term 7
              walctl import /var/lib/other --from-hiqlite /backup/hiqlite
            """)

    @ParentCommand var root: WalctlCommand
    @OptionGroup var store: StoreOptions

    @Option(
        help: ArgumentHelp("The file to read.", valueName: "file"), completion: .file())
    var from: String?

    @Option(
        help: ArgumentHelp("The directory of a log of the crate raft-wal.", valueName: "dir"),
        completion: .directory)
    var fromRaftWal: String?

    @Option(
        help: ArgumentHelp("The directory of a log of the crate hiqlite-wal.", valueName: "dir"),
        completion: .directory)
    var fromHiqlite: String?

    @Option(help: "What a record of the file is.")
    var framing: Framing = .lines

    @Option(
        help: ArgumentHelp(
            "The entries' term. Default: the last one's; of a log, see above.", valueName: "t"))
    var term: UInt64?

    @Flag(help: "Imports a damaged log up to the damage.")
    var allowDamaged = false

    func validate() throws {
        let sources = [from, fromRaftWal, fromHiqlite].compactMap { $0 }
        guard sources.count == 1 else {
            throw ValidationError("One of --from, --from-raft-wal and --from-hiqlite is needed.")
        }
        guard !allowDamaged || from == nil else {
            throw ValidationError("--allow-damaged is about --from-raft-wal and --from-hiqlite.")
        }
    }

    func run(_ output: Output) throws {
        if let fromRaftWal { return try importLog(ForeignLog(at: fromRaftWal, .raftWAL)) }
        if let fromHiqlite { return try importLog(ForeignLog(at: fromHiqlite, .hiqlite)) }
        guard let from else { return }
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

    private func importLog(_ log: ForeignLog) throws {
        let location = try StoreLocation(store, root)
        var options = ForeignImportOptions()
        options.term = term
        options.acceptsDamage = allowDamaged
        options.maximumSegmentByteCount = try StoreLocation.segmentByteCount(
            store.backendOptions, root)
        var bar: Progress?
        defer { bar?.finish() }
        let survey: ForeignLog.Survey
        do throws(LogStoreError) {
            survey = try location.backend.importLog(log, to: location.path, options: options) {
                let shown = bar ?? Progress(unit: $0.unit.rawValue, total: $0.total)
                bar = shown
                shown.advance(to: $0.done)
            }
        } catch {
            guard error.code == .corrupt, !allowDamaged else { throw error }
            throw Failure(
                .corrupt, error.description + "; --allow-damaged imports what stands before it")
        }
        bar?.finish()
        for note in survey.notes { Messages.note(note) }
        if let damage = survey.damage {
            let files =
                survey.unreadFiles.isEmpty
                ? "" : ", and of " + survey.unreadFiles.joined(separator: ", ")
            Messages.note(
                "missing: the entries from \(survey.indexes.upperBound) on, if there were any: "
                    + "what stands behind the damage was not read\(files): \(damage)")
        }
        Messages.note("imported \(survey.entryCount) entries")
    }
}
