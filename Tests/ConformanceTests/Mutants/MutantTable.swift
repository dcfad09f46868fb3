import Foundation

/// A table in Markdown: mutants, and the rules that fail on each.
struct MutantTable {
    let path: String

    /// The rules that fail on a mutant.
    func row(of mutant: String) throws -> [String] {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let row = text.split(separator: "\n").first { $0.hasPrefix("| \(mutant) |") }
        guard let cells = row?.split(separator: "|"), cells.count == 2 else { return [] }
        return cells[1].split(separator: " ").map { String($0) }
    }

    /// Replaces a mutant's row, or adds it at the end.
    func write(_ mutant: String, _ rules: [String]) throws {
        let row = "| \(mutant) | \(rules.joined(separator: " ")) |"
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
}
