internal import CWALChecksum
internal import WALProtocol

/// The bytes of a snapshot's file: a header, the configuration, the state.
///
/// Integers are little-endian. The file is valid if and only if magic, version, both checksums and
/// its size are right, and the reserved bytes are zero.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 8 | magic, `RWALSNAP` |
/// | 8 | 4 | version, 1 |
/// | 12 | 4 | bytes of the configuration, at most 1 MiB |
/// | 16 | 8 | index of the last entry covered |
/// | 24 | 8 | its term |
/// | 32 | 8 | index of the configuration |
/// | 40 | 8 | bytes of the state |
/// | 48 | 4 | CRC-32C of the state |
/// | 52 | 8 | reserved, zero |
/// | 60 | 4 | CRC-32C of bytes 0 to 59 and the configuration |
/// | 64 | | the configuration, then the state |
enum SnapshotFile {
    static let magic = Array("RWALSNAP".utf8)
    static let version: UInt32 = 1
    static let headerByteCount = 64
    static let maximumConfigurationByteCount = 1 << 20

    /// Header and configuration; the state follows.
    static func encodePrefix(_ snapshot: Snapshot) throws(LogStoreError) -> [UInt8] {
        guard snapshot.configuration.count <= maximumConfigurationByteCount else {
            throw .metadataTooLarge(
                "the configuration of the cluster", byteCount: snapshot.configuration.count,
                limit: maximumConfigurationByteCount)
        }
        var bytes = magic
        append(version, to: &bytes)
        append(UInt32(snapshot.configuration.count), to: &bytes)
        append(snapshot.position.index, to: &bytes)
        append(snapshot.position.term, to: &bytes)
        append(snapshot.configurationIndex, to: &bytes)
        append(UInt64(snapshot.data.count), to: &bytes)
        append(checksum(snapshot.data), to: &bytes)
        append(0 as UInt64, to: &bytes)
        append(checksum(bytes, snapshot.configuration), to: &bytes)
        assert(bytes.count == headerByteCount)
        return bytes + snapshot.configuration
    }

    /// Reads a snapshot and checks every byte.
    ///
    /// - Throws: `corrupt`, `unsupportedFormat`, `io`.
    static func read(
        _ path: String, in fileSystem: any FileSystem
    ) throws(LogStoreError) -> Snapshot {
        let result: Result<Snapshot, LogStoreError>
        do throws(SystemCallError) {
            let file = try fileSystem.open(path, .read)
            result = try decode(file, size: try file.size())
        } catch {
            throw LogStoreError(error, writing: false)
        }
        return try result.get()
    }

    private static func decode(
        _ file: any File, size: UInt64
    ) throws(SystemCallError) -> Result<Snapshot, LogStoreError> {
        let path = file.path
        let header = try file.readBytes(at: 0, count: headerByteCount)
        func corrupt(
            _ what: String, at offset: UInt64, expected: UInt64? = nil, found: UInt64? = nil
        ) -> Result<Snapshot, LogStoreError> {
            .failure(
                .corrupt(what, file: path, byteOffset: offset, expected: expected, found: found))
        }
        guard header.count == headerByteCount, header.starts(with: magic) else {
            return corrupt("the file is no snapshot", at: 0)
        }
        let found: UInt32 = integer(header, 8)
        guard found == version else {
            return .failure(
                .unsupportedFormat(
                    "the snapshot was written by another version", file: path,
                    found: UInt64(found), supported: UInt64(version)))
        }
        let configurationByteCount = Int(integer(header, 12) as UInt32)
        guard configurationByteCount <= maximumConfigurationByteCount else {
            return corrupt(
                "the snapshot's configuration is too long", at: 12,
                found: UInt64(configurationByteCount))
        }
        let configuration = try file.readBytes(
            at: UInt64(headerByteCount), count: configurationByteCount)
        let stored: UInt32 = integer(header, 60)
        let actual = checksum(Array(header[..<60]), configuration)
        guard configuration.count == configurationByteCount, stored == actual else {
            return corrupt(
                "the snapshot's header is damaged", at: 60, expected: UInt64(stored),
                found: UInt64(actual))
        }
        let prefix = UInt64(headerByteCount + configurationByteCount)
        let dataByteCount: UInt64 = integer(header, 40)
        guard size >= prefix, size - prefix == dataByteCount,
            let count = Int(exactly: dataByteCount),
            header[52..<60].allSatisfy({ $0 == 0 })
        else {
            return corrupt(
                "the snapshot has the wrong size", at: 40, expected: dataByteCount, found: size)
        }
        let data = try file.readBytes(at: prefix, count: count)
        let storedSum: UInt32 = integer(header, 48)
        let actualSum = checksum(data)
        guard data.count == count, storedSum == actualSum else {
            return corrupt(
                "the snapshot's state is damaged", at: prefix, expected: UInt64(storedSum),
                found: UInt64(actualSum))
        }
        return .success(
            Snapshot(
                position: LogPosition(term: integer(header, 24), index: integer(header, 16)),
                configuration: configuration, configurationIndex: integer(header, 32), data: data))
    }

    /// The checksum of several pieces, one behind the other.
    private static func checksum(_ pieces: [UInt8]...) -> UInt32 {
        var state: UInt32 = 0xFFFF_FFFF
        for piece in pieces {
            piece.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                state = wal_crc32c_update(state, base, bytes.count)
            }
        }
        return ~state
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func integer<T: FixedWidthInteger>(_ bytes: [UInt8], _ offset: Int) -> T {
        bytes.withUnsafeBytes {
            T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self))
        }
    }
}
