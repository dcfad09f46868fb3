import ArgumentParser

/// What `walbench` starts itself as, for a writer that is killed and for one that is weighed.
struct ChildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Helper.argument, abstract: "For walbench itself.", shouldDisplay: false)

    @Argument var task: String
    @Argument var backend: String
    @Argument var path: String
    @Argument var entryCount: Int

    func run() throws {
        guard let task = Helper.Task(rawValue: task) else {
            throw ValidationError("There is no task '\(self.task)'.")
        }
        guard let contestant = Contestant.all.first(where: { $0.name == backend }) else {
            throw ValidationError("There is no backend '\(backend)'.")
        }
        try Output.print(
            try Helper.perform(task, contestant, path: path, entryCount: entryCount))
    }
}
