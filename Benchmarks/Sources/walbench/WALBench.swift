import ArgumentParser

/// The tool.
///
/// Nothing of it is async: whoever measures must not take a thread away from the tasks he measures.
@main
struct WALBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "walbench",
        abstract: "Compares log storage backends, end to end, on your own disk.",
        discussion: """
            EXAMPLE
              walbench compare --profile quick --json compare.json
            """,
        version: Version.text,
        subcommands: [CompareCommand.self, AgainstCommand.self, ChildCommand.self])

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
