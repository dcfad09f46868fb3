internal import WALProtocol

/// The structure of a log that ordinary recovery refuses: the latest valid checkpoint, and the
/// records behind it.
extension Salvage {
    /// A checkpoint and the place where it stands.
    private struct Base {
        var checkpoint: Checkpoint
        var segment: Inventory.SegmentFile
        var record: ScannedRecord
    }

    mutating func structureOfRecords() throws(LogStoreError) -> Structure {
        report = RecoveryReport()
        (doubts, suspects) = ([], [:])
        let sealed = inventory.segments.last { $0.slot?.state == .sealed }
        for segment in inventory.segments where segment.sequence >= sealed?.sequence ?? 0 {
            surveys[segment.sequence] = try survey(segment)
        }
        let watermark = try provenWatermark(sealed)
        extendSurvey(to: watermark)
        let (end, isEndShort) = end(watermark)
        report.stoppedCleanly = inventory.segment(end.sequence)?.slot?.state == .clean
        let base = try base(before: end)
        var replay = SalvageReplay(SalvagedLog())
        if let base { replay = SalvageReplay(try logAtBase(base)) }
        try apply(to: &replay, from: base, end, watermark)
        let isEndLost = isEndShort || replay.endsHidden
        noteTorn(behind: end)
        noteDamage(end, isEndLost: isEndLost)
        return Structure(
            log: replay.log, newest: end.sequence, isEndLost: isEndLost,
            isUncertain: isEndLost || replay.isUncertain || base == nil)
    }

    // MARK: - How far the log goes

    /// The greatest place that anything proves durable.
    private func provenWatermark(
        _ sealed: Inventory.SegmentFile?
    ) throws(LogStoreError) -> StreamOffset {
        var proven = StreamOffset(sequence: 0, offset: 0)
        for segment in inventory.segments {
            for slot in segment.slots where slot.state != .open {
                proven = max(proven, StreamOffset(sequence: segment.sequence, offset: slot.end))
            }
            if segment.durableAtBirth > 0 {
                let offset = segment.durableAtBirth
                proven = max(proven, StreamOffset(sequence: segment.sequence, offset: offset))
            }
            guard let survey = surveys[segment.sequence] else { continue }
            if let found = survey.watermark { proven = max(proven, found) }
            for record in survey.records where record.header.type == .checkpoint {
                if let found = try checkpoint(record, segment) {
                    proven = max(proven, found.watermark)
                }
            }
        }
        if let sealed {
            // A segment is marked as sealed after a sync that covers the checkpoint of the next.
            let next = StreamOffset(
                sequence: sealed.sequence + 1,
                offset: UInt64(SegmentFormat.headerBlockByteCount + 1))
            proven = max(proven, next)
        }
        return proven
    }

    /// Zeros before the watermark are no end of the records: something stood there.
    private mutating func extendSurvey(to watermark: StreamOffset) {
        guard let survey = surveys[watermark.sequence], hasContent(watermark.sequence) else {
            return
        }
        let proven = Int(clamping: watermark.offset)
        guard survey.end < proven, proven <= SegmentFormat.maximumSegmentByteCount else { return }
        surveys[watermark.sequence]?.extend(to: proven)
    }

    /// Where the log ends: at the first damage behind the watermark, as after any crash.
    ///
    /// - Returns: the place, and whether something that was durable stood behind it.
    private func end(_ watermark: StreamOffset) -> (end: StreamOffset, isShort: Bool) {
        guard hasContent(watermark.sequence) else {
            let newest = surveys.keys.filter { $0 < watermark.sequence && hasContent($0) }.max()
            let sequence = newest ?? inventory.segments[0].sequence
            let end = surveys[sequence]?.end ?? SegmentFormat.headerBlockByteCount
            return (place(sequence, end), true)
        }
        var sequence = watermark.sequence
        var proven = Int(clamping: watermark.offset)
        while let survey = surveys[sequence] {
            if let gap = survey.gaps.first(where: { $0.lowerBound >= proven }) {
                return (place(sequence, gap.lowerBound), false)
            }
            guard survey.endsWithFooter, let next = surveys[sequence + 1],
                next.records.first?.offset == SegmentFormat.headerBlockByteCount
            else { break }
            sequence += 1
            proven = 0
        }
        return (place(sequence, surveys[sequence]?.end ?? 0), false)
    }

    private func place(_ sequence: UInt64, _ offset: Int) -> StreamOffset {
        StreamOffset(sequence: sequence, offset: UInt64(offset))
    }

    private func hasContent(_ sequence: UInt64) -> Bool {
        surveys[sequence].map { !$0.records.isEmpty || !$0.gaps.isEmpty } ?? false
    }

