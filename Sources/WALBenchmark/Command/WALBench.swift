import ArgumentParser

/// The tool `walbench`, for a program that adds backends of its own.
///
/// ```swift
/// WALBench.main(adding: [
///     Contestant("sqlite") { path throws(LogStoreError) in try SQLiteStore(at: path) }
/// ])
/// ```
public enum WALBench {
    /// Parses the command line and runs what it asks for, to the end of the process.
    ///
    /// - Parameter contestants: Backends beside those of this package; their names are known to
    ///   `--backends`, and they are in every table unless that leaves them out.
    public static func main(adding contestants: [Contestant] = []) -> Never {
        Contestant.added.value = contestants
        WALBenchCommand.main()
        Failure.exitSilently(0)
    }
}

/// The command line.
///
/// Nothing of it is async: whoever measures must not take a thread away from the tasks he measures.
struct WALBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "walbench",
        abstract: "Compares log storage backends, end to end, on your own disk.",
        discussion: """
            EXAMPLE
              walbench compare --profile quick --json compare.json
            """,
        version: Version.text,
        subcommands: [
            CompareCommand.self, ReportCommand.self, DiffCommand.self, ConformanceCommand.self,
            AgainstCommand.self, ChildCommand.self,
        ])

    /// Parses and runs, and turns whatever goes wrong into one line and an exit code.
    static func main() {
        Output.prepare()
        var command: any ParsableCommand
        do {
            command = try parseAsRoot()
        } catch {
            finish(parsing: error)
        }
        do {
            try command.run()
        } catch {
            if let failure = Failure(error) { failure.exit() }
            finish(parsing: error)
        }
    }

    /// Help and version go to stdout, mistakes to stderr with exit code 2.
    private static func finish(parsing error: any Error) -> Never {
        let text = fullMessage(for: error)
        guard exitCode(for: error) == .success else {
            Failure(exitCode: 2, message: text).exit(prefixed: false)
        }
        do throws(Failure) {
            try Output.print(text.isEmpty ? "" : text + "\n")
        } catch {
            error.exit()
        }
        Failure.exitSilently(0)
    }
}

/// What this program is called.
enum Version {
    static let text = "0.1.0"
}
