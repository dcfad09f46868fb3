internal import WALProtocol

/// Checks every record of one segment, and its footer against them.
struct SegmentVerification: Sendable {
    /// What was found.
    struct Outcome: Sendable {
        var checkedByteCount: UInt64 = 0
        var findings: [VerificationReport.Finding] = []
    }

    let segment: Inventory.SegmentFile
    /// The live entries; `nil` if the segment holds none.
    let span: ReplayedLog.Span?
    /// Where the records end.
    let end: Int
    /// Whether nothing but zeros may stand behind them.
    let isLast: Bool

    /// Checks.
    ///
    /// - Throws: `io`: damage is no failure.
    /// - Complexity: O(bytes), and twelve bytes of memory for each entry.
    func run(on fileSystem: any FileSystem) throws(LogStoreError) -> Outcome {
        var outcome = Outcome()
        let size = try Inventory.reading { () throws(SystemCallError) in try segment.file.size() }
        // No count is believed that the file has no room for.
        let room = size / UInt64(SegmentFormat.recordHeaderByteCount)
        var found = [UInt32](repeating: 0, count: Int(clamping: min(span?.count ?? 0, room)))
        var next = span?.first
        var start = SegmentFormat.headerBlockByteCount
        while start < end {
            let scan = try Inventory.reading { () throws(SystemCallError) in
                try SegmentScanner.scan(segment.file, seed: segment.seed, from: start, limit: end)
            }
            outcome.checkedByteCount += UInt64(scan.end - start)
            note(scan, &found, &next)
            guard scan.end < end else { break }
            start = try nextRecord(after: scan.end)
            outcome.findings.append(
                .init(
                    .records,
                    .corrupt(
                        "bytes \(scan.end)..<\(start) are damaged", file: segment.path,
                        byteOffset: UInt64(scan.end), index: next)))
        }
        if let span { try checkFooter(span, found, on: fileSystem, &outcome) }
        if isLast, outcome.findings.isEmpty { try checkTail(&outcome) }
        return outcome
    }

    /// Notes where the live entries stand: the last record of an index counts.
    private func note(_ scan: SegmentScan, _ found: inout [UInt32], _ next: inout LogIndex?) {
        guard let span else { return }
        for case .entries(let run) in scan.items {
            let end = run.first.index + LogIndex(run.places.count)
            next = max(next ?? end, end)
            let live = (span.first..<span.endIndex).clamped(to: run.first.index..<end)
            guard !live.isEmpty else { continue }
            let from = run.places.lowerBound + Int(live.lowerBound - run.first.index)
            let to = Int(live.lowerBound - span.first)
            let count = min(Int(live.upperBound - live.lowerBound), found.count - to)
            for place in 0..<max(0, count) {
                found[to + place] = scan.offsets[from + place]
            }
        }
    }

    /// The footer has to name the entries where they were found.
    private func checkFooter(
        _ span: ReplayedLog.Span, _ found: [UInt32], on fileSystem: any FileSystem,
        _ outcome: inout Outcome
    ) throws(LogStoreError) {
        let index: SegmentIndex
        if let offsets = span.offsets {
            index = SegmentIndex(first: span.first, offsets: offsets, runs: span.runs)
        } else {
            let file = Segment(
                sequence: span.sequence, path: segment.path, seed: segment.seed,
                capacity: segment.capacity, fileSystem: fileSystem,
                indexOffset: segment.slot?.indexOffset)
            do throws(LogStoreError) {
                index = try file.loadIndex(SegmentCache(limit: 1, footerByteCountMax: .max))
            } catch {
                guard error.code == .corrupt else { throw error }
                outcome.findings.append(.init(.footer, error))
                return
            }
        }
        // What is damaged was reported, and is not where the footer says.
        guard outcome.findings.isEmpty else { return }
        let skipped = span.first.subtractingReportingOverflow(index.first)
        let named =
            skipped.overflow || skipped.partialValue > index.offsets.count
            ? [] : index.offsets[Int(skipped.partialValue)...].prefix(found.count)
        guard UInt64(found.count) < span.count || !named.elementsEqual(found) else { return }
        let agreeing = zip(named, found).prefix { $0 == $1 }.reduce(0) { count, _ in count + 1 }
        outcome.findings.append(
            .init(
                .footer,
                .corrupt(
                    "the footer and the records disagree about an entry", file: segment.path,
                    index: span.first + LogIndex(agreeing))))
    }

    /// After a clean close nothing but zeros stands behind the mark.
    private func checkTail(_ outcome: inout Outcome) throws(LogStoreError) {
        let tail = try Inventory.reading { () throws(SystemCallError) in
            try SegmentScanner.scan(segment.file, seed: segment.seed, from: end)
        }
        guard tail.isTorn else { return }
        outcome.findings.append(
            .init(
                .tail,
                .corrupt(
                    "there are bytes behind the end of the log, though the store was closed "
                        + "cleanly", file: segment.path, byteOffset: UInt64(tail.end))))
    }

    /// The offset of the next valid record behind a damage; the end if there is none.
    private func nextRecord(after start: Int) throws(LogStoreError) -> Int {
        try Inventory.reading { () throws(SystemCallError) in
            var scanner = SegmentScanner(file: segment.file, seed: segment.seed, fileEnd: end)
            return try scanner.nextRecord(after: start).offset ?? end
        }
    }
}
