import Conformance
import Foundation
import Testing

import Attempt5

/// The guide "Mending a backend" says what is so: which rules each attempt breaks, what the kit says,
/// and what the sources say.
///
/// `WRITE_REPORTS=1 swift test` writes the blocks of the article anew; look at what changed.
@Suite(.serialized) struct AttemptTests {
    @Test(arguments: try Article().blocks)
    func articleSaysWhatIsSo(_ block: Article.Block) async throws {
        let found = try await text(of: block)
        if ProcessInfo.processInfo.environment["WRITE_REPORTS"] != nil {
            var article = try Article()
            try article.replace(block, by: found)
        } else {
            #expect(block.text == found, "WRITE_REPORTS=1 swift test writes it anew")
        }
    }

    /// What a step does to every rule is in the article: nothing else changes.
    @Test func articleHasEveryStep() throws {
        let blocks = try Article().blocks
        for number in 2...5 {
            #expect(blocks.contains { $0.kind == "step" && $0.arguments == ["\(number)"] })
        }
        for kind in ["broken", "table", "violation", "source"] {
            #expect(blocks.contains { $0.kind == kind })
        }
    }

    @Test func mendedStoreBreaksNothing() async throws {
        let report = await Attempts.all.value[5]
        #expect(report.violations.isEmpty, "\(report)")
    }

    /// A process with 64 tasks that write is killed, again and again.
    @Test func killedWritersLoseNothing() throws {
        let path = try KillDrill.path(ofProgram: "attempts")
        let drill = KillDrill(executable: path) { try Attempt5.JSONStore(at: $0) }
        let report = try drill.run(rounds: 4)
        #expect(report.roundCount == 4 && report.acknowledgedCount > 0)
    }

    private func text(of block: Article.Block) async throws -> String {
        let attempts = await Attempts.all.value
        let numbers = block.arguments.compactMap { Int($0) }
        switch (block.kind, numbers.first) {
        case ("table", _?):
            return ReportTable(numbers.map { ("attempt \($0)", attempts[$0]) }).description
        case ("broken", let number?):
            return wrapped(attempts[number].violations.map(\.rule.id))
        case ("violation", let number?):
            let violation = try #require(
                attempts[number].violations.first { $0.rule.id == block.arguments[1] })
            return Attempts.isSeen(violation) ? violation.description : block.text
        case ("step", let number?):
            return step(from: attempts[number - 1], to: attempts[number])
        case ("source", _):
            let source = try String(
                contentsOf: Article.sources.appendingPathComponent(block.arguments[0]),
                encoding: .utf8)
            #expect(source.contains(block.text + "\n"), "\(block.arguments[0]) has other code")
            return block.text
        default:
            Issue.record("nobody knows what \(block.testDescription) is")
            return block.text
        }
    }

    /// What the rules say after a step that they did not say before it.
    private func step(from before: Report, to after: Report) -> String {
        let titles: [(Report.Word, String)] = [
            (.passed, "mended"), (.failed, "broken by it"), (.notChecked, "no longer promised"),
        ]
        return titles.compactMap { word, title in
            let rules = Rule.allCases.filter {
                after.outcome(of: $0) == word && before.outcome(of: $0) != word
            }
            return rules.isEmpty ? nil : "\(title):\n" + wrapped(rules.map(\.id), indent: "  ")
        }.joined(separator: "\n")
    }

    private func wrapped(_ words: [String], indent: String = "") -> String {
        var lines = [indent]
        for word in words {
            if lines[lines.count - 1].count + word.count > 98 { lines.append(indent) }
            let space = lines[lines.count - 1].allSatisfy { $0 == " " } ? "" : " "
            lines[lines.count - 1] += space + word
        }
        return lines.joined(separator: "\n")
    }
}
