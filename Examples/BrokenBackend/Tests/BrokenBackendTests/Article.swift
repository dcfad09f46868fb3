import Foundation
import Testing

/// The guide "Mending a backend", whose blocks are what the attempts and the kit really say.
///
/// A block stands behind a line `<!-- KIND: ARGUMENTS -->`, between fences.
struct Article {
    private static let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    static let sources = example.appendingPathComponent("Sources")
    static let path = example.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources/Conformance/Conformance.docc/MendingABackend.md")

    /// A block, and what stands in it.
    struct Block: Sendable, CustomTestStringConvertible {
        var kind: String
        var arguments: [String]
        var text: String
        fileprivate var lines: Range<Int>

        var testDescription: String { "\(kind): \(arguments.joined(separator: " "))" }
    }

    private var lines: [String]

    init() throws {
        lines = try String(contentsOf: Self.path, encoding: .utf8).components(separatedBy: "\n")
    }

    var blocks: [Block] {
        lines.indices.compactMap { place in
            guard lines[place].hasPrefix("<!-- "), lines[place].hasSuffix(" -->"),
                place + 1 < lines.endIndex, lines[place + 1].hasPrefix("```"),
                let end = lines[(place + 2)...].firstIndex(of: "```")
            else { return nil }
            let words = lines[place].dropFirst(5).dropLast(4).split(separator: " ").map {
                String($0)
            }
            return Block(
                kind: words[0].replacingOccurrences(of: ":", with: ""),
                arguments: Array(words.dropFirst()),
                text: lines[(place + 2)..<end].joined(separator: "\n"), lines: (place + 2)..<end)
        }
    }

    /// Puts other text into the first block of a kind with these arguments.
    mutating func replace(_ block: Block, by text: String) throws {
        let place = blocks.first { $0.kind == block.kind && $0.arguments == block.arguments }
        guard let place else { return }
        lines.replaceSubrange(place.lines, with: text.components(separatedBy: "\n"))
        try lines.joined(separator: "\n").write(to: Self.path, atomically: true, encoding: .utf8)
    }
}
