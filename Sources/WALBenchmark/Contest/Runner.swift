import WALProtocol

/// Runs workloads: prepared, warmed up, repeated, and interleaved, so that whatever drifts on the
/// machine hits everybody.
struct Runner {
    private let bench: Bench
    private let contestants: [Contestant]
    private let distrusted: [String: String]
    private let progress: (String) -> Void
    private let keep: (Comparison) -> Void

    /// Makes a runner.
    ///
    /// - Parameters:
    ///   - contestants: The backends, in the order in which they are printed.
    ///   - conformance: A backend that broke a rule about durability gets no durable figures.
    ///   - progress: Called with what is done next.
    ///   - keep: Called with what has been measured so far, after each workload.
    init(
        _ bench: Bench, contestants: [Contestant], conformance: [Conformity],
        progress: @escaping (String) -> Void = { _ in },
        keep: @escaping (Comparison) -> Void = { _ in }
    ) {
        self.bench = bench
        self.contestants = contestants
        self.progress = progress
        self.keep = keep
        distrusted = conformance.distrusted
    }

    /// Runs workloads and adds what they measured to a comparison.
    func run(_ workloads: [any Workload], into comparison: inout Comparison) throws {
        let remaining = RemainingTime(workloads.map(\.weight))
        for (number, workload) in workloads.enumerated() {
            progress(
                "\(workload.id) (\(number + 1) of \(workloads.count))"
                    + remaining.text(before: number))
            try run(workload, into: &comparison)
            keep(comparison)
            let isLastOfFamily =
                number + 1 == workloads.count || workloads[number + 1].family != workload.family
            if isLastOfFamily { try bench.dropPreparedLogs() }
        }
    }

    /// One who is measured: a backend, or the limit if there is no contestant.
    private struct Lane {
        var name: String
        var durability: Durability
        var isLimit: Bool
        var trial: Trial
        var samples: [Sample] = []
        /// Why it turned out not to be measurable.
        var obstacle: String?

        /// Runs a repetition, unless one before found that this cannot be measured.
        mutating func measure() throws -> Sample? {
            guard obstacle == nil else { return nil }
            do {
                return try trial.measure()
            } catch let error as NotMeasurable {
                obstacle = error.reason
                return nil
            }
        }
    }

    private func run(_ workload: any Workload, into comparison: inout Comparison) throws {
        var lanes = try lanes(for: workload, into: &comparison)
        for place in lanes.indices { _ = try lanes[place].measure() }
        for repetition in 0..<min(bench.profile.repetitions, workload.repetitionLimit) {
            // Whoever goes first has the coolest processor and the emptiest disk queue.
            for place in lanes.indices {
                let lane = (place + repetition) % lanes.count
                if let sample = try lanes[lane].measure() { lanes[lane].samples.append(sample) }
            }
        }
        for lane in lanes { try lane.trial.finish() }
        for lane in lanes {
            guard let reason = lane.obstacle else { continue }
            comparison.notes.append(
                .init(
                    workload: workload.id, backend: lane.isLimit ? nil : lane.name, reason: reason))
        }
        comparison.rows += try Self.rows(for: workload, lanes.filter { $0.obstacle == nil })
    }

    private func lanes(
        for workload: any Workload, into comparison: inout Comparison
    ) throws -> [Lane] {
        var lanes: [Lane] = []
        do {
            if let trial = try workload.limit(in: bench) {
                lanes.append(
                    Lane(
                        name: Row.limitName, durability: workload.durability, isLimit: true,
                        trial: trial))
            }
        } catch let error as NotMeasurable {
            comparison.notes.append(
                .init(workload: workload.id, backend: nil, reason: error.reason))
        }
        for contestant in contestants {
            let durability = contestant.durability(of: workload)
            do {
                if durability == .durable, let reason = distrusted[contestant.name] {
                    throw NotMeasurable(reason)
                }
                if workload.needsDisk, !contestant.isOnDisk {
                    throw NotMeasurable.inMemory
                }
                let trial = try workload.trial(of: contestant, in: bench)
                lanes.append(
                    Lane(
                        name: contestant.name, durability: durability, isLimit: false,
                        trial: trial))
            } catch let error as NotMeasurable {
                comparison.notes.append(
                    .init(workload: workload.id, backend: contestant.name, reason: error.reason))
            }
        }
        return lanes
    }

    /// One row for each durability among the lanes, so that no row has to mix them.
    private static func rows(for workload: any Workload, _ lanes: [Lane]) throws -> [Row] {
        var rows: [Row] = []
        for lane in lanes {
            let calls = lane.samples.flatMap(\.calls)
            guard let summary = Summary(lane.samples.map(\.figure)) else { continue }
            let cell = Row.Cell(
                backend: lane.name, durability: lane.durability, summary: summary,
                percentiles: Percentiles(calls), course: course(of: lane.samples, summary))
            let place = rows.firstIndex { $0.durability == lane.durability }
            var row =
                place.map { rows[$0] }
                ?? Row(
                    workload: workload.id, sentence: workload.sentence, unit: workload.unit,
                    durability: lane.durability, entriesPerCall: workload.entriesPerCall)
            if lane.isLimit { try row.setLimit(cell) } else { try row.add(cell) }
            if let place { rows[place] = row } else { rows.append(row) }
        }
        return rows.filter { !$0.cells.isEmpty }
    }

    /// That of the repetition whose figure is nearest to the median.
    private static func course(of samples: [Sample], _ summary: Summary) -> Course? {
        samples.min { abs($0.figure - summary.median) < abs($1.figure - summary.median) }?.course
    }
}
