import CWALChecksum

/// Reads the format of the crate raft-wal.
///
/// All integers are little-endian.
///
/// | file | contents |
/// |---|---|
/// | `NNNNNNNNNNNNNNNNNNNN.seg`, 20 decimal digits: an index | version 1: `RWAL`, one byte 1, entries; version 0: entries |
/// | `meta.bin` | number of values (4); for each: length of the key (4), key, length of the value (4), value |
///
/// | offset in an entry | size | field |
/// |---|---|---|
/// | 0 | 4 | CRC-32C of all that follows |
/// | 4 | 8 | index |
/// | 12 | 4 | length of the payload |
/// | 16 | | payload |
///
/// After a crash the store goes on with a new segment: what is torn at the end of one is no damage
/// if the next one begins where its whole entries end.
struct RaftWALReader {
    private static let headerByteCount = 16
    private static let magic = Array("RWAL".utf8)

    private let path: String
    private var survey = ForeignLog.Survey()

    init(_ path: String) { self.path = path }

    mutating func read(
        _ body: (LogIndex, [UInt8]) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> ForeignLog.Survey {
        let names = try ForeignFile.names(in: path)
        let segments = names.filter(Self.isSegment)
        guard !segments.isEmpty || names.contains("meta.bin") else {
            throw LogStoreError(
                .unavailable, "there is no log of raft-wal here", context: .init(file: path))
        }
        for name in names where name.hasSuffix(".tmp") {
            survey.notes.append("\(name) is what a crash left; it was not read")
        }
        var torn: LogStoreError?
        for (place, name) in segments.enumerated() {
            let file = try ForeignFile(path + "/" + name)
            if let tear = try read(file, following: torn, body) {
                if survey.damage == nil { torn = tear }
            } else {
                torn = nil
            }
            if survey.damage != nil {
                survey.unreadFiles = Array(segments[(place + 1)...])
                break
            }
        }
        if survey.damage == nil { survey.damage = torn }
        if names.contains("meta.bin") { try readMetadata() }
        return survey
    }

    private static func isSegment(_ name: String) -> Bool {
        name.utf8.count == 24 && name.hasSuffix(".seg")
            && name.utf8.prefix(20).allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Reads a segment.
    ///
    /// - Parameter torn: What stands torn at the end of the one before.
    /// - Returns: what stands torn at its end.
    private mutating func read(
        _ file: ForeignFile, following torn: LogStoreError?,
        _ body: (LogIndex, [UInt8]) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogStoreError? {
        var offset: UInt64 = 0
        if let head = try file.bytes(at: 0, count: 5), Array(head[..<4]) == Self.magic {
            guard head[4] == 1 else {
                throw .unsupportedFormat(
                    "the segment was written by another version of raft-wal", file: file.path,
                    found: UInt64(head[4]), supported: 1)
            }
            offset = 5
        }
        var isFirst = true
        while offset < file.byteCount {
            let expected = survey.entryCount > 0 ? survey.indexes.upperBound : nil
            guard let (index, payload) = try entry(in: file, at: offset) else {
                return file.damage(
                    "there is no valid entry: torn by a crash, or damaged", at: offset,
                    index: expected)
            }
            guard index < .max, expected.map({ $0 == index }) ?? true else {
                survey.damage =
                    torn
                    ?? file.damage(
                        "the entry does not follow the one before it", at: offset, index: index,
                        expected: expected, found: index)
                return nil
            }
            if isFirst, let torn, let name = torn.context.file {
                survey.notes.append(
                    "\(name) ends with what a crash left; the log goes on behind it")
            }
            isFirst = false
            if survey.entryCount == 0 { survey.indexes = index..<index }
            try body(index, payload)
            survey.indexes = survey.indexes.lowerBound..<index + 1
            survey.payloadByteCount += UInt64(payload.count)
            offset += UInt64(Self.headerByteCount + payload.count)
        }
        // An empty segment does not tell whether what was torn before it is missed.
        return isFirst ? torn : nil
    }

    /// The entry at an offset, if it is whole and its checksum is right.
    private func entry(
        in file: ForeignFile, at offset: UInt64
    ) throws(LogStoreError) -> (LogIndex, [UInt8])? {
        guard let head = try file.bytes(at: offset, count: Self.headerByteCount),
            let payload = try file.bytes(
                at: offset + UInt64(Self.headerByteCount),
                count: Int(head.littleEndian(12..<16)))
        else { return nil }
        let fields = Array(head[4...])
        let start = fields.withUnsafeBytes {
            wal_crc32c_update(0xFFFF_FFFF, $0.baseAddress, $0.count)
        }
        let sum = payload.withUnsafeBytes {
            ~wal_crc32c_update(start, $0.baseAddress, $0.count)
        }
        guard UInt64(sum) == head.littleEndian(0..<4) else { return nil }
        return (head.littleEndian(4..<12), payload)
    }

    /// Reads the metadata, which has no checksum.
    private mutating func readMetadata() throws(LogStoreError) {
        let file = try ForeignFile(path + "/meta.bin")
        var offset: UInt64 = 4
        guard let head = try file.bytes(at: 0, count: 4) else { return missing(file, 0) }
        for _ in 0..<head.littleEndian(0..<4) {
            guard let key = try prefixed(in: file, &offset),
                let value = try prefixed(in: file, &offset)
            else { return missing(file, offset) }
            guard let name = String(validating: key, as: UTF8.self) else {
                return missing(file, offset)
            }
            survey.metadata[MetadataKey("raft-wal." + name)] = value
        }
        if offset < file.byteCount { missing(file, offset) }
    }

    private func prefixed(
        in file: ForeignFile, _ offset: inout UInt64
    ) throws(LogStoreError) -> [UInt8]? {
        guard let length = try file.bytes(at: offset, count: 4),
            let bytes = try file.bytes(at: offset + 4, count: Int(length.littleEndian(0..<4)))
        else { return nil }
        offset += 4 + UInt64(bytes.count)
        return bytes
    }

    private mutating func missing(_ file: ForeignFile, _ offset: UInt64) {
        let damage = file.damage("the metadata is damaged", at: offset)
        if survey.damage == nil { survey.damage = damage }
        survey.notes.append("\(file.path): the metadata is damaged at offset \(offset)")
    }
}
