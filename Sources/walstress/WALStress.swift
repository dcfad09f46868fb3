import ArgumentParser

/// The long forms of what the tests do in bounded form: `make stress` runs them one after another.
@main
struct WALStress: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "walstress",
        abstract: "Looks for a way to make a log store lose or invent something.",
        subcommands: [
            ExploreCommand.self, FaultsCommand.self, ModelCommand.self, DamageCommand.self,
            KillCommand.self,
        ])

    static func main() {
        KillCommand.takeOver()
        var command: any ParsableCommand
        do {
            command = try parseAsRoot()
            try command.run()
        } catch {
            exit(withError: error)
        }
    }
}
