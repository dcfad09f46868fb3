import ArgumentParser

/// Which backends a command is about.
struct BackendOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The backends, separated by commas, or all: \(Self.names). Default: \(Self.defaultNames).",
            valueName: "a,b"))
    var backends: String?

    private static var names: String { Contestant.all.map(\.name).joined(separator: ", ") }
    private static var defaultNames: String {
        Contestant.all.filter(\.isDurable).map(\.name).joined(separator: ",")
    }

    func validate() throws { _ = try contestants() }

    /// They, in the order in which they were named.
    func contestants() throws -> [Contestant] {
        guard let backends else { return Contestant.all.filter(\.isDurable) }
        if backends == "all" { return Contestant.all }
        var list: [Contestant] = []
        for name in backends.split(separator: ",", omittingEmptySubsequences: false) {
            let name = name == "lmdb-nosync" ? "lmdb:nosync" : name
            guard let contestant = Contestant.all.first(where: { $0.name == name }) else {
                throw ValidationError("There is no backend '\(name)'; there are: \(Self.names).")
            }
            guard !list.contains(where: { $0.name == name }) else {
                throw ValidationError("The backend '\(name)' is named twice.")
            }
            list.append(contestant)
        }
        return list
    }
}