    // MARK: - Where to start from

    /// The latest valid checkpoint before the end.
    private mutating func base(before end: StreamOffset) throws(LogStoreError) -> Base? {
        for segment in inventory.segments.reversed() where segment.sequence <= end.sequence {
            let survey = try survey(segment)
            surveys[segment.sequence] = survey
            for record in survey.records.reversed() where record.header.type == .checkpoint {
                guard place(segment.sequence, record.offset) < end else { continue }
                if let checkpoint = try checkpoint(record, segment) {
                    return Base(checkpoint: checkpoint, segment: segment, record: record)
                }
            }
        }
        return nil
    }

    func checkpoint(
        _ record: ScannedRecord, _ segment: Inventory.SegmentFile
    ) throws(LogStoreError) -> Checkpoint? {
        let whole = try RecordReader.read(
            segment.file, at: record.offset, seed: segment.seed, expecting: .checkpoint)
        return whole.decode { Checkpoint($0, in: segment.sequence) }
    }

    /// The log at a checkpoint, with its entries in older segments and before it in its own.
    private mutating func logAtBase(_ base: Base) throws(LogStoreError) -> SalvagedLog {
        var log = SalvagedLog(base.checkpoint)
        for live in base.checkpoint.segments {
            log.runs += try locate(
                Claim(
                    sequence: live.sequence, first: live.first, count: live.count, end: live.end))
        }
        guard let first = log.runs.last?.end ?? base.checkpoint.first,
            let last = base.checkpoint.last, last.index >= first
        else { return log }
        let end = base.record.end
        var claim = Claim(
            sequence: base.segment.sequence, first: first, count: last.index - first + 1,
            end: UInt64(base.record.offset))
        if let index = surveys[base.segment.sequence]?.record(at: end),
            index.header.type == .index
        {
            let record = try RecordReader.read(
                base.segment.file, at: end, seed: base.segment.seed, expecting: .index)
            let footer = record.decode(SegmentIndex.decode)
            if let footer, footer.first == first, UInt64(footer.offsets.count) == claim.count {
                claim.footer = footer
            }
        }
        log.runs += try locate(claim)
        return log
    }

    // MARK: - What follows

    private mutating func apply(
        to replay: inout SalvageReplay, from base: Base?, _ end: StreamOffset,
        _ watermark: StreamOffset
    ) throws(LogStoreError) {
        var sequence = base?.segment.sequence ?? inventory.segments[0].sequence
        var start = base?.record.end ?? SegmentFormat.headerBlockByteCount
        while sequence <= end.sequence {
            if let segment = inventory.segment(sequence) {
                let survey = try survey(segment)
                let stop = sequence == end.sequence ? Int(clamping: end.offset) : survey.end
                let proven =
                    sequence < watermark.sequence
                    ? Int.max
                    : sequence == watermark.sequence ? Int(clamping: watermark.offset) : 0
                ends[sequence] = UInt64(stop)
                if start < stop {
                    try replay.apply(survey, of: segment, in: start..<stop, proven: proven)
                }
                sequence += 1
            } else {
                replay.noteMissingSegment(sequence)
                let later = inventory.segments.first { $0.sequence > sequence }
                guard let later else { break }
                sequence = later.sequence
            }
            start = SegmentFormat.headerBlockByteCount
        }
    }

    // MARK: - The report

    /// What stands behind the end was never acknowledged, as far as the files tell.
    private mutating func noteTorn(behind end: StreamOffset) {
        var torn = 0
        for (sequence, survey) in surveys where sequence >= end.sequence {
            let start =
                sequence == end.sequence
                ? Int(clamping: end.offset) : SegmentFormat.headerBlockByteCount
            torn += max(0, survey.end - start)
        }
        guard torn > 0 else { return }
        report.tornByteCount = UInt64(torn)
        report.verdict = .ambiguous
        note(.tornTail, SegmentFormat.fileName(sequence: end.sequence))
    }

    private mutating func noteDamage(_ end: StreamOffset, isEndLost: Bool) {
        for segment in inventory.segments where segment.sequence <= end.sequence {
            guard let survey = surveys[segment.sequence], hasContent(segment.sequence) else {
                continue
            }
            let isDamaged = survey.gaps.contains { place(segment.sequence, $0.lowerBound) < end }
            if !segment.isValid || isDamaged {
                note(.damaged, SegmentFormat.fileName(sequence: segment.sequence))
            }
        }
        guard isEndLost, !report.findings.contains(where: { $0.kind == .damaged }) else { return }
        note(.missing, SegmentFormat.fileName(sequence: end.sequence + 1))
    }
}
