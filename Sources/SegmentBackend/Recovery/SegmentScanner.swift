internal import CWALChecksum
internal import WALProtocol

/// Reads a segment's records in large pieces, through one buffer.
struct SegmentScanner: ~Copyable {
    /// Small enough to stay in a processor's second cache from the read to the checksum.
    private static let pieceByteCount = 256 << 10

    private let file: any File
    private let seed: UInt32
    let fileEnd: Int
    private let piece: UnsafeMutableRawBufferPointer
    private var pieceStart = 0
    private var pieceCount = 0
    /// Room for the offsets of as many entries as a piece can hold.
    private let places: UnsafeMutableBufferPointer<UInt32>

    /// Scans a file.
    ///
    /// - Parameters:
    ///   - limit: Do not look beyond this offset; `nil` for the end of the file.
    ///   - counted: The entries whose bytes are to be added up.
    /// - Throws: what reading throws. Bad records are no failure: the scan says where they begin.
    static func scan(
        _ file: any File, seed: UInt32, from start: Int = SegmentFormat.headerBlockByteCount,
        limit: Int? = nil, counting counted: Range<LogIndex> = 0..<0
    ) throws(SystemCallError) -> SegmentScan {
        let size = Int(clamping: try file.size())
        var scanner = SegmentScanner(file: file, seed: seed, fileEnd: min(size, limit ?? size))
        return try scanner.run(SegmentScan(from: start, counting: counted))
    }

    init(file: any File, seed: UInt32, fileEnd: Int) {
        self.file = file
        self.seed = seed
        self.fileEnd = fileEnd
        let size = max(SegmentFormat.recordHeaderByteCount, min(Self.pieceByteCount, fileEnd))
        piece = .allocate(byteCount: size, alignment: 64)
        places = .allocate(capacity: size / SegmentFormat.recordHeaderByteCount)
    }

    deinit {
        piece.deallocate()
        places.deallocate()
    }

    /// Goes on from where a scan ends.
    private mutating func run(_ begun: SegmentScan) throws(SystemCallError) -> SegmentScan {
        var scan = begun
        while try bytes(at: scan.end, count: SegmentFormat.recordHeaderByteCount) != nil {
            if takeEntries(&scan) { continue }
            guard let header = try validHeader(at: scan.end) else { break }
            scan.add(header)
        }
        scan.garbageEnd = scan.end
        try lookBehind(&scan)
        scan.fileByteCount = fileEnd
        scan.byteCount = UInt64(max(0, fileEnd - begun.end))
        return scan
    }

    /// Takes the entries that follow each other in the piece: the loop that a scan spends its time
    /// in.
    ///
    /// - Returns: `false` if there is none, or it is not in the piece to its end.
    private func takeEntries(_ scan: inout SegmentScan) -> Bool {
        guard let base = piece.baseAddress else { return false }
        var offset = scan.end
        var unitsEnd = scan.unitsEnd
        let pieceEnd = pieceStart + pieceCount
        var record = UnsafeRawPointer(base + (offset - pieceStart))
        let first = LogPosition(term: record.u64(24), index: record.u64(16))
        var count = 0
        while record.isEntry(
            first.index &+ LogIndex(count), available: pieceEnd - offset,
            seed: seed.seed(at: offset)),
            record.u64(24) == first.term, record.isPaddedWithZeros,
            first.index < .max - LogIndex(count)
        {
            places[count] = UInt32(truncatingIfNeeded: offset)
            count += 1
            let byteCount = SegmentFormat.recordByteCount(payload: Int(record.u32(4)))
            offset += byteCount
            if !record.hasMore { unitsEnd = offset }
            record += byteCount
        }
        guard count > 0 else { return false }
        scan.addEntries(
            from: first, at: UnsafeBufferPointer(rebasing: places[..<count]), end: offset)
        scan.endUnit(at: unitsEnd)
        return true
    }

    /// The header of a whole, valid record with zero padding; `nil` if there is none.
    mutating func validHeader(at offset: Int) throws(SystemCallError) -> RecordHeader? {
        guard let start = try bytes(at: offset, count: SegmentFormat.recordHeaderByteCount),
            let header = RecordHeader(plausibleAt: start, available: fileEnd - offset)
        else { return nil }
        guard header.recordByteCount <= piece.count else {
            return try isValidInPieces(header, at: offset, expecting: start.u32(0)) ? header : nil
        }
        guard let record = try bytes(at: offset, count: header.recordByteCount),
            header.isValid(at: record, seed: seed.seed(at: offset)), record.isPaddedWithZeros
        else { return nil }
        return header
    }

    /// Whether a record is valid that is longer than a piece.
    private mutating func isValidInPieces(
        _ header: RecordHeader, at offset: Int, expecting crc: UInt32
    ) throws(SystemCallError) -> Bool {
        var state = header.checksumOfFields(seed: seed.seed(at: offset))
        var place = offset + SegmentFormat.recordHeaderByteCount
        let payloadEnd = place + header.payloadByteCount
        while place < payloadEnd {
            let count = min(piece.count, payloadEnd - place)
            guard let part = try bytes(at: place, count: count) else { return false }
            state = wal_crc32c_update(state, part, count)
            place += count
        }
        guard state == crc else { return false }
        let padding = offset + header.recordByteCount - payloadEnd
        guard padding > 0 else { return true }
        guard let rest = try bytes(at: payloadEnd, count: padding) else { return false }
        return UnsafeRawBufferPointer(start: rest, count: padding).allSatisfy { $0 == 0 }
    }

    /// Behind the last valid record: how far anything but zeros goes, and whether a watermark there
    /// proves that what stands before it was durable.
    private mutating func lookBehind(_ scan: inout SegmentScan) throws(SystemCallError) {
        var offset = scan.end
        while offset < fileEnd {
            let count = min(8, fileEnd - offset)
            guard let word = try bytes(at: offset, count: count) else { return }
            if UnsafeRawBufferPointer(start: word, count: count).contains(where: { $0 != 0 }) {
                scan.garbageEnd = offset + count
                if count == 8, word.u64(0) >> 32 == 0,
                    let record = try bytes(at: offset, count: SegmentFormat.recordHeaderByteCount),
                    let header = RecordHeader(plausibleAt: record, available: 32),
                    header.type == .watermark,
                    header.isValid(at: record, seed: seed.seed(at: offset))
                {
                    scan.noteWatermark(header)
                }
            } else if count == 8 {
                offset = skipZeros(from: offset)
                continue
            }
            offset += 8
        }
    }

    /// The offset, in steps of eight, of the next word that is not zero, or of the piece's end.
    func skipZeros(from offset: Int) -> Int {
        var place = offset - pieceStart
        while place + 64 <= pieceCount,
            piece.loadUnaligned(fromByteOffset: place, as: SIMD8<UInt64>.self) == .zero
        {
            place += 64
        }
        while place + 8 <= pieceCount,
            piece.loadUnaligned(fromByteOffset: place, as: UInt64.self) == 0
        {
            place += 8
        }
        return max(offset + 8, pieceStart + place)
    }

    /// A pointer to bytes of the file, at most a piece; `nil` if the file does not have that many.
    mutating func bytes(
        at offset: Int, count: Int
    ) throws(SystemCallError) -> UnsafeRawPointer? {
        guard offset + count <= fileEnd, count <= piece.count else { return nil }
        if offset < pieceStart || offset + count > pieceStart + pieceCount {
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
