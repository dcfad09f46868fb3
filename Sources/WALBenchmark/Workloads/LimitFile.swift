import CLimits
import Conformance

/// The file of a limit that writes: filled with zeros, then written from its beginning on, and over
/// again.
struct LimitFile {
    private let path: String
    private let file: FileDescriptor
    private let byteCount: Int
    private let bench: Bench
    private let position = Position()

    private final class Position {
        var offset: UInt64 = 0
    }

    /// Makes the file, of at most 256 MiB.
    init(byteCount: Int, in bench: Bench) throws {
        self.bench = bench
        self.byteCount = min(byteCount, 256 << 20)
        path = bench.scratch.fresh("limit")
        var descriptor: Int32 = -1
        try checkLimit(limit_open_zeroed(path, self.byteCount, &descriptor), "pwrite", path)
        file = FileDescriptor(descriptor)
    }

    /// What no disk can make smaller.
    static func bytes(_ count: Int) -> ArraySlice<UInt8> {
        var random = SeededGenerator(seed: 1)
        return ArraySlice((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }

    /// Writes the bytes and syncs, again and again.
    ///
    /// - Returns: The nanoseconds of each time.
    func write(
        _ bytes: ArraySlice<UInt8>, count: Int = 1, nanoseconds: UInt64 = .max
    ) throws -> [UInt64] {
        var failure: Int32 = 0
        let calls = [UInt64](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            failure = bytes.withUnsafeBytes {
                limit_durable_writes(
                    file.number, UInt64(byteCount), &position.offset, $0.baseAddress, $0.count,
                    count, nanoseconds, buffer.baseAddress, &initializedCount)
            }
        }
        try checkLimit(failure, "fdatasync", path)
        return calls
    }

    func remove() {
        file.close()
        bench.scratch.remove(path)
    }
}
