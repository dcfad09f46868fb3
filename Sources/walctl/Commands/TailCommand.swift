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
            exit code 0. Takes no lock and changes nothing.

            EXAMPLE
              walctl tail /var/lib/log --lines 3 --payload text
            """)

    @ParentCommand var root: WalctlCommand
    @OptionGroup var store: StoreOptions

    @Flag(name: .shortAndLong, help: "Goes on as the log grows.")
    var follow = false

    @Option(name: .shortAndLong, help: ArgumentHelp("The entries to begin with.", valueName: "n"))
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
        do {
            while true {
                let hasNews = try tail.look(
                    { (header, payload) throws(LogStoreError) in
                        try output.line(text.line(header, payload))
                    },
                    { (change) throws(LogStoreError) in
                        // What was printed before it comes before it.
                        try output.flush()
                        Self.tell(change)
                    })
                guard let interruption else {
                    if tail.hasBegun { return }
                    continue
                }
                try output.flush()
                wait = hasNews ? Self.shortWait : min(2 * wait, Self.longWait)
                if interruption.wait(milliseconds: wait) { return }
            }
        } catch {
            // Who stops reading has seen enough.
            guard follow, output.isReaderGone else { throw error }
            output.abandon()
        }
    }

    /// Between two looks: after news, and after a while without any.
    private static let shortWait: Int32 = 10
    private static let longWait: Int32 = 160

    private static func tell(_ change: LogTail.Change) {
        switch change {
        case .truncated(let index):
            Messages.note("the log was truncated to \(index)")
        case .skipped(let range):
            Messages.note("compacted meanwhile: \(range.lowerBound)..<\(range.upperBound)")
        }
    }
}
