/// Payloads that anybody can make again: a pure function of what they are for.
///
/// The bytes are the little-endian words of SplitMix64 (Steele, Lea, Flood: "Fast splittable
/// pseudorandom number generators", 2014), seeded with index, size and, for `apply`, term.
enum GeneratedPayload {
    /// The payload of an entry that `append` writes.
    static func bytes(index: UInt64, count: Int) -> [UInt8] {
        stream(seed: mix(mix(index) ^ UInt64(count)), count: count)
    }

    /// The payload of an entry that `apply` writes.
    static func bytes(index: UInt64, term: UInt64, count: Int) -> [UInt8] {
        stream(seed: mix(mix(mix(index) ^ UInt64(count)) ^ term), count: count)
    }

    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// The output function of SplitMix64, one step ahead of its input.
    private static func mix(_ value: UInt64) -> UInt64 {
        var word = value &+ step
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }

    private static func stream(seed: UInt64, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            var state = seed
            var offset = 0
            while offset < count {
                let word = mix(state).littleEndian
                state &+= step
                withUnsafeBytes(of: word) {
                    let part = min(8, count - offset)
                    let target = UnsafeMutableRawBufferPointer(buffer)[offset..<offset + part]
                    UnsafeMutableRawBufferPointer(rebasing: target)
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<part]))
                    offset += part
                }
            }
            initializedCount = count
        }
    }
}
