import ArgumentParser
import RaftWAL

/// `walctl tail`.
struct TailCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Prints the last entries, and with -f those that come.",
        discussion: """
            The lines are those of dump. With -f it goes on as the log does, beside the process \
            that writes it: through rotation, compaction, and the writer's end and restart. Each \
            line is written at once. What a writer takes back is said on stderr ('truncated to \
            I'), and what takes its place is printed. Entries are shown as soon as the operating \
            system has them, durable or not. Ctrl-C, SIGTERM and a closed output end it with \
            exit code 0. Damage ends it with exit code 3, after the entries that can be read. \
            Takes no lock and changes nothing.

            EXAMPLE
              walctl tail /var/lib/log --lines 3 --payload text
            """)

    @ParentCommand var root: WalctlCommand
    @OptionGroup var store: StoreOptions

    @Flag(name: .shortAndLong, help: "Goes on as the log grows.")
    var follow = false

    @Option(
        name: [.customShort("n"), .long],
        help: ArgumentHelp("The entries to begin with.", valueName: "n"))
    var lines: UInt64 = 10

    @Option(help: "Adds the payload to each line, in this form.")
    var payload: PayloadForm?

    @Flag(help: "Prints one JSON object a line.")
    var json = false

    func run(_ output: Output) throws {
        let location = try StoreLocation(store, root)
        let text = EntryText(payload: payload, json: json)
        let tail = LogTail(at: location.path, location.backend, entryCount: lines)
        let interruption = follow ? Interruption() : nil
        var wait = Self.shortWait
        var printed: LogIndex?
        do {
            while true {
                let hasNews = try tail.look(
                    { (header, payload) throws(LogStoreError) in
                        try output.line(text.line(header, payload))
                        printed = header.position.index
                    },
                    { (change) throws(LogStoreError) in
                        // What was printed before it comes before it.
                        try output.flush()
                        Self.tell(change)
                    })
                guard let interruption else {
                    if tail.isCaughtUp { return }
                    continue
                }
                try output.flush()
                wait = hasNews ? Self.shortWait : min(2 * wait, Self.longWait)
                if interruption.wait(milliseconds: wait) { return }
            }
        } catch {
            // Who stops reading has seen enough.
            if follow, output.isReaderGone { return output.abandon() }
            guard error.code == .corrupt else { throw error }
            try showRest(of: location, behind: printed, text, output)
            throw error
        }
    }

    /// Shows what can be read of a damaged store, as far as it was not shown before the damage was
    /// met.
    private func showRest(
        of location: StoreLocation, behind printed: LogIndex?, _ text: EntryText, _ output: Output
    ) throws(LogStoreError) {
        let log: any LogReading
        do throws(LogStoreError) {
            log = try location.backend.openSalvaged(at: location.path).log
        } catch {
            // There is nothing to start from; the damage says why.
            return
        }
        let indexes = log.state.indexes
        let start = max(
            indexes.upperBound - min(lines, log.state.count), printed.map { $0 + 1 } ?? 0)
        guard start < indexes.upperBound else { return }
        for index in start..<indexes.upperBound {
            var isReading = true
            do throws(LogStoreError) {
                try log.withEntry(at: index) { (header, payload) throws(LogStoreError) in
                    isReading = false
                    try output.line(text.line(header, payload))
                }
            } catch {
                guard isReading else { throw error }
                Messages.note("lost \(index): \(error)")
            }
        }
        try output.flush()
    }

    /// Between two looks: after news, and after a while without any.
    private static let shortWait: Int32 = 10
    private static let longWait: Int32 = 160

    private static func tell(_ change: LogTail.Change) {
        switch change {
        case .truncated(let index):
            Messages.note("the log was truncated to \(index)")
        case .reset(let position):
            Messages.note("the log was reset" + (position.map { " to \($0.index)" } ?? ""))
        case .skipped(let range):
            Messages.note("compacted meanwhile: \(range.lowerBound)..<\(range.upperBound)")
        }
    }
}
