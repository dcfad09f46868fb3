import ArgumentParser

/// The tool.
@main
struct WalctlCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "walctl",
        abstract: "Looks at, tests and moves a Raft log on disk.",
        discussion: """
            Data goes to stdout, messages to stderr. Colours and progress are shown on a \
            terminal only, and commands that print more than a line have --json. What only reads \
            changes no byte and works beside a live writer.

            EXIT CODES
              0  done
              2  usage: arguments or input that make no sense, or that the log refuses
              3  corruption found; the message names file, offset and index
              4  locked by another process
              5  I/O error; the message names the system call, the path and errno
              6  not found: no store there, no such entry
              7  a format version that this tool does not know

            ENVIRONMENT
              WALCTL_SEG       the largest segment in bytes, as --segment-bytes
              RAFT_WAL_VERIFY  1 has every byte checked whenever a store is opened
              NO_COLOR         set to anything: no colours
              COLUMNS, LC_ALL  width and characters of what is drawn, if unknown

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
