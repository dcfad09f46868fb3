import ArgumentParser

/// The tool.
@main
struct WalctlCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "walctl",
        abstract: "Looks at, tests and moves a Raft log on disk.",
        discussion: """
            Data goes to stdout, messages to stderr. Exit codes: 0 done, 2 usage, 3 corruption \
            found, 4 locked by another process, 5 I/O error, 6 not found, 7 unsupported format.

            EXAMPLE
              walctl append /var/lib/log --count 1000 --size 100 --sync batch
              walctl dump /var/lib/log --from 990
            """,
        version: "0.1.0",
        subcommands: [
            InfoCommand.self,
            VerifyCommand.self,
            MapCommand.self,
            DumpCommand.self,
            TailCommand.self,
            GetCommand.self,
            ImportCommand.self,
            ExportCommand.self,
            CopyCommand.self,
            AppendCommand.self,
            ApplyCommand.self,
            ConformanceCommand.self,
            RepairCommand.self,
            SalvageCommand.self,
        ])

    @OptionGroup var backendOptions: BackendOptions

    static func main() { Program.main() }

    func run() throws {
        throw ValidationError("Missing command.")
    }
}
