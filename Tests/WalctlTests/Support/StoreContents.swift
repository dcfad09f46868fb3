import Foundation
import Testing

/// Backends that every test of the tool runs on.
let backends = ["segment", "lmdb"]

/// The bytes of every file of a store, by its name.
///
/// Without `lock.mdb`, in which LMDB's readers say that they are there.
func contents(of directory: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: directory)
    where name != "lock.mdb" {
        files[name] = try Data(contentsOf: URL(fileURLWithPath: directory + "/" + name))
    }
    return files
}

/// The names of a store's files that hold records, oldest first.
func dataFiles(in directory: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory)
        .filter { $0.hasSuffix(".wal") || $0 == "data.mdb" }.sorted()
}

/// Changes the bits of a mask in one byte of a file.
func flip(_ path: String, at offset: UInt64, mask: UInt8 = 0xFF) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    defer { try? file.close() }
    try file.seek(toOffset: offset)
    let byte = try #require(try file.read(upToCount: 1)?.first)
    try file.seek(toOffset: offset)
    try file.write(contentsOf: Data([byte ^ mask]))
}

/// The CRC-32C of bytes, one bit at a time, as RFC 3720 B.4 defines it.
func crc32c(_ bytes: some Sequence<UInt8>) -> String {
    var register: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        register ^= UInt32(byte)
        for _ in 0..<8 { register = register >> 1 ^ (register & 1 == 1 ? 0x82F6_3B78 : 0) }
    }
    let digits = String(~register, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
}
