import CLimits
import WALProtocol

/// Puts a real file through every backend: appended, closed, opened again, read back and compared
/// byte for byte.
struct InputComparison {
    /// What came of one backend: the line that is printed.
    struct Outcome: Hashable, Codable, Sendable {
        /// The backend.
        var backend: String
        /// The sentence.
        var text: String
        /// Whether every byte came back.
        var isIdentical: Bool
    }

    /// The records between two syncs.
    private static let syncInterval = 10_000
    /// When further repetitions are left out.
    private static let budgetNanoseconds: UInt64 = 10_000_000_000

    private let input: InputFile
    private let bench: Bench
    private let contestants: [Contestant]
    private let inMemory: [Contestant]
    private let distrusted: [String: String]
    private let progress: (String) -> Void

    /// Prepares a comparison.
    ///
    /// - Parameter conformance: A backend that broke a rule about durability gets no durable figure.
    init(
        _ input: InputFile, in bench: Bench, contestants: [Contestant], conformance: [Conformity],
        progress: @escaping (String) -> Void = { _ in }
    ) {
        self.input = input
        self.bench = bench
        self.contestants = contestants.filter(\.isOnDisk)
        inMemory = contestants.filter { !$0.isOnDisk }
        distrusted = conformance.distrusted
        self.progress = progress
    }

    /// Runs it, and adds its rows and for each backend whether the file came back.
    ///
    /// A backend that loses or changes a byte is measured no further.
    func run(into comparison: inout Comparison) throws {
        var appends: [String: [Double]] = [:]
        var scans: [String: [Double]] = [:]
        var outcomes: [String: Outcome] = [:]
        let start = now()
        for repetition in 0...bench.profile.repetitions {
            // The first one is not counted; a very large file is measured less often.
            if repetition > 1, now() - start > Self.budgetNanoseconds { break }
            progress("input, repetition \(repetition) of \(bench.profile.repetitions)")
            let limit = try measureLimit()
            if repetition > 0 {
                appends["limit", default: []].append(limit.append)
                scans["limit", default: []].append(limit.scan)
            }
            for contestant in contestants where outcomes[contestant.name]?.isIdentical != false {
                let result = try measure(contestant)
                outcomes[contestant.name] = result.outcome
                guard repetition > 0, result.outcome.isIdentical else { continue }
                appends[contestant.name, default: []].append(result.append)
                scans[contestant.name, default: []].append(result.scan)
            }
        }
        comparison.notes += inMemory.map {
            .init(workload: "input", backend: $0.name, reason: NotMeasurable.inMemory.reason)
        }
        try addRows(appends, scans, to: &comparison)
        comparison.inputs = contestants.compactMap { outcomes[$0.name] }
    }

    // MARK: One repetition

    private func measure(
        _ contestant: Contestant
    ) throws(LogStoreError) -> (append: Double, scan: Double, outcome: Outcome) {
        let path = bench.scratch.fresh(contestant.name)
        defer { bench.scratch.remove(path) }
        let writer = try contestant.open(path, nil)
        let appendStart = now()
        try input.forEach { (number, line) throws(LogStoreError) in
            try writer.append(
                line.bytes, at: LogPosition(term: 1, index: LogIndex(number) + 1), kind: .command)
            if (number + 1).isMultiple(of: Self.syncInterval) { try writer.sync() }
        }
        try writer.sync()
        let appendTime = now() - appendStart
        try writer.close()

        let reader = try contestant.open(path, nil)
        let scanStart = now()
        let difference = try Self.firstDifference(of: reader, from: input)
        let scanTime = now() - scanStart
        try reader.close()

        let count = Double(input.recordCount)
        var text = "input: \(input.recordCount) records, \(Figures.bytes(Double(input.byteCount)))"
        text += ", " + (difference ?? "read back identical")
        return (
            Double(appendTime) / count, Double(scanTime) / count,
            Outcome(backend: contestant.name, text: text, isIdentical: difference == nil)
        )
    }

