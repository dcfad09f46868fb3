#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Payloads that tell where they belong, so that a wrong one is never taken for a right one.
enum Payloads {
    /// The payload of an index: different for each index, size and salt.
    static func make(_ index: UInt64, size: Int, salt: UInt64 = 0) -> [UInt8] {
        var generator = SeededGenerator(
            seed: index &* 0x9e37_79b9 ^ UInt64(size) << 40 ^ salt &* 0x1_0001)
        // Longer ones repeat themselves: a debug build makes few random numbers a second.
        let period = min(size, 512)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        while bytes.count < period {
            withUnsafeBytes(of: generator.next()) {
                bytes.append(contentsOf: $0.prefix(period - bytes.count))
            }
        }
        while bytes.count < size {
            bytes.append(contentsOf: bytes.prefix(size - bytes.count))
        }
        return bytes
    }

    /// Whether two payloads are the same, at the speed of `memcmp` in every build.
    static func equal(_ lhs: RawSpan, _ rhs: [UInt8]) -> Bool {
        guard lhs.byteCount == rhs.count else { return false }
        return lhs.withUnsafeBytes { left in
            rhs.withUnsafeBytes { right in
                guard let a = left.baseAddress, let b = right.baseAddress else { return true }
                return memcmp(a, b, left.count) == 0
            }
        }
    }
}
