import Conformance
import Foundation
import Testing

/// The list of the rules that the documentation has: their ids are a public contract.
@Suite struct RuleCatalogueTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let path = root.appendingPathComponent(
        "Sources/Conformance/Conformance.docc/RuleCatalogue.md")

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

    /// P1–P130: each is checked by a rule, by a test that says so, or not at all for a reason.
    @Test(arguments: 1...130) func everyPropertyIsAccountedFor(_ number: Int) throws {
        let isRule = !Self.rules(of: number).isEmpty
        let test = PropertyCoverage.tests[number]
        let reason = PropertyCoverage.notChecked[number]
        #expect(
            [isRule, test != nil, reason != nil].count { $0 } == 1, "P\(number) needs exactly one")
        if let test {
            let source = Self.root.appendingPathComponent("Tests/\(test).swift")
            let text = try String(contentsOf: source, encoding: .utf8)
            #expect(text.contains("P\(number)"), "\(test) does not say that it checks P\(number)")
        }
    }

    @Test func segmentStoreIsHeldToAlmostAllOfThem() {
        let byRules = Rule.allCases.filter { !TestedBackend.segment.notChecked.contains($0.id) }
            .flatMap(\.properties)
        #expect(Set(byRules).union(PropertyCoverage.tests.keys).count >= 120)
    }

    private static func rules(of number: Int) -> [Rule] {
        Rule.allCases.filter { $0.properties.contains(number) }
    }

    /// The backends on which a rule is checked.
    private static func backends(_ rule: Rule) -> [String] {
        PropertyCoverage.backends.filter { !$0.notChecked.contains(rule.id) }.map(\.name)
    }

    private static func listed(_ names: some Collection<String>) -> String {
        names.count == PropertyCoverage.backends.count ? "all" : names.joined(separator: ", ")
    }

    private static var text: String {
        (introduction + ruleTables + propertyTable).joined(separator: "\n") + "\n"
    }

    private static let introduction = [
        "# Rule catalogue", "",
        "Every rule of the kit, as the code has it, and the backends on which it is checked.", "",
        "## Overview", "",
        "The ids are stable: tests, reports and issues name them. A rule that is added is a minor",
        "version, and one that is renamed or removed a major one. `must` rules keep entries from",
        "being lost, invented or withheld; a store that breaks a `should` rule is correct, but",
        "wasteful or inconvenient.", "",
        "The backends are `segment` and `lmdb`, `sqlite` (`Examples/SQLiteBackend`) and `reference`",
        "(``ReferenceStore``). A rule is not checked on one that has no files to look into, does its own",
        "I/O so that no simulated disk can fail under it, or declares that it does not promise what",
        "the rule is about; the report of a run says which. `sync.reachesTheDevice` is checked where the",
        "system counts what its devices write, and the test of the kit counts for it. Every rule fails on",
        "a store that is broken on purpose, without exception: `Tests/ConformanceTests` has the tables.",
    ]

    private static var ruleTables: [String] {
        var lines: [String] = []
        var groups: [String] = []
        for rule in Rule.allCases where !groups.contains(rule.group) { groups.append(rule.group) }
        for group in groups {
            lines += ["", "### \(group)", "", "| rule | level | properties | on | contract |"]
            lines.append("|---|---|---|---|---|")
            for rule in Rule.allCases where rule.group == group {
                let properties = rule.properties.map { "P\($0)" }.joined(separator: ", ")
                let contract = rule.contract.replacingOccurrences(of: "|", with: "\\|")
                lines.append(
                    "| `\(rule.id)` | \(rule.level.rawValue) | \(properties) "
                        + "| \(listed(backends(rule))) | \(contract) |")
            }
        }
        return lines
    }

    private static var propertyTable: [String] {
        var lines = [
            "", "## Properties", "",
            "P1–P130 are what a log has to do, in the order in which it was written down. Those that are",
            "not for every backend, or need more than one, are checked by a test of this package.",
            "",
            "| property | checked by | on |", "|---|---|---|",
        ]
        for number in 1...130 {
            let rules = rules(of: number)
            if let test = PropertyCoverage.tests[number] {
                lines.append("| P\(number) | the test `\(test)` | segment |")
            } else if let reason = PropertyCoverage.notChecked[number] {
                lines.append("| P\(number) | not checked: \(reason) | |")
            } else {
                let names = rules.map { "`\($0.id)`" }.joined(separator: " ")
                let found = PropertyCoverage.backends.map(\.name).filter { name in
                    rules.contains { backends($0).contains(name) }
                }
                lines.append("| P\(number) | \(names) | \(listed(found)) |")
            }
        }
        return lines
    }
}
