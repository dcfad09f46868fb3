import ArgumentParser
import RaftWAL

/// `walctl repair`.
struct RepairCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Makes a damaged store work again, and says exactly what is lost.",
        discussion: """
            --plan changes nothing, takes no lock and works on a read-only mount: it carries the \
            repair out in memory and says what it found, what --apply would do, and what would be \
            lost; its exit code is 0 if --apply would leave a store that works. --apply does just \
            that, opens the store, closes it and checks every byte; the exit code is 0 only if all \
            of that went well.

            Nothing is deleted: every file that is replaced or taken out is in DIR/quarantine \
            afterwards. If something acknowledged would be lost, --apply prints the plan, changes \
            nothing and ends with exit code 3, unless --accept-loss is given.

            A log has no holes, so it ends before the first lost entry. 'lost' are the entries \
            that nobody can read any more ('unknown' where nothing says how far the log went), \
            'discarded' those behind them, which are readable but cannot stay; salvage copies \
            them first, if they are wanted. A replica that lost something must catch up from its \
            leader before it votes.

            With --from, lost entries are taken from another replica's store, which is only \
            read; the two logs have to agree on the entries beside the lost ones.

            EXAMPLE
              walctl repair /var/lib/log --plan
              walctl repair /var/lib/log --apply --accept-loss
            """)

    @ParentCommand var root: WalctlCommand
    @OptionGroup var store: StoreOptions

    @Flag(help: "Says what would be done and lost, and changes nothing.")
    var plan = false

    @Flag(help: "Repairs.")
    var apply = false

    @Flag(help: "Goes on although acknowledged entries, or a vote, are lost by it.")
    var acceptLoss = false

    @Option(
        help: ArgumentHelp("Another replica's store, for lost entries.", valueName: "dir"),
        completion: .directory)
    var from: String?

    @Flag(help: "Prints one JSON object.")
    var json = false

    func validate() throws {
        if plan == apply { throw ValidationError("Give either --plan or --apply.") }
        if acceptLoss, plan { throw ValidationError("--accept-loss goes with --apply.") }
    }

    func run(_ output: Output) throws {
        let location = try StoreLocation(store, root)
        let replica = try from.map { try StoreLocation.openReplica(at: $0) }
        let mode = plan ? RepairMode.plan : .apply(acceptingLoss: acceptLoss)
        let report = try location.inspect { (backend, path) throws(LogStoreError) in
            try backend.repair(at: path, mode, from: replica)
        }
        let verdict = verdict(report)
        if json {
            try output.line(report.json.text)
        } else {
            for line in report.lines { try output.line(line) }
        }
        try output.flush()
        if let verdict { throw verdict }
    }

    /// What the exit code has to say; `nil` if the store works, or would.
    private func verdict(_ report: RepairReport) -> Failure? {
        if apply, !report.isApplied {
            return Failure(
                .corrupt,
                "this would lose acknowledged data: nothing was changed; say "
                    + "--accept-loss to go on, or --from another replica's store")
        }
        guard !report.isVerified else { return nil }
        return Failure(.corrupt, apply ? "the store is still damaged" : "this cannot be repaired")
    }
}
