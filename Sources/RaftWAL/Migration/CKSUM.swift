/// CRC-32/CKSUM: the polynomial of POSIX's `cksum`, most significant bit first, from zero, inverted
/// at the end, and without the length that `cksum` adds.
enum CKSUM {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte) << 24) { register, _ in
            register << 1 ^ (register >> 31 == 1 ? 0x04C1_1DB7 : 0)
        }
    }

    /// The checksum of some bytes.
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(0) { register, byte in
            register << 8 ^ table[Int(UInt8(register >> 24) ^ byte)]
        }
    }
}
