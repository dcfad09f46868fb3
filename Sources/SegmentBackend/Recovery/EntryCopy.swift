internal import WALProtocol

/// Copies entries to a new file, where their checksums start from another place.
///
/// They are read and written in pieces, so that memory does not grow with their bytes.
struct EntryCopy: ~Copyable {
    /// What is written at once.
    private static let pieceByteCount = 256 << 10

    private let file: any File
    private let seed: UInt32
    private let piece: UnsafeMutableRawBufferPointer
    private var pieceStart: Int
    private var pieceCount = 0

    private(set) var offsets: [UInt32] = []
    private(set) var runs: [SegmentIndex.TermRun] = []

    /// - Parameters:
    ///   - start: Where the first record goes.
    ///   - seed: The new segment's.
    init(to file: any File, at start: Int, seed: UInt32) {
        self.file = file
        self.seed = seed
        pieceStart = start
        piece = .allocate(byteCount: Self.pieceByteCount, alignment: 64)
    }

    deinit { piece.deallocate() }

    /// Where the next record goes.
    var end: Int { pieceStart + pieceCount }

    /// Copies a segment's entries, in ascending order of their offsets.
    ///
    /// - Throws: what reading and writing throw; `EIO` if an entry is not valid that was so when
    ///   recovery read it.
    mutating func append(
        _ entries: [UInt32], first: LogIndex, of segment: Inventory.SegmentFile
    ) throws(SystemCallError) {
        let size = Int(clamping: try segment.file.size())
        var reader = SegmentScanner(file: segment.file, seed: segment.seed, fileEnd: size)
        offsets.reserveCapacity(offsets.count + entries.count)
        var index = first
        for entry in entries {
            let offset = Int(entry)
            guard
                let head = try reader.bytes(
                    at: offset, count: SegmentFormat.recordHeaderByteCount)
            else { throw Self.isGone(segment) }
            let byteCount = SegmentFormat.recordByteCount(payload: Int(head.u32(4)))
            if byteCount <= Self.pieceByteCount {
                guard let record = try reader.bytes(at: offset, count: byteCount),
                    record.isEntry(
                        index, available: byteCount, seed: segment.seed.seed(at: offset))
                else { throw Self.isGone(segment) }
                if pieceCount + byteCount > piece.count { try writeOut() }
                put(record, byteCount)
            } else {
                try appendLong(offset, byteCount, index, segment)
            }
            index += 1
        }
    }

    /// Puts a record that fits into the piece.
    private mutating func put(_ record: UnsafeRawPointer, _ byteCount: Int) {
        guard let base = piece.baseAddress else { return }
        note(record)
        Self.encode(record, to: base + pieceCount, seed: seed.seed(at: end))
        pieceCount += byteCount
    }

    /// Copies a record that is longer than a piece.
    private mutating func appendLong(
        _ offset: Int, _ byteCount: Int, _ index: LogIndex, _ segment: Inventory.SegmentFile
    ) throws(SystemCallError) {
        let size = Int(clamping: try segment.file.size())
        guard byteCount <= size - offset else { throw Self.isGone(segment) }
        try writeOut()
        let source = try segment.file.readBytes(at: UInt64(offset), count: byteCount)
        var target = [UInt8](repeating: 0, count: byteCount)
        let isValid = source.withUnsafeBytes { source in
            guard let record = source.baseAddress,
                record.isEntry(
                    index, available: source.count, seed: segment.seed.seed(at: offset))
            else { return false }
            note(record)
            return target.withUnsafeMutableBytes { target in
                guard let base = target.baseAddress else { return false }
                Self.encode(record, to: base, seed: seed.seed(at: end))
                return true
            }
        }
        guard isValid else { throw Self.isGone(segment) }
        try file.writeAll(target, at: UInt64(pieceStart))
        pieceStart += byteCount
    }

    private mutating func note(_ record: UnsafeRawPointer) {
        offsets.append(UInt32(truncatingIfNeeded: end))
        runs.note(LogPosition(term: record.u64(24), index: record.u64(16)))
    }

    /// Writes a record again, as a unit of its own.
    private static func encode(
        _ record: UnsafeRawPointer, to target: UnsafeMutableRawPointer, seed: UInt32
    ) {
        let payload = UnsafeRawBufferPointer(
            start: record + SegmentFormat.recordHeaderByteCount, count: Int(record.u32(4)))
        let kind = UInt8(truncatingIfNeeded: record.u64(8) >> 16)
        RecordHeader.encode(
            to: target, seed: seed,
            word: RecordHeader.word(payload: payload.count, type: .entry, flags: 0, kind: kind),
            index: record.u64(16), term: record.u64(24), payload: payload)
    }

    /// Writes what waits to be written.
    mutating func writeOut() throws(SystemCallError) {
        let filled = UnsafeRawBufferPointer(rebasing: piece[..<pieceCount])
        try file.writeAll(filled, at: UInt64(pieceStart))
        pieceStart += pieceCount
        pieceCount = 0
    }

    private static func isGone(_ segment: Inventory.SegmentFile) -> SystemCallError {
        SystemCallError(call: "pread", errno: 5, path: segment.path)
    }
}
