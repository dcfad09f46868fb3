internal import WALProtocol

/// Verifying a store that recovery refuses: every file for itself, and what salvage makes of them.
extension Inspector {
    /// What one segment holds that is no record.
    private struct Gaps: Sendable {
        var ranges: [Range<Int>] = []
        var byteCount: UInt64 = 0
        var failure: LogStoreError?
    }

    func verifyDamaged(
        refusedFor reason: LogStoreError
    ) throws(LogStoreError) -> VerificationReport {
        var report = VerificationReport()
        let inventory: Inventory
        do throws(LogStoreError) {
            inventory = metered(try self.inventory(isLenient: true))
        } catch {
            guard error.code == .corrupt else { throw error }
            report.findings = [.init(.missing, error)]
            return report
        }
        let segments = inventory.segments
        // Each is read twice: for itself, and for what it says of the log.
        meter?.expect(segments.reduce(0) { $0 + 2 * UInt64($1.capacity) })
        let gaps = try map(segments) { (segment) in self.gaps(of: segment) }
        report.checkedByteCount = gaps.reduce(0) { $0 + $1.byteCount }
        if inventory.isIdentityDamaged {
            report.findings.append(
                .init(
                    .identity,
                    .corrupt(
                        "the identity file is damaged",
                        file: directory.path(SegmentFormat.identityFileName), byteOffset: 0)))
        }
        for name in inventory.foreign {
            report.findings.append(
                .init(
                    .foreign,
                    .corrupt(
                        "the segment belongs to another store, or elsewhere in this one",
                        file: directory.path(name), byteOffset: 0)))
        }
        let outcome = try salvaged(inventory)
        for (segment, gaps) in zip(segments, gaps) {
            report.findings += findings(in: segment, gaps, outcome)
        }
        if let outcome {
            report.state = outcome.log.state
            report.tornByteCount = outcome.report.tornByteCount
            report.findings += missing(outcome) + uncertain(outcome, report.findings)
        }
        add(reason, inventory, to: &report)
        return report
    }

    /// What is left; `nil` if nothing is known.
    private func salvaged(_ inventory: Inventory) throws(LogStoreError) -> Salvage.Outcome? {
        var salvage = Salvage(inventory)
        do throws(LogStoreError) {
            return try salvage.run()
        } catch {
            guard error.code == .corrupt || error.code == .io else { throw error }
            return nil
        }
    }

    private func gaps(of segment: Inventory.SegmentFile) -> Gaps {
        do throws(SystemCallError) {
            let survey = try SegmentSurvey.take(segment.file, seed: segment.seed)
            return Gaps(ranges: survey.gaps, byteCount: survey.byteCount)
        } catch {
            return Gaps(failure: LogStoreError(error, writing: false))
        }
    }

    // MARK: - What is wrong

    /// What is wrong with one segment.
    ///
    /// Damage to segments that hold nothing any more, and behind the end, is harmless.
    private func findings(
        in segment: Inventory.SegmentFile, _ gaps: Gaps, _ outcome: Salvage.Outcome?
    ) -> [VerificationReport.Finding] {
        if let failure = gaps.failure { return [.init(.unreadable, failure)] }
        let runs = outcome?.log.runs.filter { $0.sequence == segment.sequence } ?? []
        let isNewest = segment.sequence == outcome?.newest
        guard outcome == nil || isNewest || !runs.isEmpty else { return [] }
        var findings: [VerificationReport.Finding] = []
        if !segment.isValid {
            findings.append(
                .init(
                    .header,
                    .corrupt(
                        "the header is damaged", file: segment.path, byteOffset: 0,
                        index: runs.first?.first)))
        }
        var lost = runs.filter { $0.loss != nil }
        let end = outcome?.ends[segment.sequence] ?? .max
        for gap in gaps.ranges where UInt64(gap.lowerBound) < end {
            let hit = lost.filter { $0.isLost(in: gap) }
            lost.removeAll { $0.isLost(in: gap) }
            findings.append(
                .init(
                    .records,
                    .corrupt(
                        "bytes \(gap.lowerBound)..<\(gap.upperBound) are damaged",
                        file: segment.path, byteOffset: UInt64(gap.lowerBound),
                        index: hit.first?.first, term: hit.first?.terms.first?.term),
                    lost: hit.first.map { $0.first..<(hit.last ?? $0).end }))
        }
        for run in lost {
            findings.append(
                .init(
                    .records,
                    .corrupt(
                        "what the log holds from here on cannot be told for sure",
                        file: segment.path, byteOffset: run.loss?.byteOffset, index: run.first,
                        term: run.terms.first?.term),
                    lost: run.first..<run.end))
        }
        return findings
    }

