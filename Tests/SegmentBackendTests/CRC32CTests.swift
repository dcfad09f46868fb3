import CWALChecksum
import Testing

@Suite struct CRC32CTests {
    @Test func everyBuildCanFallBackToTables() {
        #expect(wal_crc32c_implementation_count() >= 1)
        #expect(Implementation.all.contains { $0.name == "slices" })
        #expect(wal_crc32c_implementation_supported(-1) == 0)
        #expect(
            wal_crc32c_implementation_supported(wal_crc32c_implementation_count()) == 0)
        #expect(wal_crc32c_implementation_name(wal_crc32c_implementation_count()) == nil)
    }

    /// The examples of RFC 3720 B.4, and the check value of the CRC catalogues.
    @Test(arguments: Implementation.all)
    func publishedChecksumsAreMet(implementation: Implementation) {
        let iSCSIRead: [UInt8] =
            [0x01, 0xC0, 0, 0] + [UInt8](repeating: 0, count: 12)
            + [0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18]
            + [0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0]
        let examples: [(bytes: [UInt8], checksum: UInt32)] = [
            ([], 0),
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            ([UInt8](0..<32), 0x46DD_794E),
            ([UInt8]((0..<32).reversed()), 0x113F_DB5C),
            (iSCSIRead, 0xD996_3A56),
            ([UInt8]("123456789".utf8), 0xE306_9283),
        ]
        for (bytes, checksum) in examples {
            #expect(~implementation.update(~0, bytes[...]) == checksum)
            #expect(wal_crc32c(bytes, bytes.count) == checksum)
        }
    }

    @Test(arguments: Implementation.all)
    func everyLengthAgreesWithTheDefinition(implementation: Implementation) {
        let bytes = noise(count: 4_096)
        var expected: UInt32 = 0x1234_5678
        for length in 0...4_096 {
            let found = implementation.update(0x1234_5678, bytes[..<length])
            guard found == expected else {
                Issue.record("\(implementation): length \(length): \(found), not \(expected)")
                return
            }
            if length < 4_096 { expected = bitwise(expected, bytes[length]) }
        }
    }

    @Test(arguments: Implementation.all)
    func everyAlignmentAgreesWithTheDefinition(implementation: Implementation) {
        let bytes = noise(count: 1_100)
        for alignment in 1...7 {
            var expected: UInt32 = 0
            for end in alignment..<1_100 {
                let found = implementation.update(0, bytes[alignment..<end])
                guard found == expected else {
                    Issue.record("\(implementation): \(alignment)..<\(end)")
                    return
                }
                expected = bitwise(expected, bytes[end])
            }
        }
    }

    /// Beyond what one round of any implementation takes.
    @Test(arguments: Implementation.all)
    func longBuffersAgreeWithTheDefinition(implementation: Implementation) {
        let bytes = noise(count: 70_001)
        let expected = bytes.reduce(1, bitwise)
        #expect(implementation.update(1, bytes[...]) == expected)
    }

    @Test(arguments: Implementation.all)
    func aBufferInPiecesIsTheBufferInOne(implementation: Implementation) {
        let bytes = noise(count: 5_000)
        let whole = implementation.update(7, bytes[...])
        for cut in stride(from: 0, through: 5_000, by: 37) {
            let first = implementation.update(7, bytes[..<cut])
            #expect(implementation.update(first, bytes[cut...]) == whole)
        }
    }

    @Test(arguments: Implementation.all)
    func aRecordIsItsHeaderAndThenItsPayload(implementation: Implementation) {
        let bytes = noise(count: 4_200)
        let words: (UInt64, UInt64, UInt64) = (
            0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210, 0x1122_3344_5566_7788
        )
        var expected: UInt32 = 0xCAFE_F00D
        for word in [words.0, words.1, words.2] {
            for byte in 0..<8 {
                expected = bitwise(expected, UInt8(truncatingIfNeeded: word >> (8 * byte)))
            }
        }
        for length in 0..<4_200 {
            let found = bytes.withUnsafeBytes {
                wal_crc32c_record_with(
                    implementation.number, 0xCAFE_F00D, words.0, words.1, words.2,
                    $0.baseAddress, length)
            }
            guard found == expected else {
                Issue.record("\(implementation): length \(length): \(found), not \(expected)")
                return
            }
            expected = bitwise(expected, bytes[length])
        }
    }

    @Test(arguments: [0, 1, 24, 79, 128, 500, 1_000, 10_000])
    func theDefaultAgreesWithTheTables(length: Int) {
        let bytes = noise(count: length)
        let tables = Implementation(number: 0)
        #expect(wal_crc32c_update(3, bytes, length) == tables.update(3, bytes[...]))
        #expect(
            wal_crc32c_record(3, 4, 5, 6, bytes, length)
                == wal_crc32c_record_with(0, 3, 4, 5, 6, bytes, length))
    }
}

/// One of the implementations that this processor can run.
struct Implementation: Sendable, CustomTestStringConvertible, CustomStringConvertible {
    var number: Int32

    static var all: [Implementation] {
        (0..<wal_crc32c_implementation_count())
            .filter { wal_crc32c_implementation_supported($0) != 0 }
            .map(Implementation.init)
    }

    var name: String { wal_crc32c_implementation_name(number).map { String(cString: $0) } ?? "" }
    var description: String { name }
    var testDescription: String { name }

    /// By pointer into the whole array, so that the slice's start is its alignment.
    func update(_ state: UInt32, _ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBytes {
            wal_crc32c_update_with(number, state, $0.baseAddress, $0.count)
        }
    }
}

/// The definition: one bit at a time.
private func bitwise(_ state: UInt32, _ byte: UInt8) -> UInt32 {
    var state = state ^ UInt32(byte)
    for _ in 0..<8 { state = (state >> 1) ^ (state & 1 == 0 ? 0 : 0x82F6_3B78) }
    return state
}

/// Bytes without a pattern, the same every time.
private func noise(count: Int) -> [UInt8] {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}