    /// Where a log differs from the file, as a clause; `nil` if every byte is the same.
    static func firstDifference(
        of store: any LogReading, from input: InputFile
    ) throws(LogStoreError) -> String? {
        guard store.state.count == UInt64(input.recordCount), store.state.first == 1 else {
            return "read back \(store.state.count) records"
        }
        var offset = 0
        var number = 0
        var difference: String?
        let bytes = input.bytes
        let expected = bytes.span.bytes
        try store.visitEntries(in: store.state.indexes) { (header, payload) throws(LogStoreError) in
            guard difference == nil, number < input.recordCount else { return }
            let end = offset + Int(input.lengths[number])
            let line = expected.extracting(offset..<end)
            let isEqual = line.withUnsafeBytes { expected in
                payload.withUnsafeBytes { $0.elementsEqual(expected) }
            }
            if !isEqual || header.position.index != LogIndex(number) + 1 {
                difference = "record \(number + 1) was read back with other bytes"
            }
            offset = end
            number += 1
        }
        if difference == nil, number != input.recordCount {
            return "read back \(number) records"
        }
        return difference
    }

    private func measureLimit() throws(LogStoreError) -> (append: Double, scan: Double) {
        let path = bench.scratch.fresh("limit")
        defer { bench.scratch.remove(path) }
        var appendTime: UInt64 = 0
        let failure = input.bytes.withUnsafeBytes { bytes in
            input.lengths.withUnsafeBytes { lengths in
                let payloads = limit_payloads(
                    bytes: bytes.bindMemory(to: UInt8.self).baseAddress, byte_count: bytes.count,
                    length: 0, lengths: lengths.bindMemory(to: UInt32.self).baseAddress,
                    count: input.recordCount)
                return limit_append(path, payloads, Self.syncInterval, &appendTime)
            }
        }
        try checkLimit(failure, "pwrite", path)
        var records: UInt64 = 0
        let start = now()
        try checkLimit(limit_scan(path, &records), "pread", path)
        let scanTime = now() - start
        guard records == UInt64(input.recordCount) else {
            throw .corrupt(
                "the plain loop read \(records) of \(input.recordCount) records back", file: path)
        }
        let count = Double(input.recordCount)
        return (Double(appendTime) / count, Double(scanTime) / count)
    }

    // MARK: Rows

    private func addRows(
        _ appends: [String: [Double]], _ scans: [String: [Double]],
        to comparison: inout Comparison
    ) throws {
        try addRows(
            of: appends, to: &comparison, workload: "input.append", durability: .durable,
            sentence: "append every line of the file, with a sync after each 10,000")
        try addRows(
            of: scans, to: &comparison, workload: "input.readback", durability: .none,
            sentence: "read all lines back after reopening and compare every byte")
    }

    private func addRows(
        of lanes: [String: [Double]], to comparison: inout Comparison, workload: String,
        durability: Durability, sentence: String
    ) throws {
        var rows: [Row] = []
        for contestant in contestants {
            guard let summary = lanes[contestant.name].flatMap(Summary.init) else { continue }
            let isWorthLess = durability == .durable && !contestant.isDurable
            let worth = isWorthLess ? Durability.none : durability
            if worth == .durable, let reason = distrusted[contestant.name] {
                comparison.notes.append(
                    .init(workload: workload, backend: contestant.name, reason: reason))
                continue
            }
            let place = rows.firstIndex { $0.durability == worth }
            var row =
                place.map { rows[$0] }
                ?? Row(
                    workload: workload, sentence: sentence, unit: .nanosecondsPerEntry,
                    durability: worth)
            try row.add(.init(backend: contestant.name, durability: worth, summary: summary))
            if let place { rows[place] = row } else { rows.append(row) }
        }
        if let limit = lanes["limit"].flatMap(Summary.init),
            let place = rows.firstIndex(where: { $0.durability == durability })
        {
            try rows[place].setLimit(
                .init(backend: "limit", durability: durability, summary: limit))
        }
        comparison.rows += rows
    }
}
