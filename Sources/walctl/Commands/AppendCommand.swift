import ArgumentParser
import RaftWAL

/// `walctl append`.
struct AppendCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "append",
        abstract: "Appends generated entries and says which are durable.",
        discussion: """
            The entries get the next indexes, from 1 in a new store, the term 1 + index / 10 \
            (never lower than the last one), and payloads that depend on index and size only. \
            'acked INDEX' is printed once the entry is on stable storage: one by one with --sync \
            each, after every K-th with --sync batch. --sync none prints nothing and ends with a \
            clean close, which makes everything durable.

            EXAMPLE
              walctl append /var/lib/log --count 1000 --size 100 --sync batch --batch 50
            """)

    enum Sync: String, CaseIterable, ExpressibleByArgument {
        case each, batch, none
    }

    @ParentCommand var root: WalctlCommand
    @OptionGroup var store: StoreOptions

    @Option(help: ArgumentHelp("The number of entries.", valueName: "n"))
    var count: UInt64

    @Option(help: ArgumentHelp("The bytes of each payload.", valueName: "s"))
    var size: UInt64

    @Option(help: "When to make entries durable: each one, in batches, or all in the end.")
    var sync: Sync = .each

    @Option(help: ArgumentHelp("The entries of a batch.", valueName: "k"))
    var batch: UInt64 = 100

    func validate() throws {
        if batch == 0 { throw ValidationError("--batch has to be at least 1.") }
    }

    func run(_ output: Output) throws {
        try StoreLocation(store, root).write { store in
            guard size <= store.capabilities.maximumEntryByteCount else {
                throw Failure(
                    .usage,
                    "--size is at most \(store.capabilities.maximumEntryByteCount) bytes")
            }
            try append(to: store, output)
        }
    }

    private func append(to store: any LogStore, _ output: Output) throws {
        let progress = Progress(unit: "entries", total: count)
        var pending: UInt64 = 0
        var first = store.state.next ?? 1
        for done in 0..<count {
            let index = store.state.next ?? 1
            let term = max(1 + index / 10, store.state.last?.term ?? 0)
            try store.append(
                GeneratedPayload.bytes(index: index, count: Int(size)),
                at: LogPosition(term: term, index: index))
            pending += 1
            let isDue =
                switch sync {
                case .each: true
                case .batch: pending == batch || done + 1 == count
                case .none: false
                }
            if isDue {
                try store.sync()
                for index in first...index { try output.line("acked \(index)") }
                try output.flush()
                first = index + 1
                pending = 0
            }
            progress.advance(to: done + 1)
        }
        progress.finish()
    }
}
