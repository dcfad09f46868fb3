/// Two runs, figure by figure.
struct Difference {
    /// What both runs have.
    private(set) var changes: [Change] = []
    /// What cannot be held against each other, and why, a sentence each.
    private(set) var refusals: [String] = []
    /// What differs about the machine, the disk or what was asked for, a sentence each.
    let warnings: [String]

    /// Holds a run against an earlier one.
    ///
    /// - Parameter backends: These only; all if `nil`.
    init(from old: Comparison, to new: Comparison, backends: Set<String>? = nil) {
        let machine = Self.machineDifferences(old.environment, new.environment)
        warnings = machine + Self.otherDifferences(old, new)
        func isAsked(_ cell: Row.Cell) -> Bool { backends?.contains(cell.backend) ?? true }
        for row in new.rows {
            for cell in row.cells where isAsked(cell) {
                add(row, cell, old, isSameMachine: machine.isEmpty)
            }
        }
        missing(in: new, of: old, "only in the first run", isAsked)
        missing(in: old, of: new, "only in the second run", isAsked)
    }

    /// Says what one of the runs does not have, a sentence for each backend.
    private mutating func missing(
        in other: Comparison, of run: Comparison, _ words: String,
        _ isAsked: (Row.Cell) -> Bool
    ) {
        func isThere(_ backend: String, _ workload: String) -> Bool {
            other.rows.contains {
                $0.workload == workload && $0.cells.contains { $0.backend == backend }
            }
        }
        for backend in run.backends {
            let rows = run.rows.filter { row in
                row.cells.contains { $0.backend == backend && isAsked($0) }
            }
            let missing = rows.map(\.workload).filter { !isThere(backend, $0) }
            guard !missing.isEmpty else { continue }
            refusals.append(
                other.backends.contains(backend)
                    ? "\(backend), \(words): \(missing.joined(separator: ", "))"
                    : "\(backend): \(words)")
        }
    }

    private mutating func add(
        _ row: Row, _ cell: Row.Cell, _ old: Comparison, isSameMachine: Bool
    ) {
        let name = "\(row.workload), \(cell.backend)"
        let candidates = old.rows.filter {
            $0.workload == row.workload && $0.cells.contains { $0.backend == cell.backend }
        }
        guard !candidates.isEmpty else { return }
        guard let before = candidates.first(where: { $0.durability == row.durability }),
            let earlier = before.cells.first(where: { $0.backend == cell.backend })
        else {
            let durabilities = candidates.map(\.durability.rawValue).joined(separator: " and ")
            return refusals.append(
                "\(name): \(durabilities) in the first run, \(row.durability.rawValue) in the "
                    + "second: such figures do not compare")
        }
        guard before.unit == row.unit else {
            return refusals.append(
                "\(name): \(before.unit.rawValue) in the first run, \(row.unit.rawValue) in the "
                    + "second")
        }
        changes.append(
            Change(
                row: row, backend: cell.backend, old: earlier.summary, new: cell.summary,
                oldLimit: before.limit?.summary, newLimit: row.limit?.summary,
                isSameMachine: isSameMachine))
    }

    /// What got worse by more than so many percent.
    func regressions(beyond percent: Double) -> [Change] {
        changes.filter { $0.isRegression(beyond: percent) }
    }

    // MARK: Environments

    private static func machineDifferences(_ old: Environment, _ new: Environment) -> [String] {
        let facts: [(String, String, String)] = [
            ("machine", old.machine, new.machine), ("processor", old.cpu, new.cpu),
            ("number of cores", "\(old.cores)", "\(new.cores)"),
            ("file system", old.fileSystem, new.fileSystem), ("device", old.device, new.device),
            ("place", old.isInMemory ? "memory" : "disk", new.isInMemory ? "memory" : "disk"),
        ]
        return sentences(facts)
    }

    private static func otherDifferences(_ old: Comparison, _ new: Comparison) -> [String] {
        let (a, b) = (old.environment, new.environment)
        var facts: [(String, String, String)] = [
            ("kernel", a.kernel, b.kernel), ("mount options", a.mountOptions, b.mountOptions),
        ]
        for key in Set(a.versions.keys).union(b.versions.keys).sorted() {
            facts.append((key, a.versions[key] ?? "unknown", b.versions[key] ?? "unknown"))
        }
        for key in ["profile", "input"] {
            facts.append((key, a.options[key] ?? "unknown", b.options[key] ?? "unknown"))
        }
        var sentences = sentences(facts)
        for (name, run) in [("first", old), ("second", new)] where run.isPartial {
            sentences.append("the \(name) run was stopped before it was complete")
        }
        return sentences
    }

    private static func sentences(_ facts: [(String, String, String)]) -> [String] {
        facts.filter { $0.1 != $0.2 }.map { "another \($0.0): \($0.1), then \($0.2)" }
    }
}
