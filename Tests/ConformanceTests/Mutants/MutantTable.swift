import Conformance
import Foundation
import Testing

/// A table in Markdown: mutants, and the rules that fail on each.
///
/// Rules in parentheses fail only if threads happen to meet, and need not.
struct MutantTable {
    let path: String

    /// The rules that fail on a mutant, and those that may.
    struct Row {
        var always: [String] = []
        var sometimes: [String] = []
    }

    /// What stands beside a mutant.
    func row(of mutant: String) throws -> Row {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let row = text.split(separator: "\n").first { $0.hasPrefix("| \(mutant) |") }
        guard let cells = row?.split(separator: "|"), cells.count == 2 else { return Row() }
        let parts = cells[1].split(separator: "(", maxSplits: 1)
        let words = parts.map { part in
            part.split { $0 == " " || $0 == ")" }.map { String($0) }
        }
        return Row(
            always: words.first ?? [], sometimes: words.count > 1 ? words[1] : [])
    }

    /// The rules that fail for certain on one of these mutants at least.
    func rules(thatCatch mutants: some Sequence<String>) throws -> Set<String> {
        try Set(mutants.flatMap { try row(of: $0).always })
    }

    /// Replaces a mutant's row, or adds it at the end.
    func write(_ mutant: String, _ row: Row) throws {
        let sometimes = row.sometimes.isEmpty ? [] : ["(\(row.sometimes.joined(separator: " ")))"]
        let row = "| \(mutant) | \((row.always + sometimes).joined(separator: " ")) |"
        var lines = try String(contentsOfFile: path, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        if let place = lines.firstIndex(where: { $0.hasPrefix("| \(mutant) |") }) {
            lines[place] = row
        } else {
            let end = lines.lastIndex { $0.hasPrefix("|") }.map { $0 + 1 } ?? lines.count
            lines.insert(row, at: end)
        }
        try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    }

    private static let environment = ProcessInfo.processInfo.environment

    /// Whether whole rows are compared, rules that take long included.
    static var isThorough: Bool { environment["ALL_MUTANTS"] != nil }

    /// The rules whose places in the rows are written: `WRITE_MUTANTS=1` for all of them, or their ids.
    private static func isWritten(_ rule: Rule) -> Bool {
        guard let ids = environment["WRITE_MUTANTS"] else { return false }
        return ids == "1" || ids.split(separator: ",").contains { $0 == rule.id }
    }

    /// Which rules a mutant is checked with, unless whole rows are compared or written.
    enum Selection {
        /// All but these, which only have to fail where they stand in the row.
        case allBut(Set<String>)
        /// The first of the row.
        case first
    }

    /// Runs the rules on a mutant, and compares what fails with its row.
    func check(
        _ mutant: String, by rules: [Rule], _ selection: Selection = .allBut([]),
        in suite: LogStoreSuite
    ) async throws {
        var row = try row(of: mutant)
        let isWriting = rules.contains { Self.isWritten($0) }
        let chosen = rules.filter { rule in
            if isWriting { return Self.isWritten(rule) }
            if Self.isThorough { return true }
            return switch selection {
            case .allBut(let slow): !slow.contains(rule.id) || row.always.contains(rule.id)
            case .first: rule.id == row.always.first
            }
        }
        let caught = await suite.run(chosen).violations.map(\.rule.id)
        if isWriting {
            row.always = rules.map(\.id).filter { id in
                let isKept = row.always.contains(id) && !chosen.contains { $0.id == id }
                return (isKept || caught.contains(id)) && !row.sometimes.contains(id)
            }
            try write(mutant, row)
        }
        #expect(!row.always.isEmpty, "no rule catches it")
        #expect(
            caught.filter { !row.sometimes.contains($0) }
                == row.always.filter { id in chosen.contains { $0.id == id } })
    }
}
