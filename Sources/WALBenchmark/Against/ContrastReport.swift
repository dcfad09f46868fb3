import Foundation

/// Two builds side by side, as JSON.
struct ContrastReport: Encodable {
    /// The version of this shape.
    let schema = 1
    private let rule = Contrast.rule
    private let results: [Result]

    private enum CodingKeys: CodingKey { case schema, rule, results }

    private struct Result: Encodable {
        let workload: String
        let unit: String
        let old: Double
        let new: Double
        let ratio: Double?
        let controlRatio: Double?
        let verdict: String
        let oldRounds: [Double]
        let newRounds: [Double]
    }

    /// Takes over what was measured in both builds.
    init(_ contrasts: [Contrast]) {
        results = contrasts.compactMap { contrast in
            guard let old = contrast.old, let new = contrast.new else { return nil }
            return Result(
                workload: contrast.workload, unit: contrast.unit, old: old.median,
                new: new.median, ratio: contrast.ratio, controlRatio: contrast.controlRatio,
                verdict: contrast.verdict.rawValue, oldRounds: contrast.rounds.map(\.old),
                newRounds: contrast.rounds.map(\.new))
        }
    }

    /// The text to write to a file.
    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
}
