import CLimits
import Conformance

/// A pool of incompressible bytes that all payloads are cut from, by the stores and by the limits.
///
/// 1 MiB: large enough that no two neighbours are equal, small enough to stay in the processor's
/// cache, so that what is measured is the store and not the reading of its input.
final class Payloads: Sendable {
    /// The pool's bytes; valid as long as the pool.
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    /// The bytes of each payload.
    let byteCount: Int
    /// The number of different payloads.
    let count: Int

    /// Makes a pool of payloads of one size.
    ///
    /// The seed is fixed: every run measures the same bytes.
    init(byteCount: Int = 128, poolByteCount: Int = 1 << 20) {
        var random = SeededGenerator(seed: 0x5EED)
        let pool = UnsafeMutableRawBufferPointer.allocate(byteCount: poolByteCount, alignment: 64)
        for offset in stride(from: 0, to: poolByteCount - 7, by: 8) {
            pool.storeBytes(of: random.next(), toByteOffset: offset, as: UInt64.self)
        }
        bytes = UnsafeRawBufferPointer(pool)
        self.byteCount = byteCount
        count = poolByteCount / byteCount
    }

    deinit { bytes.deallocate() }

    /// The bytes of the payload of an entry; valid as long as the pool.
    @inline(__always)
    func payload(_ index: Int) -> UnsafeRawBufferPointer {
        let offset = (index % count) * byteCount
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + byteCount)])
    }

    /// The same payloads, as the C loops take them.
    func limit(count entryCount: Int) -> limit_payloads {
        limit_payloads(
            bytes: bytes.bindMemory(to: UInt8.self).baseAddress, byte_count: count * byteCount,
            length: byteCount, lengths: nil, count: entryCount)
    }
}

extension SeededGenerator {
    /// `count` places in `0..<bound`, each as likely as any other.
    mutating func places(_ count: Int, below bound: Int) -> [UInt32] {
        (0..<count).map { _ in UInt32(truncatingIfNeeded: next() % UInt64(bound)) }
    }
}
