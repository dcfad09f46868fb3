internal import WALProtocol

/// Finds out what is left of a damaged store, changing nothing (DESIGN.md, "Protocol-aware
/// recovery").
///
/// Where ordinary recovery knows the structure of the log, it is taken from there. Otherwise the
/// latest valid checkpoint says what the log was at that place, and the valid records behind it are
/// applied. Then every entry is looked at, in every segment.
struct Salvage {
    /// What is left.
    struct Outcome {
        var inventory: Inventory
        var log: SalvagedLog
        /// The newest segment with records that count, or that is missing.
        var newest: UInt64
        /// From here on entries are lost, and nothing says what the last one was.
        var lostFrom: LogIndex?
        /// Whether ordinary recovery accepts the structure of the log.
        var isRecoverable: Bool
        /// The end of the records that count in each segment with entries.
        var ends: [UInt64: UInt64]
        var report: RecoveryReport
    }

    /// What the files say the log is, before its entries are looked at.
    struct Structure {
        var log: SalvagedLog
        var newest: UInt64
        /// Something durable behind the end of the log is gone.
        var isEndLost = false
        var isUncertain = false
        var isRecoverable = false
    }

    /// Entries that something hidden in their segment may have replaced.
    struct Doubt {
        var range: Range<LogIndex>
        var loss: SalvagedLog.Loss
    }

    let inventory: Inventory
    var report = RecoveryReport()
    /// The surveys of the segments that the structure was found in.
    var surveys: [UInt64: SegmentSurvey] = [:]
    var ends: [UInt64: UInt64] = [:]
    var doubts: [Doubt] = []
    /// What was found about segments that a checkpoint says are live; they may not be any more.
    var suspects: [UInt64: RecoveryReport.Finding.Kind] = [:]

    init(_ inventory: Inventory) { self.inventory = inventory }

    /// Salvages.
    ///
    /// - Throws: `corrupt` if there is nothing that belongs to a store; `io`.
    /// - Complexity: O(bytes).
    mutating func run() throws(LogStoreError) -> Outcome {
        _ = try firstSegment()
        var structure = try structureOfRecovery()
        if structure == nil { structure = try structureOfRecords() }
        guard var structure else { preconditionFailure("records always give some structure") }
        for (sequence, kind) in suspects.sorted(by: { $0.key < $1.key })
        where structure.log.runs.contains(where: { $0.sequence == sequence }) {
            note(kind, SegmentFormat.fileName(sequence: sequence))
        }
        for name in inventory.foreign { note(.foreign, name) }
        if inventory.isIdentityDamaged { note(.damaged, SegmentFormat.identityFileName) }
        for doubt in doubts { structure.log.apply(doubt) }
        structure.log.inferTerms()
        let lostFrom = takeUnknownEnd(&structure)
        return finish(structure, lostFrom)
    }

    /// What there has to be.
    func firstSegment() throws(LogStoreError) -> Inventory.SegmentFile {
        guard let first = inventory.segments.first else {
            throw .corrupt("no segment belongs to this store", file: SegmentFormat.identityFileName)
        }
        return first
    }

    /// The structure as ordinary recovery finds it; `nil` if it refuses.
    private mutating func structureOfRecovery() throws(LogStoreError) -> Structure? {
        let newest = inventory.segments.last?.sequence ?? 0
        let isNewestForeign = inventory.foreign.contains {
            SegmentFormat.sequence(fileName: $0) ?? 0 > newest
        }
        guard !isNewestForeign else { return nil }
        var recovery = LogRecovery(inventory, policy: .strict)
        let outcome: LogRecovery.Outcome
        do throws(LogStoreError) {
            outcome = try recovery.run()
        } catch {
            guard error.code == .corrupt else { throw error }
            return nil
        }
        report = outcome.report
        (doubts, suspects) = ([], [:])
        var log = SalvagedLog(outcome.log)
        for span in outcome.log.spans {
            let footer = span.offsets.map {
                SegmentIndex(first: span.first, offsets: $0, runs: span.runs)
            }
            log.runs += try locate(
                Claim(
                    sequence: span.sequence, first: span.first, count: span.count, end: span.end,
                    footer: footer))
        }
        try noteOtherDamage(outcome)
        return Structure(log: log, newest: outcome.newest, isRecoverable: true)
    }

    /// After a clean close every byte before the mark counts, whether it holds an entry or not, and
    /// nothing but zeros stands behind it.
    private mutating func noteOtherDamage(
        _ outcome: LogRecovery.Outcome
    ) throws(LogStoreError) {
        guard let slot = outcome.cleanSlot, let segment = inventory.segment(outcome.newest) else {
            return
        }
        let survey = try survey(segment)
        if UInt64(survey.end) > slot.end
            || survey.gaps.contains(where: { $0.lowerBound < slot.end })
        {
            note(.damaged, SegmentFormat.fileName(sequence: segment.sequence))
        }
    }

