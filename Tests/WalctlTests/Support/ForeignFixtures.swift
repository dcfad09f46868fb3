import Foundation

/// Logs of other programs, written from the descriptions of their formats and with nothing of ours.
enum ForeignFixtures {
    /// A payload that depends on its index, and is never empty.
    static func payload(_ index: UInt64) -> [UInt8] {
        (0...index * 7 % 60).map { UInt8(truncatingIfNeeded: index * 31 + $0) }
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        let url = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    static func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}

/// raft-wal: segments of entries `[crc32c u32][index u64][length u32][payload]`, little-endian.
enum RaftWALFixture {
    static func entry(_ index: UInt64, _ payload: [UInt8]) -> [UInt8] {
        let rest =
            ForeignFixtures.littleEndian(index)
            + ForeignFixtures.littleEndian(UInt32(payload.count)) + payload
        return ForeignFixtures.littleEndian(UInt32(crc32c(rest), radix: 16) ?? 0) + rest
    }

    /// The name of the segment that begins with an index.
    static func name(_ index: UInt64) -> String {
        let digits = String(index)
        return String(repeating: "0", count: 20 - digits.count) + digits + ".seg"
    }

    static func segment(_ indexes: ClosedRange<UInt64>, version: UInt8) -> [UInt8] {
        let header = version == 0 ? [] : Array("RWAL".utf8) + [version]
        return indexes.reduce(into: header) {
            $0 += entry($1, ForeignFixtures.payload($1))
        }
    }

    static func metadata(_ values: [(String, [UInt8])]) -> [UInt8] {
        values.reduce(into: ForeignFixtures.littleEndian(UInt32(values.count))) { bytes, value in
            for part in [Array(value.0.utf8), value.1] {
                bytes += ForeignFixtures.littleEndian(UInt32(part.count)) + part
            }
        }
    }

    /// Entries 13 to 40 in three segments, the first of them of version 0, and two values.
    static func make(in directory: String) throws {
        for (indexes, version) in [(13...20, 0), (21...35, 1), (36...40, 1)]
            as [(ClosedRange<UInt64>, UInt8)]
        {
            try ForeignFixtures.write(
                segment(indexes, version: version),
                to: directory + "/" + name(indexes.lowerBound))
        }
        // A new segment that nothing was appended to yet.
        try ForeignFixtures.write(
            Array("RWAL".utf8) + [1], to: directory + "/" + name(41))
        try ForeignFixtures.write(
            metadata([("term", [7, 0]), ("vote", Array("node-1".utf8))]),
            to: directory + "/meta.bin")
    }
}

/// hiqlite-wal: files of records, big-endian, with a checksum of their own.
enum HiqliteFixture {
    /// CRC-32/CKSUM, one bit at a time; of `123456789` it is 765E7680.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var register: UInt32 = 0
        for byte in bytes {
            register ^= UInt32(byte) << 24
            for _ in 0..<8 {
                register = register & 0x8000_0000 != 0 ? register << 1 ^ 0x04C1_1DB7 : register << 1
            }
        }
        return ~register
    }

    static func name(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 16 - digits.count) + digits + ".wal"
    }

    /// An entry of openraft as bincode writes it: term, node, index, and the rest.
    static func payload(_ index: UInt64) -> [UInt8] {
        ForeignFixtures.littleEndian(1 + index / 10) + ForeignFixtures.littleEndian(UInt64(2))
            + ForeignFixtures.littleEndian(index) + ForeignFixtures.payload(index)
    }

    static func record(_ id: UInt64, _ data: [UInt8]) -> [UInt8] {
        ForeignFixtures.bigEndian(id) + ForeignFixtures.littleEndian(checksum(data))
            + ForeignFixtures.bigEndian(UInt32(data.count)) + data
    }

    static func header(_ ids: (UInt64, UInt64), _ data: (Int, Int)) -> [UInt8] {
        Array("HQL_WAL".utf8) + [1] + ForeignFixtures.bigEndian(ids.0)
            + ForeignFixtures.bigEndian(ids.1) + ForeignFixtures.bigEndian(UInt32(data.0))
            + ForeignFixtures.bigEndian(UInt32(data.1))
    }

    /// A file of 8 KiB.
    ///
    /// - Parameter named: The last id that the header names.
    static func file(
        _ ids: ClosedRange<UInt64>, named: UInt64? = nil,
        payload: (UInt64) -> [UInt8] = HiqliteFixture.payload
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        var end = 0
        for id in ids {
            if id > ids.lowerBound { bytes.append(0) }
            bytes += record(id, payload(id))
            if id == named ?? ids.upperBound { end = bytes.count }
        }
        bytes.replaceSubrange(
            0..<32, with: header((ids.lowerBound, named ?? ids.upperBound), (32, end)))
        return bytes + [UInt8](repeating: 0, count: 8192 - bytes.count)
    }

    /// The last purged position and the vote, each an optional list of bytes.
    static func metadata(purged: (term: UInt64, index: UInt64)?, vote: [UInt8]?) -> [UInt8] {
        func optional(_ bytes: [UInt8]?) -> [UInt8] {
            bytes.map { [1, UInt8($0.count)] + $0 } ?? [0]
        }
        let position = purged.map {
            ForeignFixtures.littleEndian($0.term) + ForeignFixtures.littleEndian(UInt64(2))
                + ForeignFixtures.littleEndian($0.index)
        }
        let rest = optional(position) + optional(vote)
        return Array("HQLMETA".utf8) + [1] + ForeignFixtures.littleEndian(checksum(rest)) + rest
    }

    /// Entries 18 to 60 in two files, of which 18 was purged, and a third that is not in use yet.
    static func make(in directory: String) throws {
        try ForeignFixtures.write(file(18...40), to: directory + "/" + name(3))
        try ForeignFixtures.write(file(41...60), to: directory + "/" + name(4))
        try ForeignFixtures.write(
            header((0, 0), (0, 0)) + [UInt8](repeating: 0, count: 8160),
            to: directory + "/" + name(5))
        try ForeignFixtures.write(
            metadata(purged: (2, 18), vote: [UInt8](repeating: 9, count: 17)),
            to: directory + "/meta.hql")
    }
}
