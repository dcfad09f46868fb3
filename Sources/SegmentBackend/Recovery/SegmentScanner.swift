internal import WALProtocol

/// One record that a scan found valid.
struct ScannedRecord: Hashable, Sendable {
    var offset: Int
    var header: RecordHeader

    var end: Int { offset + header.recordByteCount }
}

/// What the records of one segment say, without believing anything but checksums.
struct SegmentScan: Sendable {
    /// The valid records from the start of the body on, without a gap.
    var records: [ScannedRecord] = []
    /// The end of the last of them.
    var end = SegmentFormat.headerBlockByteCount
    /// The end of the bytes behind them that are not zero; `end` if all are.
    var garbageEnd = 0
    /// The greatest place that any watermark, before or behind `end`, says was durable.
    var watermark: StreamOffset?
    /// The size of the file, as far as it was to be looked at.
    var fileByteCount = 0
    /// The bytes read.
    var byteCount: UInt64 = 0

    /// Whether the records end where something was torn or damaged, not at zeros.
    var isTorn: Bool { garbageEnd > end }

    /// Whether the last record is a footer: the log went on in the next segment.
    ///
    /// A clean close leaves an index too, right behind a checkpoint. A store that went on from
    /// there, and lost what it wrote, must not be taken for one that was sealed.
    var endsWithFooter: Bool {
        guard let last = records.last, last.header.type == .index else { return false }
        guard let previous = records.dropLast().last else { return true }
        return previous.header.type != .checkpoint
            || previous.offset == SegmentFormat.headerBlockByteCount
    }
}

/// Reads a segment's records in large pieces.
struct SegmentScanner {
    private static let pieceByteCount = 1 << 20

    private let file: any File
    private let seed: UInt32
    let fileEnd: Int
    private var piece: UnsafeMutableRawBufferPointer
    private var pieceStart = 0
    private var pieceCount = 0

    /// Scans a file.
    ///
    /// - Parameters:
    ///   - limit: Do not look beyond this offset; `nil` for the end of the file.
    /// - Throws: what reading throws. Bad records are no failure: the scan says where they begin.
    static func scan(
        _ file: any File, seed: UInt32, from start: Int = SegmentFormat.headerBlockByteCount,
        limit: Int? = nil
    ) throws(SystemCallError) -> SegmentScan {
        let size = Int(clamping: try file.size())
        var scanner = SegmentScanner(file: file, seed: seed, fileEnd: min(size, limit ?? size))
        defer { scanner.deallocate() }
        return try scanner.run(from: start)
    }

    init(file: any File, seed: UInt32, fileEnd: Int) {
        self.file = file
        self.seed = seed
        self.fileEnd = fileEnd
        piece = .allocate(
            byteCount: max(
                SegmentFormat.recordHeaderByteCount, min(Self.pieceByteCount, fileEnd)),
            alignment: 16)
    }

    private mutating func run(from start: Int) throws(SystemCallError) -> SegmentScan {
        var scan = SegmentScan()
        scan.end = start
        while let header = try validHeader(at: scan.end) {
            scan.note(header, at: scan.end)
            scan.records.append(ScannedRecord(offset: scan.end, header: header))
            scan.end += header.recordByteCount
        }
        scan.garbageEnd = scan.end
        try lookBehind(&scan)
        scan.fileByteCount = fileEnd
        scan.byteCount = UInt64(max(0, fileEnd - start))
        return scan
    }

    /// Gives the memory back.
    func deallocate() { piece.deallocate() }

    /// The header of a whole, valid record with zero padding; `nil` if there is none.
    mutating func validHeader(at offset: Int) throws(SystemCallError) -> RecordHeader? {
        guard let start = try bytes(at: offset, count: SegmentFormat.recordHeaderByteCount),
            let header = RecordHeader(plausibleAt: start, available: fileEnd - offset),
            let record = try bytes(at: offset, count: header.recordByteCount),
            header.isValid(at: record, seed: seed.seed(at: offset))
        else { return nil }
        let payloadEnd = SegmentFormat.recordHeaderByteCount + header.payloadByteCount
        for place in payloadEnd..<header.recordByteCount
        where record.load(
            fromByteOffset: place, as: UInt8.self) != 0
        {
            return nil
        }
        return header
    }

    /// Behind the last valid record: how far anything but zeros goes, and whether a watermark there
    /// proves that what stands before it was durable.
    private mutating func lookBehind(_ scan: inout SegmentScan) throws(SystemCallError) {
        var offset = scan.end
        while offset < fileEnd {
            let count = min(8, fileEnd - offset)
            guard let word = try bytes(at: offset, count: count) else { return }
            var isZero = true
            for place in 0..<count where word.load(fromByteOffset: place, as: UInt8.self) != 0 {
                isZero = false
            }
            if !isZero {
                scan.garbageEnd = offset + count
                if count == 8, word.u64(0) >> 32 == 0,
                    let record = try bytes(at: offset, count: SegmentFormat.recordHeaderByteCount),
                    let header = RecordHeader(plausibleAt: record, available: 32),
                    header.type == .watermark,
                    header.isValid(at: record, seed: seed.seed(at: offset))
                {
                    scan.note(header, at: offset)
                }
            } else if count == 8 {
                offset = try skipZeros(from: offset)
                continue
            }
            offset += 8
        }
    }

    /// The offset, in steps of eight, of the next word that is not zero, or of the piece's end.
    mutating func skipZeros(from offset: Int) throws(SystemCallError) -> Int {
        var place = offset - pieceStart
        while place + 8 <= pieceCount,
            piece.loadUnaligned(fromByteOffset: place, as: UInt64.self) == 0
        {
            place += 8
        }
        return max(offset + 8, pieceStart + place)
    }

    /// A pointer to bytes of the file; `nil` if it does not have that many.
    mutating func bytes(
        at offset: Int, count: Int
    ) throws(SystemCallError) -> UnsafeRawPointer? {
        guard offset + count <= fileEnd else { return nil }
        if offset < pieceStart || offset + count > pieceStart + pieceCount {
            if count > piece.count {
                piece.deallocate()
                piece = .allocate(byteCount: count, alignment: 16)
            }
            pieceStart = offset
            pieceCount = 0
            let wanted = min(piece.count, fileEnd - offset)
            pieceCount = try file.readAll(
                into: UnsafeMutableRawBufferPointer(rebasing: piece[..<wanted]), at: UInt64(offset))
            guard count <= pieceCount else { return nil }
        }
        guard let base = piece.baseAddress else { return nil }
        return UnsafeRawPointer(base + (offset - pieceStart))
    }
}

extension SegmentScan {
    /// Notes what a record says of durability.
    fileprivate mutating func note(_ header: RecordHeader, at offset: Int) {
        guard header.type == .watermark else { return }
        let found = StreamOffset(sequence: header.index, offset: header.term)
        watermark = max(watermark ?? found, found)
    }
}
