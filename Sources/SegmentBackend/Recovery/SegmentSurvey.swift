internal import WALProtocol

/// Every valid record of a damaged segment, and what lies between them.
///
/// Records begin at multiples of eight and their checksums are seeded with their place, so that the
/// next valid one behind a damage can be found by looking at every such place.
struct SegmentSurvey: Sendable {
    /// The valid records, ascending.
    var records: [ScannedRecord] = []
    /// What is neither a valid record nor the zeros behind the last one.
    var gaps: [Range<Int>] = []
    /// The greatest place that any watermark says was durable.
    var watermark: StreamOffset?
    /// The bytes read.
    var byteCount: UInt64 = 0

    /// The end of the last valid record or gap.
    var end: Int {
        max(
            records.last?.end ?? SegmentFormat.headerBlockByteCount, gaps.last?.upperBound ?? 0)
    }

    /// Surveys a file.
    ///
    /// - Throws: what reading throws.
    /// - Complexity: O(bytes). The records that a payload pretends to hold are looked at as far as a
    ///   budget goes; beyond it only short ones are, so that what is hostile costs no more.
    static func take(_ file: any File, seed: UInt32) throws(SystemCallError) -> SegmentSurvey {
        let size = Int(clamping: try file.size())
        var scanner = SegmentScanner(file: file, seed: seed, fileEnd: size)
        var survey = SegmentSurvey()
        var offset = SegmentFormat.headerBlockByteCount
        survey.byteCount = UInt64(max(0, size - offset))
        while offset < size {
            if let header = try scanner.validHeader(at: offset) {
                survey.records.append(ScannedRecord(offset: offset, header: header))
                survey.note(header)
                offset += header.recordByteCount
                continue
            }
            let (next, lastByteEnd) = try scanner.nextRecord(after: offset)
            if let next {
                survey.gaps.append(offset..<next)
                offset = next
            } else {
                if lastByteEnd > offset { survey.gaps.append(offset..<lastByteEnd) }
                break
            }
        }
        return survey
    }

    private mutating func note(_ header: RecordHeader) {
        guard header.type == .watermark else { return }
        let found = StreamOffset(sequence: header.index, offset: header.term)
        watermark = max(watermark ?? found, found)
    }

    /// Takes everything up to an offset that holds no record for damage: something stood there.
    mutating func extend(to offset: Int) {
        guard end < offset else { return }
        var gap = end..<offset
        if let last = gaps.last, last.upperBound == end {
            gap = last.lowerBound..<offset
            gaps.removeLast()
        }
        gaps.append(gap)
    }

    /// Whether the log went on in the next segment (see ``SegmentScan/endsWithFooter``).
    var endsWithFooter: Bool {
        func mark(_ record: ScannedRecord) -> SegmentScan.Mark {
            SegmentScan.Mark(type: record.header.type, offset: record.offset)
        }
        return SegmentScan.isFooter(
            records.last.map(mark), after: records.dropLast().last.map(mark))
    }

    /// The valid record at an offset.
    func record(at offset: Int) -> ScannedRecord? {
        let place = records.partitionPoint { $0.offset >= offset }
        guard place < records.count, records[place].offset == offset else { return nil }
        return records[place]
    }
}

extension SegmentScanner {
    /// The longest record that is looked at when the budget is used up, in bytes.
    private static var shortRecordByteCount: Int { 4096 }

    /// Looks for the next valid record.
    ///
    /// - Returns: its offset, if there is one, and the end of the last byte before that or before
    ///   the file's end that is not zero.
    mutating func nextRecord(
        after start: Int
    ) throws(SystemCallError) -> (offset: Int?, lastByteEnd: Int) {
        var budget = 16 * (fileEnd - start)
        var lastByteEnd = start
        var offset = start
        while offset < fileEnd {
            let count = min(8, fileEnd - offset)
            guard let word = try bytes(at: offset, count: count) else { break }
            let isZero = (0..<count).allSatisfy {
                word.load(fromByteOffset: $0, as: UInt8.self) == 0
            }
            if isZero, count == 8 {
                offset = skipZeros(from: offset)
                continue
            }
            if !isZero { lastByteEnd = offset + count }
            if offset > start, let header = try plausibleHeader(at: offset),
                header.recordByteCount <= max(Self.shortRecordByteCount, budget)
            {
                budget -= header.recordByteCount
                if try validHeader(at: offset) != nil { return (offset, lastByteEnd) }
            }
            offset += 8
        }
        return (nil, lastByteEnd)
    }

    /// The header of something that may be a record; its checksum is not looked at.
    private mutating func plausibleHeader(at offset: Int) throws(SystemCallError) -> RecordHeader? {
        guard
            let start = try bytes(at: offset, count: SegmentFormat.recordHeaderByteCount)
        else { return nil }
        return RecordHeader(plausibleAt: start, available: fileEnd - offset)
    }
}
