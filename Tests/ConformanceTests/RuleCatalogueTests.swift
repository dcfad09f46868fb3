import Conformance
import Foundation
import Testing

/// The list of the rules that the documentation has: their ids are a public contract.
@Suite struct RuleCatalogueTests {
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Sources/Conformance/Conformance.docc/RuleCatalogue.md")
        .standardizedFileURL

    /// Run with `WRITE_CATALOGUE=1` to bring it up to date, and look at what changed: a rule that is
    /// new is a minor version; one that is gone or renamed breaks those who name it.
    @Test func catalogueIsWhatTheCodeSays() throws {
        let text = Self.text
        if ProcessInfo.processInfo.environment["WRITE_CATALOGUE"] != nil {
            try Data(text.utf8).write(to: Self.path)
        }
        let written = String(decoding: try Data(contentsOf: Self.path), as: UTF8.self)
        #expect(written == text, "run the tests with WRITE_CATALOGUE=1")
    }

    private static var text: String {
        var lines = [
            "# Rule catalogue", "", "Every rule of the kit, as the code has it.", "",
            "## Overview", "",
            "The ids are stable: tests, reports and issues name them. A rule that is added is a minor",
            "version, and one that is renamed or removed a major one. `must` rules keep entries from",
            "being lost, invented or withheld; a store that breaks a `should` rule is correct, but",
            "wasteful or inconvenient.",
        ]
        var groups: [String] = []
        for rule in Rule.allCases where !groups.contains(rule.group) { groups.append(rule.group) }
        for group in groups {
            lines += ["", "### \(group)", "", "| rule | level | properties | contract |"]
            lines.append("|---|---|---|---|")
            for rule in Rule.allCases where rule.group == group {
                let properties = rule.properties.map { "P\($0)" }.joined(separator: ", ")
                let contract = rule.contract.replacingOccurrences(of: "|", with: "\\|")
                lines.append(
                    "| `\(rule.id)` | \(rule.level.rawValue) | \(properties) | \(contract) |")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