    /// The segments that are not there.
    private func missing(_ outcome: Salvage.Outcome) -> [VerificationReport.Finding] {
        var findings: [VerificationReport.Finding] = []
        let known = Set(outcome.inventory.foreign)
        for run in outcome.log.runs where outcome.inventory.segment(run.sequence) == nil {
            let name = SegmentFormat.fileName(sequence: run.sequence)
            if known.contains(name) { continue }
            let file = directory.path(name)
            if let last = findings.indices.last, findings[last].error.context.file == file {
                findings[last].lost = (findings[last].lost?.lowerBound ?? run.first)..<run.end
                continue
            }
            findings.append(
                .init(
                    .missing,
                    .corrupt(
                        "the segment is missing", file: file, index: run.first,
                        term: run.terms.first?.term),
                    lost: run.first..<run.end))
        }
        return findings
    }

    /// What may be gone of which nothing is left.
    private func uncertain(
        _ outcome: Salvage.Outcome, _ known: [VerificationReport.Finding]
    ) -> [VerificationReport.Finding] {
        var findings: [VerificationReport.Finding] = []
        let file = directory.segmentPath(outcome.newest)
        if let first = outcome.lostFrom {
            findings.append(
                .init(
                    .records,
                    .corrupt(
                        "the end of the log is lost, and nothing says what was last", file: file,
                        index: first),
                    lost: first..<LogIndex.max))
        }
        if outcome.report.isMetadataUncertain {
            findings.append(
                .init(
                    .metadata,
                    .corrupt(
                        "a change of the metadata, such as a vote, may be among what is damaged",
                        file: file)))
        }
        let files = known.compactMap(\.error.context.file)
        for finding in outcome.report.findings where finding.kind == .damaged {
            let file = directory.path(finding.file)
            guard !files.contains(file) else { continue }
            findings.append(
                .init(.footer, .corrupt("footer or status slot are damaged", file: file)))
        }
        return findings
    }

    /// Why recovery refuses, unless one of the findings is at the same place.
    private func add(
        _ reason: LogStoreError, _ inventory: Inventory, to report: inout VerificationReport
    ) {
        let place = reason.context
        let isKnown = report.findings.contains {
            let other = $0.error.context
            guard let file = place.file, let otherFile = other.file,
                file == otherFile || otherFile == directory.path(file)
            else { return false }
            return place.byteOffset == nil || other.byteOffset == place.byteOffset
        }
        if isKnown { return }
        let isThere = inventory.segments.contains { $0.path == place.file }
        let kind: VerificationReport.Finding.Kind =
            if !isThere { .missing } else if place.byteOffset == 0 { .header } else { .structure }
        report.findings.insert(.init(kind, reason), at: 0)
    }
}

extension SalvagedLog.Run {
    /// Whether the loss of the run begins in a range of its file.
    fileprivate func isLost(in gap: Range<Int>) -> Bool {
        guard let offset = loss?.byteOffset else { return false }
        return gap.contains(Int(clamping: offset))
    }
}

extension SalvagedLog {
    /// The positions, as far as they are known.
    var state: LogState {
        var state = LogState(compacted: compacted, last: last, durable: last)
        if let start, let last, last.index >= start { state.first = start }
        return state
    }
}
