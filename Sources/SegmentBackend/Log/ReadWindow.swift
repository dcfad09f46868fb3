internal import WALProtocol

/// The last bytes a cursor read from a file.
struct ReadWindow {
    static let readAheadByteCount = 256 << 10

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
    func available(sequence: UInt64, at offset: Int) -> UnsafeRawBufferPointer {
        guard let buffer, sequence == self.sequence, offset >= start, offset < start + count else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return UnsafeRawBufferPointer(
            rebasing: UnsafeRawBufferPointer(buffer.memory)[offset - start..<count])
    }

    /// The bytes from an offset on, read from the file if the window holds fewer than `atLeast`.
    mutating func bytes(
        of file: any File, sequence: UInt64, at offset: Int, atLeast: Int, wanted: Int
    ) throws(SystemCallError) -> UnsafeRawBufferPointer {
        let found = available(sequence: sequence, at: offset)
        if found.count >= atLeast { return found }
        let size = max(atLeast, wanted, 4096)
        var target = buffer
        // A buffer that a closure further up is still looking at is left to it.
        buffer = nil
        count = 0
        if target == nil || (target?.memory.count ?? 0) < size
            || (target?.memory.count ?? 0) > 4 << 20 || !isKnownUniquelyReferenced(&target)
        {
            target = Buffer(byteCount: size)
        }
        guard let target else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let slice = UnsafeMutableRawBufferPointer(rebasing: target.memory[0..<size])
        count = try file.readAll(into: slice, at: UInt64(offset))
        buffer = target
        self.sequence = sequence
        start = offset
        return available(sequence: sequence, at: offset)
    }

    mutating func invalidate() { count = 0 }
}
