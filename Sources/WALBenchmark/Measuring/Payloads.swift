import CLimits

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
        var random = SplitMix64(seed: 0x5EED)
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

/// A small, fast generator with a seed (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators", 2014): figures from two runs come from the same choices.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// `count` places in `0..<bound`, each as likely as any other.
    mutating func places(_ count: Int, below bound: Int) -> [UInt32] {
        (0..<count).map { _ in UInt32(truncatingIfNeeded: next() % UInt64(bound)) }
    }
}
