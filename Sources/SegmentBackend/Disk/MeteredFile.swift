internal import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file whose reads are counted, and slowed down if there is a limit.
final class MeteredFile: File {
    private let base: any File
    private let meter: ReadMeter

    init(_ base: any File, _ meter: ReadMeter) {
        self.base = base
        self.meter = meter
    }

    var path: String { base.path }

    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Int {
        let count = try base.read(into: buffer, at: offset)
        meter.note(count)
        return count
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemCallError) -> Int {
        try base.write(bytes, at: offset)
    }

    func size() throws(SystemCallError) -> UInt64 { try base.size() }

    func setSize(_ byteCount: UInt64) throws(SystemCallError) { try base.setSize(byteCount) }

    func reserve(_ byteCount: UInt64) throws(SystemCallError) { try base.reserve(byteCount) }

    func sync() throws(SystemCallError) { try base.sync() }
}

extension POSIXFileSystem {
    /// Blocks the thread for a while.
    static func pause(_ duration: Duration) {
        let parts = duration.components
        var time = timespec()
        time.tv_sec = Int(clamping: parts.seconds)
        time.tv_nsec = Int(clamping: parts.attoseconds / 1_000_000_000)
        nanosleep(&time, nil)
    }
}
