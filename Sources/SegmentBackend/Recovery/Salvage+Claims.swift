internal import WALProtocol

/// Looking for the entries that a segment should hold.
extension Salvage {
    /// The live entries that a checkpoint says are in a segment.
    struct Claim {
        var sequence: UInt64
        var first: LogIndex
        var count: UInt64
        /// The end of the records that hold them.
        var end: UInt64
        /// Where they stand, if that is known already.
        var footer: SegmentIndex?

        var range: Range<LogIndex> { first..<first + count }
    }

    /// Finds the entries of a claim.
    ///
    /// - Returns: runs that cover the claim, with what is lost among them.
    mutating func locate(_ claim: Claim) throws(LogStoreError) -> [SalvagedLog.Run] {
        guard claim.count > 0 else { return [] }
        ends[claim.sequence] = claim.end
        let name = SegmentFormat.fileName(sequence: claim.sequence)
        guard let segment = inventory.segment(claim.sequence) else {
            if !inventory.foreign.contains(name) { suspects[claim.sequence] = .missing }
            return [
                SalvagedLog.Run(
                    sequence: claim.sequence, first: claim.first, count: claim.count,
                    loss: .init(byteOffset: nil))
            ]
        }
        var survey = try survey(segment)
        // A seal knows best: a segment that was repaired ends elsewhere than checkpoints say.
        let end = segment.sealedEnd ?? claim.end
        survey.extend(to: min(Int(clamping: end), SegmentFormat.maximumSegmentByteCount))
        if !segment.isValid || survey.gaps.contains(where: { $0.lowerBound < end }) {
            suspects[claim.sequence] = .damaged
        }
        if let footer = claim.footer {
            return check(claim, footer, survey, isInFile: false)
        }
        if let (footer, isInFile) = try footer(of: segment, survey, claim) {
            return check(claim, footer, survey, isInFile: isInFile)
        }
        if segment.slot?.state == .sealed { suspects[claim.sequence] = .damaged }
        return try locateByRecords(claim, segment, survey)
    }

    /// The segment's footer, if it is valid and holds the entries of the claim.
    ///
    /// - Returns: the footer, and whether an ordinary reader finds it as well.
    private func footer(
        of segment: Inventory.SegmentFile, _ survey: SegmentSurvey, _ claim: Claim
    ) throws(LogStoreError) -> (SegmentIndex, isInFile: Bool)? {
        let last: ScannedRecord?
        if let slot = segment.slot, slot.state == .sealed {
            last = survey.record(at: Int(clamping: slot.indexOffset))
        } else if let record = survey.records.last, survey.end == record.end,
            UInt64(record.end) >= claim.end
        {
            // An index record that anything follows may not be true any more.
            last = record
        } else {
            last = nil
        }
        guard let last, last.header.type == .index else { return nil }
        let record = try RecordReader.read(
            segment.file, at: last.offset, seed: segment.seed, expecting: .index)
        guard let footer = record.decode(SegmentIndex.decode), footer.first <= claim.first,
            claim.range.upperBound - footer.first <= UInt64(footer.offsets.count)
        else { return nil }
        let isInFile =
            segment.isValid && segment.slot?.state == .sealed
            && segment.slot?.indexOffset == UInt64(last.offset)
        return (footer, isInFile)
    }

    /// Looks at the record of every entry that a footer knows.
    private func check(
        _ claim: Claim, _ footer: SegmentIndex, _ survey: SegmentSurvey, isInFile: Bool
    ) -> [SalvagedLog.Run] {
        var runs: [SalvagedLog.Run] = []
        var start = claim.first
        var isPresent = true
        func close(at end: LogIndex) {
            guard start < end else { return }
            let places = Int(start - footer.first)..<Int(end - footer.first)
            let needsOffsets = !isPresent || !isInFile
            runs.append(
                SalvagedLog.Run(
                    sequence: claim.sequence, first: start, count: end - start,
                    offsets: needsOffsets ? Array(footer.offsets[places]) : nil,
                    terms: footer.runs.clamped(to: start..<end),
                    loss: isPresent
                        ? nil : .init(byteOffset: UInt64(footer.offsets[places.lowerBound]))))
            start = end
        }
        for index in claim.range {
            let offset = Int(footer.offsets[Int(index - footer.first)])
            let record = survey.record(at: offset)
            let isValid =
                record.map {
                    $0.header.type == .entry && $0.header.index == index
                        && $0.header.term == footer.term(at: index)
                } ?? false
            if isValid != isPresent {
                close(at: index)
                isPresent = isValid
            }
        }
        close(at: claim.range.upperBound)
        return runs
    }

    /// Without a footer the records tell, as far as they are valid.
    private mutating func locateByRecords(
        _ claim: Claim, _ segment: Inventory.SegmentFile, _ survey: SegmentSurvey
    ) throws(LogStoreError) -> [SalvagedLog.Run] {
        var before = SalvagedLog()
        if let head = survey.records.first, head.offset == SegmentFormat.headerBlockByteCount,
            head.header.type == .checkpoint, let checkpoint = try checkpoint(head, segment)
        {
            before = SalvagedLog(checkpoint)
        }
        var replay = SalvageReplay(before)
        let end = Int(clamping: claim.end)
        try replay.apply(
            survey, of: segment, in: SegmentFormat.headerBlockByteCount..<max(4096, end),
            proven: end)
        if let doubt = replay.doubt(before: claim.range.upperBound) {
            let range = doubt.range.clamped(to: claim.range)
            doubts.append(Doubt(range: range, loss: doubt.loss))
        }
        replay.log.clamp(to: claim.range)
        let loss = SalvagedLog.Loss(
            byteOffset: UInt64(survey.gaps.first?.lowerBound ?? survey.end))
        var runs: [SalvagedLog.Run] = []
        var next = claim.first
        for run in replay.log.runs {
            if run.first > next {
                runs.append(
                    SalvagedLog.Run(
                        sequence: claim.sequence, first: next, count: run.first - next, loss: loss))
            }
            runs.append(run)
            next = run.end
        }
        if next < claim.range.upperBound {
            runs.append(
                SalvagedLog.Run(
                    sequence: claim.sequence, first: next, count: claim.range.upperBound - next,
                    loss: loss))
        }
        return runs
    }
}
