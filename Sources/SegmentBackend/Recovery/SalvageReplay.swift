internal import WALProtocol

/// Applies the records of damaged segments, in stream order, with what may be missing between them.
struct SalvageReplay {
    /// Bytes whose content is not known.
    private struct Hidden {
        var sequence: UInt64
        var range: Range<Int>

        /// The most entries that a truncation hidden in them can have been followed by.
        var rewrittenEntryLimit: UInt64 {
            let record = SegmentFormat.recordHeaderByteCount
            return UInt64(max(0, range.count - record) / record)
        }
    }

    var log: SalvagedLog
    /// Whether damage may hide a change of metadata, a truncation, a compaction or a reset.
    private(set) var isUncertain = false
    /// What was hidden since the last entry.
    private var hidden: Hidden?

    /// Whether entries may have stood behind the last one that is known.
    var endsHidden: Bool { hidden != nil }

    /// What a truncation hidden behind the last entry may have replaced before an index.
    func doubt(before end: LogIndex) -> Salvage.Doubt? {
        guard let hidden else { return nil }
        let reach = min(hidden.rewrittenEntryLimit, end)
        return Salvage.Doubt(range: end - reach..<end, loss: loss)
    }

    init(_ log: SalvagedLog) { self.log = log }

    /// Notes that a whole segment is missing.
    mutating func noteMissingSegment(_ sequence: UInt64) {
        hide(Hidden(sequence: sequence, range: 0..<SegmentFormat.maximumSegmentByteCount))
    }

    /// Applies what stands in a part of a segment.
    ///
    /// - Parameters:
    ///   - range: The offsets to apply.
    ///   - proven: Records before this offset were durable, so that the units they belong to are
    ///     known to have been whole; behind it only whole units count.
    mutating func apply(
        _ survey: SegmentSurvey, of segment: Inventory.SegmentFile, in range: Range<Int>,
        proven: Int
    ) throws(LogStoreError) {
        var unit: [ScannedRecord] = []
        var gaps = survey.gaps[...]
        for record in survey.records where range.contains(record.offset) {
            while let gap = gaps.first, gap.lowerBound < record.offset {
                gaps.removeFirst()
                try note(gap, of: segment, in: range)
            }
            unit.append(record)
            guard record.offset < proven || !record.header.hasMore else { continue }
            for part in unit { try apply(part, of: segment) }
            unit.removeAll(keepingCapacity: true)
        }
        for gap in gaps { try note(gap, of: segment, in: range) }
    }

    // MARK: - Gaps

    private mutating func note(
        _ gap: Range<Int>, of segment: Inventory.SegmentFile, in range: Range<Int>
    ) throws(LogStoreError) {
        guard gap.overlaps(range) else { return }
        let gap = gap.clamped(to: range)
        let offsets = try Inventory.reading { () throws(SystemCallError) in
            try entries(in: gap, of: segment)
        }
        if let offsets {
            log.appendLost(offsets: offsets, sequence: segment.sequence)
        } else {
            hide(Hidden(sequence: segment.sequence, range: gap))
        }
    }

    private mutating func hide(_ more: Hidden) {
        isUncertain = true
        if let hidden, hidden.range.count > more.range.count { return }
        hidden = more
    }

    /// Where the entries stand that a gap held, if it held nothing that changes anything else.
    ///
    /// The record headers in it may have survived the damage to their payloads. They are believed
    /// if they fill the gap to the byte, and are the entries that should come next, or records
    /// that change nothing.
    private func entries(
        in gap: Range<Int>, of segment: Inventory.SegmentFile
    ) throws(SystemCallError) -> [UInt32]? {
        var offsets: [UInt32] = []
        var offset = gap.lowerBound
        var next = log.next
        while offset < gap.upperBound {
            let bytes = try segment.file.readBytes(
                at: UInt64(offset), count: SegmentFormat.recordHeaderByteCount)
            let header = bytes.withUnsafeBytes { buffer in
                buffer.baseAddress.flatMap {
                    RecordHeader(
                        plausibleAt: $0,
                        available: buffer.count < SegmentFormat.recordHeaderByteCount
                            ? 0 : gap.upperBound - offset)
                }
            }
            guard let header else { return nil }
            switch header.type {
            case .entry:
                guard let expected = next, header.index == expected, expected < .max - 1,
                    header.term >= log.last?.term ?? 0
                else { return nil }
                offsets.append(UInt32(truncatingIfNeeded: offset))
                next = expected + 1
            case .watermark, .checkpoint, .index:
                guard header.flags == 0, header.kind == 0 else { return nil }
            case .truncate, .compact, .reset, .metadata:
                return nil
            }
            offset += header.recordByteCount
        }
        return offsets
    }

    // MARK: - Records

    private mutating func apply(
        _ record: ScannedRecord, of segment: Inventory.SegmentFile
    ) throws(LogStoreError) {
        let header = record.header
        let position = LogPosition(term: header.term, index: header.index)
        let isAbsent = header.flags & RecordFlags.absent != 0
        switch header.type {
        case .entry:
            admit(position, of: segment)
            log.append(position, sequence: segment.sequence, offset: record.offset)
        case .truncate:
            let loss = loss
            admitReset(before: header.index)
            log.appendLost(upTo: header.index, sequence: segment.sequence, loss)
            if header.index > 0 {
                log.doubt(header.index - 1..<header.index, exceptOf: header.term, loss)
            }
            log.truncate(from: header.index, lastTerm: header.term)
        case .compact:
            admitReset(before: header.index + 1)
            log.compact(through: position)
        case .reset:
            log.reset(to: isAbsent ? nil : position)
            hidden = nil
        case .metadata:
            let whole = try RecordReader.read(
                segment.file, at: record.offset, seed: segment.seed, expecting: .metadata)
            guard let (key, value) = whole.decode(MetadataRecord.decode) else { return }
            log.metadata[key] = isAbsent ? nil : value
        case .watermark, .checkpoint, .index:
            break
        }
    }

    /// Makes the log end right before an entry that is known to be in it.
    private mutating func admit(_ position: LogPosition, of segment: Inventory.SegmentFile) {
        guard let next = log.next else { return }
        let index = position.index
        let loss = loss
        if index < next {
            // A truncation, or a reset, was among what is hidden.
            isUncertain = true
            if admitReset(before: index) { return }
            log.truncate(from: index, lastTerm: 0)
        }
        // Terms never decrease: what had a greater one is not there any more.
        if let above = log.firstIndex(ofTermAbove: position.term) {
            isUncertain = true
            log.doubt(above..<index, exceptOf: position.term, loss)
        }
        if let hidden {
            let reach = min(hidden.rewrittenEntryLimit, index)
            log.doubt(index - reach..<index, exceptOf: position.term, loss)
        } else if index > next {
            isUncertain = true
        }
        log.appendLost(
            upTo: index, sequence: hidden?.sequence ?? segment.sequence, loss)
        hidden = nil
    }

    /// What is about to happen to an index before the log's start shows that a reset is hidden.
    @discardableResult
    private mutating func admitReset(before index: LogIndex) -> Bool {
        guard let start = log.start, index < start else { return false }
        isUncertain = true
        log.reset(to: nil)
        return true
    }

    private var loss: SalvagedLog.Loss {
        SalvagedLog.Loss(byteOffset: hidden.map { UInt64($0.range.lowerBound) })
    }
}