    // MARK: - The end

    /// Entries at the end whose terms are not known cannot be the log's last position: they become
    /// an end of which nothing is known.
    private func takeUnknownEnd(_ structure: inout Structure) -> LogIndex? {
        let end = structure.log.runs.last?.end ?? 0
        let next = structure.log.last.map { $0.index + 1 } ?? structure.log.start ?? 0
        guard structure.isEndLost || end > next else { return nil }
        structure.log.clamp(to: 0..<next)
        return next
    }

    private mutating func finish(_ structure: Structure, _ lostFrom: LogIndex?) -> Outcome {
        let log = structure.log
        report.entryCount = log.runs.reduce(0) { $0 + ($1.loss == nil ? $1.count : 0) }
        report.lostRanges = log.lostRanges
        if let lostFrom {
            report.lostRanges.append(LostRange(indexes: lostFrom..<LogIndex.max))
        }
        report.isEndLost = lostFrom != nil || log.runs.last?.loss != nil
        report.isMetadataUncertain = structure.isUncertain
        return Outcome(
            inventory: inventory, log: log, newest: structure.newest, lostFrom: lostFrom,
            isRecoverable: structure.isRecoverable, ends: ends, report: report)
    }

    // MARK: - Helpers

    mutating func note(_ kind: RecoveryReport.Finding.Kind, _ file: String) {
        let finding = RecoveryReport.Finding(kind, file: file)
        if !report.findings.contains(finding) { report.findings.append(finding) }
    }

    /// Surveys a segment, unless that was done.
    mutating func survey(_ segment: Inventory.SegmentFile) throws(LogStoreError) -> SegmentSurvey {
        if let known = surveys[segment.sequence] { return known }
        let survey = try Inventory.reading { () throws(SystemCallError) in
            try SegmentSurvey.take(segment.file, seed: segment.seed)
        }
        report.scannedByteCount += survey.byteCount
        return survey
    }
}

extension SalvagedLog {
    /// The positions and the metadata, without entries.
    init(_ log: ReplayedLog) {
        compacted = log.compacted
        start = log.start
        last = log.last
        metadata = log.metadata
    }

    /// The positions and the metadata, without entries.
    init(_ checkpoint: Checkpoint) {
        compacted = checkpoint.compacted
        last = checkpoint.last
        start = checkpoint.first ?? checkpoint.compacted.map { $0.index + 1 }
        metadata = checkpoint.metadata
    }

    /// Gives up what the terms behind it do not prove to be in the log.
    mutating func apply(_ doubt: Salvage.Doubt) {
        let end = doubt.range.upperBound
        let later = runs.first { $0.end > end && !$0.terms.isEmpty }
        let term = later.map { $0.terms.term(at: max(end, $0.first)) } ?? last?.term
        self.doubt(doubt.range, exceptOf: term ?? 0, doubt.loss)
    }

    /// Gives lost entries the term that both their neighbours have: terms never decrease.
    mutating func inferTerms() {
        var place = 0
        while place < runs.count {
            guard runs[place].terms.isEmpty else {
                place += 1
                continue
            }
            let first = place
            while place < runs.count, runs[place].terms.isEmpty { place += 1 }
            let before = runs[first].first.subtractingReportingOverflow(1)
            let term = before.overflow ? nil : term(at: before.partialValue)
            guard let term, term == self.term(at: runs[place - 1].end) ?? lastTerm(place) else {
                continue
            }
            for unknown in first..<place {
                runs[unknown].terms = [.init(first: runs[unknown].first, term: term)]
            }
        }
    }

    /// The term of the last position, if the runs end with it.
    private func lastTerm(_ place: Int) -> Term? {
        guard place == runs.count, let last, last.index + 1 == runs.last?.end else { return nil }
        return last.term
    }

    /// The lost entries, in ranges of one term.
    var lostRanges: [LostRange] {
        var ranges: [LostRange] = []
        func add(_ indexes: Range<LogIndex>, _ term: Term?) {
            if let previous = ranges.last, previous.term == term,
                previous.indexes.upperBound == indexes.lowerBound
            {
                ranges[ranges.count - 1].indexes = previous.indexes.lowerBound..<indexes.upperBound
            } else {
                ranges.append(LostRange(indexes: indexes, term: term))
            }
        }
        for run in runs where run.loss != nil {
            guard !run.terms.isEmpty else {
                add(run.first..<run.end, nil)
                continue
            }
            for (place, part) in run.terms.enumerated() {
                let end = place + 1 < run.terms.count ? run.terms[place + 1].first : run.end
                add(max(part.first, run.first)..<end, part.term)
            }
        }
        return ranges
    }
}
