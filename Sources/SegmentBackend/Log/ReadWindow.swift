internal import WALProtocol

/// The last bytes a cursor read from a file.
struct ReadWindow {
    /// What is read at once by whoever goes on to read what stands behind it.
    static let readAheadByteCount = 256 << 10

    /// What is read of a record whose length is not known.
    private static let guessedByteCount = 4096

    /// The size from which memory is not kept for the next read.
    private static let keptByteCountMax = 4 << 20

    /// Memory that lives as long as somebody looks at it.
    final class Buffer {
        let memory: UnsafeMutableRawBufferPointer

        init(byteCount: Int) {
            memory = .allocate(byteCount: byteCount, alignment: 16)
        }

        deinit { memory.deallocate() }
    }

    private(set) var buffer: Buffer?
    private var sequence: UInt64 = 0
    private var start = 0
    private var count = 0

    /// What the window holds from an offset on.
    @inline(__always)
    func available(sequence: UInt64, at offset: Int) -> UnsafeRawBufferPointer {
        guard sequence == self.sequence, offset >= start, offset < start + count,
            let base = buffer?.memory.baseAddress
        else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: base + (offset - start), count: start + count - offset)
    }

    /// The record of an entry, read from the file unless the window holds it.
    ///
    /// - Parameter wanted: How many bytes to read, if any have to be; `nil` if the record's length
    ///   is not known.
    /// - Returns: `nil` if what stands there is not a valid record of that entry.
    mutating func entry(
        _ index: LogIndex, at offset: Int, of file: any File, sequence: UInt64, seed: UInt32,
        wanted: Int?, counting reads: ReadCounts
    ) throws(SystemCallError) -> UnsafeRawPointer? {
        var bytes = available(sequence: sequence, at: offset)
        if Self.missingByteCount(bytes) > 0 {
            let ahead = readAhead(sequence: sequence, at: offset)
            bytes = try load(
                file, sequence: sequence, at: offset,
                count: max(wanted ?? Self.guessedByteCount, ahead), counting: reads)
            let missing = Self.missingByteCount(bytes)
            if missing > 0 {
                // No length beyond the end of the file is believed.
                let whole = bytes.count + missing
                guard bytes.count >= SegmentFormat.recordHeaderByteCount,
                    whole <= Int(clamping: try file.size()) - offset
                else { return nil }
                bytes = try load(
                    file, sequence: sequence, at: offset, count: whole, counting: reads)
            }
        }
        guard let record = bytes.baseAddress,
            record.isEntry(index, available: bytes.count, seed: seed.seed(at: offset))
        else { return nil }
        return record
    }

    /// How much to read for somebody who goes on where the window ends: more each time.
    private func readAhead(sequence: UInt64, at offset: Int) -> Int {
        guard sequence == self.sequence, offset > start, offset <= start + count else { return 0 }
        return min(Self.readAheadByteCount, 4 * count)
    }

    /// How many bytes are missing of the record that begins here.
    private static func missingByteCount(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let head = bytes.baseAddress, bytes.count >= SegmentFormat.recordHeaderByteCount
        else { return SegmentFormat.recordHeaderByteCount - bytes.count }
        return SegmentFormat.recordByteCount(payload: Int(head.u32(4))) - bytes.count
    }

    /// Fills the window from an offset on.
    private mutating func load(
        _ file: any File, sequence: UInt64, at offset: Int, count wanted: Int,
        counting reads: ReadCounts
    ) throws(SystemCallError) -> UnsafeRawBufferPointer {
        var target = buffer
        // A buffer that a closure further up is still looking at is left to it.
        buffer = nil
        count = 0
        let size = target?.memory.count ?? 0
        if size < wanted || size > Self.keptByteCountMax || !isKnownUniquelyReferenced(&target) {
            target = Buffer(byteCount: max(wanted, Self.guessedByteCount))
        }
        guard let target else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let slice = UnsafeMutableRawBufferPointer(rebasing: target.memory[0..<wanted])
        count = try file.readAll(into: slice, at: UInt64(offset))
        reads.noteFileRead(count)
        buffer = target
        self.sequence = sequence
        start = offset
        return available(sequence: sequence, at: offset)
    }

    mutating func invalidate() { count = 0 }
}
