internal import WALProtocol

/// A segment's file, without what is far beyond its capacity.
///
/// No record stands there, and looking for one in a terabyte of nothing takes an hour.
final class ClippedFile: File {
    /// A segment is no larger than its capacity; nobody has to rely on that to the byte.
    private static let slackByteCount: UInt64 = 256 << 20

    /// The file as it is.
    let base: any File
    private let limit: UInt64

    /// Clips a file that is much longer than its header says; asks for nothing before that matters.
    init(_ base: any File, _ header: SegmentHeader.Decoded) {
        let largest = UInt64(SegmentFormat.maximumSegmentByteCount)
        var capacity = largest
        if case .valid(let header) = header { capacity = min(header.capacity, largest) }
        self.base = base
        limit = capacity + Self.slackByteCount
    }

    /// The size of the whole file.
    func wholeByteCount() throws(SystemCallError) -> UInt64 { try base.size() }

    var path: String { base.path }

    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Int {
        try base.read(into: buffer, at: offset)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemCallError) -> Int {
        try base.write(bytes, at: offset)
    }

    func size() throws(SystemCallError) -> UInt64 { min(limit, try base.size()) }

    func setSize(_ byteCount: UInt64) throws(SystemCallError) { try base.setSize(byteCount) }

    func reserve(_ byteCount: UInt64) throws(SystemCallError) { try base.reserve(byteCount) }

    func sync() throws(SystemCallError) { try base.sync() }
}
