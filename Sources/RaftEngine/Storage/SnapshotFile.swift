internal import CWALChecksum
internal import SegmentBackend
internal import WALProtocol

/// The bytes of a snapshot's file: a header, the configuration, the state (FORMAT.md §11).
///
/// The file is valid if and only if magic, version, both checksums and its size are right, and the
/// reserved bytes are zero.
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
        var header = ByteWriter()
        header.put(magic)
        header.put(version)
        header.put(UInt32(snapshot.configuration.count))
        header.put(snapshot.position.index)
        header.put(snapshot.position.term)
        header.put(snapshot.configurationIndex)
        header.put(UInt64(snapshot.data.count))
        header.put(checksum(snapshot.data))
        header.put(0 as UInt64)
        header.put(checksum(header.bytes, snapshot.configuration))
        assert(header.bytes.count == headerByteCount)
        return header.bytes + snapshot.configuration
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

    private static func integer<T: FixedWidthInteger>(_ bytes: [UInt8], _ offset: Int) -> T {
        bytes.withUnsafeBytes {
            T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self))
        }
    }
}
