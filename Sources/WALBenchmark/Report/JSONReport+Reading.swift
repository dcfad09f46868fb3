import Foundation

extension JSONReport {
    /// Reads what ``text()`` wrote, by this version or by an earlier one.
    ///
    /// - Throws: `unsupportedFormat` if the shape has another version, `invalidArgument` if it is
    ///   none of ours.
    init(reading data: Data, from name: String) throws(Failure) {
        struct Version: Decodable { let schema: Int }
        let decoder = JSONDecoder()
        do {
            let version = try decoder.decode(Version.self, from: data).schema
            guard version == Self.currentSchema else {
                throw Failure(
                    exitCode: 7,
                    message: "\(name): schema \(version) is another version's; this one reads "
                        + "\(Self.currentSchema)")
            }
            self = try decoder.decode(Self.self, from: data)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(
                exitCode: 2,
                message: "\(name) is not what 'walbench compare --json' writes: "
                    + Self.reason(error))
        }
    }

    /// What was compared.
    func comparison(named name: String) throws(Failure) -> Comparison {
        var comparison = Comparison(
            environment: environment, baseline: baseline ?? Contestant.baselineName)
        comparison.conformance = conformance.map {
            Conformity(
                backend: $0.backend, passed: $0.passed, failed: $0.failed,
                notChecked: $0.notChecked, failures: $0.failures ?? [])
        }
        comparison.notes = (notes ?? []).map {
            Comparison.Note(workload: $0.workload, backend: $0.backend, reason: $0.reason)
        }
        comparison.inputs = inputs ?? []
        comparison.isPartial = partial ?? false
        do {
            for result in results {
                try comparison.withRow(of: result, description(of: result.workload)) { row in
                    try row.add(result.cell(row))
                    // Earlier versions kept of the limit no more than this.
                    guard row.limit == nil, let limit = result.limit else { return }
                    let summary = Summary(median: limit, low: limit, high: limit, count: 1)
                    try row.setLimit(
                        Row.Cell(
                            backend: Row.limitName, durability: row.durability,
                            summary: result.unit == FigureUnit.rateText
                                ? summary.mapped(Row.rate) : summary))
                }
            }
            for limit in limits ?? [] {
                try comparison.withRow(of: limit, description(of: limit.workload)) { row in
                    try row.setLimit(limit.cell(row))
                }
            }
        } catch {
            throw Failure(exitCode: 2, message: "\(name): \(Self.reason(error))")
        }
        return comparison
    }

    private func description(of id: String) -> (sentence: String, entriesPerCall: Int) {
        if let description = workloads?.first(where: { $0.id == id }) {
            return (description.sentence, max(description.entriesPerCall, 1))
        }
        guard let workload = Workloads.all.first(where: { $0.id == id }) else { return ("", 1) }
        return (workload.sentence, workload.entriesPerCall)
    }

    fileprivate struct Unreadable: Error { let reason: String }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as Unreadable: error.reason
        case let error as Row.MixedDurability:
            "figures of different durability, \(error.row) and \(error.refused), in one row"
        case DecodingError.keyNotFound(let key, _): "there is no '\(key.stringValue)'"
        case DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context):
            "'" + context.codingPath.map(\.stringValue).joined(separator: ".")
                + "' has another type"
        default: "it is no JSON"
        }
    }
}

extension JSONReport.Result {
    /// The row's part of this result, in the unit in which it was measured.
    func cell(_ row: Row) throws -> Row.Cell {
        guard 0 <= low, low <= median, median <= high, repetitions >= 0 else {
            throw JSONReport.Unreadable(
                reason: "\(workload) has figures out of their order, or below zero")
        }
        var summary = Summary(median: median, low: low, high: high, count: repetitions)
        summary.values = samples ?? []
        let curve = (percentiles ?? []).filter { $0.count == 2 }.map {
            Percentiles.Point(percent: $0[0], value: $0[1])
        }
        return Row.Cell(
            backend: backend, durability: row.durability,
            summary: unit == FigureUnit.rateText ? summary.mapped(Row.rate) : summary,
            percentiles: p50.map {
                Percentiles(p50: $0, p99: p99, p999: p999, curve: curve)
            },
            course: course.map { course in
                Course(
                    along: course.along,
                    points: course.points.filter { $0.count == 2 }.map {
                        .init(x: $0[0], y: $0[1])
                    })
            })
    }
}

extension Comparison {
    /// Finds the row that a result belongs to, or begins one, and changes it.
    fileprivate mutating func withRow(
        of result: JSONReport.Result, _ description: (sentence: String, entriesPerCall: Int),
        _ change: (inout Row) throws -> Void
    ) throws {
        guard let durability = Durability(rawValue: result.durability) else {
            throw JSONReport.Unreadable(
                reason: "nobody knows the durability '\(result.durability)'")
        }
        let isRate = result.unit == FigureUnit.rateText
        guard let unit = isRate ? .nanosecondsPerEntry : FigureUnit(rawValue: result.unit) else {
            throw JSONReport.Unreadable(reason: "nobody knows the unit '\(result.unit)'")
        }
        let place = rows.firstIndex {
            $0.workload == result.workload && $0.durability == durability
        }
        guard let place else {
            var row = Row(
                workload: result.workload, sentence: description.sentence, unit: unit,
                durability: durability, entriesPerCall: description.entriesPerCall)
            try change(&row)
            return rows.append(row)
        }
        guard rows[place].unit == unit else {
            throw JSONReport.Unreadable(reason: "\(result.workload) has two units")
        }
        try change(&rows[place])
    }
}
