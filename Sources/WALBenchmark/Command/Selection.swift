import ArgumentParser

/// The workloads that were asked for.
struct Selection {
    /// They, in the order of the table.
    let workloads: [any Workload]

    /// Takes a list of ids, or beginnings of ids up to a dot, separated by commas; for `nil` all of
    /// a profile.
    ///
    /// - Throws: if one of them is no workload's.
    init(_ list: String?, of profile: Profile) throws {
        guard let list else {
            workloads = Workloads.all.filter { $0.smallestProfile <= profile }
            return
        }
        let names = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        func isNamed(_ id: String, by name: String) -> Bool {
            id == name || id.hasPrefix(name + ".")
        }
        for name in names where !Workloads.all.contains(where: { isNamed($0.id, by: name) }) {
            throw ValidationError(
                "There is no workload '\(name)'; there are: "
                    + Workloads.all.map(\.id).joined(separator: ", ") + ".")
        }
        workloads = Workloads.all.filter { workload in
            names.contains { isNamed(workload.id, by: $0) }
        }
    }
}
