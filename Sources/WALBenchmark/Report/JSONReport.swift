import Foundation

/// The comparison as JSON, schema 1: what scripts read, and what a comparison is made of again.
///
/// A figure that does not apply is absent. Beyond the shape that scripts rely on there are keys for
/// charts and for comparing runs: each repetition's figure, percentiles, and the plain loop's part.
struct JSONReport: Codable {
    /// The version of this shape.
    static let currentSchema = 1

    let schema: Int
    let environment: Environment
    let conformance: [Rules]
    let results: [Result]
    let notes: [Note]?
    let workloads: [Description]?
    let limits: [Result]?
    let inputs: [InputComparison.Outcome]?
    let baseline: String?
    let partial: Bool?

    struct Rules: Codable {
        let backend: String
        let passed: Int
        let failed: Int
        let notChecked: Int
        let failures: [String]?
    }

    struct Note: Codable {
        let workload: String
        let backend: String?
        let reason: String
    }

    struct Description: Codable {
        let id: String
        let sentence: String
        let entriesPerCall: Int
    }

    struct Path: Codable {
        let along: String
        let points: [[Double]]
    }

    struct Result: Codable {
        let workload: String
        let backend: String
        let durability: String
        let unit: String
        let median: Double
        let low: Double
        let high: Double
        var p50: Double?
        var p99: Double?
        var p999: Double?
        var limit: Double?
        var ratioToLimit: Double?
        var ratioToBaseline: Double?
        let repetitions: Int
        var samples: [Double]?
        var percentiles: [[Double]]?
        var course: Path?
    }

    // MARK: Writing

    /// Takes over a comparison.
    ///
    /// Percentiles are in the result's unit, like every other figure: of a
    /// call that took a batch, the time per entry. A rate has nanoseconds there: what one task
    /// waited for its entry. Its ratios are of rates, so that more is better.
    init(_ comparison: Comparison) {
        schema = Self.currentSchema
        environment = comparison.environment
        conformance = comparison.conformance.map {
            Rules(
                backend: $0.backend, passed: $0.passed, failed: $0.failed,
                notChecked: $0.notChecked, failures: $0.failures.isEmpty ? nil : $0.failures)
        }
        results = comparison.rows.flatMap { row in
            row.cells.map { cell in
                var result = Result(row, cell)
                result.limit = (row.limit?.summary.median).map(row.published)
                result.ratioToLimit = row.ratioToLimit(of: cell).map(row.publishedRatio)
                result.ratioToBaseline = row.ratioToBaseline(
                    of: cell, baseline: comparison.baseline
                ).map(row.publishedRatio)
                return result
            }
        }
        notes =
            comparison.notes.isEmpty
            ? nil
            : comparison.notes.map {
                Note(workload: $0.workload, backend: $0.backend, reason: $0.reason)
            }
        var described: Set<String> = []
        workloads = comparison.rows.filter { described.insert($0.workload).inserted }.map {
            Description(id: $0.workload, sentence: $0.sentence, entriesPerCall: $0.entriesPerCall)
        }
        limits = comparison.rows.compactMap { row in row.limit.map { Result(row, $0) } }
        inputs = comparison.inputs.isEmpty ? nil : comparison.inputs
        baseline = comparison.baseline
        partial = comparison.isPartial ? true : nil
    }

    /// The text to write to a file.
    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
}

extension JSONReport.Result {
    init(_ row: Row, _ cell: Row.Cell) {
        let summary = cell.summary.mapped(row.published)
        self.init(
            workload: row.workload, backend: cell.backend, durability: cell.durability.rawValue,
            unit: row.isRate ? FigureUnit.rateText : row.unit.rawValue, median: summary.median,
            low: summary.low, high: summary.high, p50: cell.percentiles?.p50,
            p99: cell.percentiles?.p99, p999: cell.percentiles?.p999, repetitions: summary.count,
            samples: summary.values.isEmpty ? nil : summary.values,
            percentiles: cell.percentiles.flatMap { percentiles in
                percentiles.curve.isEmpty
                    ? nil : percentiles.curve.map { [$0.percent, $0.value] }
            },
            course: cell.course.map { course in
                .init(along: course.along, points: course.points.map { [$0.x, $0.y] })
            })
    }
}
