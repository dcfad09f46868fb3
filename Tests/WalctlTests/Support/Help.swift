import Foundation
import Testing

/// What the tool says about itself.
enum Help {
    /// The names of all subcommands, from the tool's own list.
    static func commands() throws -> [String] {
        let lines = try Walctl.run("--help").text.components(separatedBy: "\n")
        let start = try #require(lines.firstIndex(of: "SUBCOMMANDS:"))
        return lines[(start + 1)...].prefix { !$0.isEmpty }.compactMap { line in
            // A name stands in the third column; what is further right goes on with a text.
            guard line.hasPrefix("  "), line.dropFirst(2).first != " " else { return nil }
            return line.split(separator: " ").first.map(String.init)
        }
    }

    /// The lines under `EXAMPLE` in a command's help; of the tool's own without a name.
    ///
    /// They are read at 80 columns: an example that is wrapped there cannot be copied.
    static func examples(of command: String?) throws -> [String] {
        let outcome = try Walctl.run(
            ["help"] + (command.map { [$0] } ?? []), environment: ["COLUMNS": "80"])
        try #require(outcome.status == 0)
        let lines = outcome.text.components(separatedBy: "\n")
        let start = try #require(
            lines.firstIndex { $0 == "EXAMPLE" || $0 == "EXAMPLES" },
            "the help of \(command ?? "walctl") has no EXAMPLE")
        let section = lines[(start + 1)...].prefix { !$0.isEmpty }
        #expect(
            section.allSatisfy { $0.hasPrefix("  ") && $0.contains("walctl ") },
            "an example of \(command ?? "walctl") is longer than a line")
        return section.map { String($0.drop { $0 == " " }) }
    }
}
