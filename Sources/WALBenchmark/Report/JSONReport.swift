import Foundation

/// The comparison as JSON, schema 1.
///
/// A figure that does not apply is absent.
struct JSONReport: Encodable {
    /// The version of this shape.
    let schema = 1
    private let environment: Environment
    private let conformance: [Rules]
    private let results: [Result]
    private let notes: [Note]?

    private enum CodingKeys: CodingKey { case schema, environment, conformance, results, notes }

    private struct Rules: Encodable {
        let backend: String
        let passed: Int
        let failed: Int
        let notChecked: Int
    }

    private struct Note: Encodable {
        let workload: String
        let backend: String?
        let reason: String
    }

    private struct Result: Encodable {
        let workload: String
        let backend: String
        let durability: String
        let unit: String
        let median: Double
        let low: Double
        let high: Double
        let p50: Double?
        let p99: Double?
        let p999: Double?
        let limit: Double?
        let ratioToLimit: Double?
        let ratioToBaseline: Double?
        let repetitions: Int
    }

    /// Takes over a comparison.
    ///
    /// Percentiles are in the result's unit, like every other figure: of a
    /// call that took a batch, the time per entry. A rate has nanoseconds there: what one task
    /// waited for its entry. Its ratios are of rates, so that more is better.
    init(_ comparison: Comparison) {
        environment = comparison.environment
        conformance = comparison.conformance.map {
            Rules(
                backend: $0.backend, passed: $0.passed, failed: $0.failed,
                notChecked: $0.notChecked)
        }
        results = comparison.rows.flatMap { row in
            row.cells.map { cell in
                let figure = { (nanoseconds: Double) in
                    row.isRate ? 1e9 / nanoseconds : nanoseconds
                }
                let ratio = { (ratio: Double) in row.isRate ? 1 / ratio : ratio }
                let ends = [figure(cell.summary.low), figure(cell.summary.high)].sorted()
                return Result(
                    workload: row.workload, backend: cell.backend,
                    durability: cell.durability.rawValue,
                    unit: row.isRate ? FigureUnit.rateText : row.unit.rawValue,
                    median: figure(cell.summary.median), low: ends[0], high: ends[1],
                    p50: cell.percentiles?.p50, p99: cell.percentiles?.p99,
                    p999: cell.percentiles?.p999,
                    limit: (row.limit?.summary.median).map(figure),
                    ratioToLimit: row.ratioToLimit(of: cell).map(ratio),
                    ratioToBaseline: row.ratioToBaseline(
                        of: cell, baseline: comparison.baseline
                    ).map(ratio),
                    repetitions: cell.summary.count)
            }
        }
        notes =
            comparison.notes.isEmpty
            ? nil
            : comparison.notes.map {
                Note(workload: $0.workload, backend: $0.backend, reason: $0.reason)
            }
    }

    /// The text to write to a file.
    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
}
