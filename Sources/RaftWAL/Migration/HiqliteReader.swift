/// Reads the format of the crate hiqlite-wal.
///
/// All integers are big-endian, but for the checksums, which are little-endian CRC-32/CKSUM.
///
/// | file | contents |
/// |---|---|
/// | `NNNNNNNNNNNNNNNN.wal`, 16 decimal digits: its number | header, records, zeros |
/// | `meta.hql` | `HQLMETA`, one byte 1, checksum (4) of what follows: last purged position, vote |
/// | `lock.hql` | there while the store is open, and after it was killed |
///
/// | offset in the header | size | field |
/// |---|---|---|
/// | 0 | 8 | `HQL_WAL`, one byte 1 |
/// | 8 | 16 | first id, last id |
/// | 24 | 8 | offset of the first record, offset of the byte behind the last; both 0: no record |
///
/// | offset in a record | size | field |
/// |---|---|---|
/// | 0 | 8 | id |
/// | 8 | 4 | checksum of the data |
/// | 12 | 4 | length of the data, not 0 |
/// | 16 | | data, and one byte of nothing |
///
/// A purge leaves the purged entry itself. The header of the last file is behind what was written
/// when the store was killed: then the records that follow count as well, as they do for hiqlite.
struct HiqliteReader {
    private static let headerByteCount = 32
    private static let recordHeaderByteCount = 16

    private let path: String
    private var survey = ForeignLog.Survey()
    private var wasKilled = false
    private var isFirst = true
    private var number: UInt64?

    /// A file's header.
    private struct Header {
        var first: UInt64
        var last: UInt64
        /// `nil` if there is no record.
        var data: Range<UInt64>?
    }

    init(_ path: String) { self.path = path }

    mutating func read(
        _ body: (LogIndex, Term?, [UInt8]) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> ForeignLog.Survey {
        let names = try ForeignFile.names(in: path)
        let files = names.filter(Self.isFile)
        guard !files.isEmpty || names.contains("meta.hql") else {
            throw LogStoreError(
                .unavailable, "there is no log of hiqlite here", context: .init(file: path))
        }
        wasKilled = names.contains("lock.hql")
        if wasKilled {
            survey.notes.append("lock.hql is there: the store is open, or was killed")
        }
        if names.contains("meta.hql") { try readMetadata() }
        if let compacted = survey.compacted {
            survey.indexes = compacted.index + 1..<compacted.index + 1
        }
        for (place, name) in files.enumerated() where survey.damage == nil {
            try read(ForeignFile(path + "/" + name), isLast: place == files.count - 1, body)
            if survey.damage != nil { survey.unreadFiles = Array(files[(place + 1)...]) }
        }
        return survey
    }

    private static func isFile(_ name: String) -> Bool {
        name.utf8.count == 20 && name.hasSuffix(".wal")
            && name.utf8.prefix(16).allSatisfy { (0x30...0x39).contains($0) }
    }

    // MARK: - Entries

    private mutating func read(
        _ file: ForeignFile, isLast: Bool,
        _ body: (LogIndex, Term?, [UInt8]) throws(LogStoreError) -> Void
    ) throws(LogStoreError) {
        guard let header = try header(of: file) else { return }
        var offset = header.data?.lowerBound ?? UInt64(Self.headerByteCount)
        var last: UInt64?
        if let data = header.data {
            while last != header.last {
                let expected = last.map { $0 + 1 } ?? header.first
                guard let (id, bytes) = try record(in: file, at: offset), id == expected else {
                    survey.damage = file.damage(
                        "there is no valid record", at: offset, index: expected)
                    return
                }
                guard try take(id, bytes, file, offset, body) else { return }
                last = id
                let end = offset + UInt64(Self.recordHeaderByteCount + bytes.count)
                guard end == data.upperBound || (end < data.upperBound && id < header.last) else {
                    survey.damage = file.damage(
                        "the records do not end where the header says", at: end, index: id,
                        expected: data.upperBound, found: end)
                    return
                }
                if end == data.upperBound, id < header.last {
                    survey.damage = file.damage(
                        "the records end before the last one that the header names", at: end,
                        index: id + 1)
                    return
                }
                offset = end + 1
            }
        }
        guard isLast, wasKilled else { return }
        var count = 0
        while let (id, bytes) = try record(in: file, at: offset),
            last.map({ id == $0 + 1 }) ?? (id == survey.indexes.upperBound || isFirst), id > 0
        {
            guard try take(id, bytes, file, offset, body) else { return }
            last = id
            count += 1
            offset += UInt64(Self.recordHeaderByteCount + bytes.count + 1)
        }
        if count > 0 {
            survey.notes.append(
                "\(count) entries behind the end that \(file.path) names were taken, as hiqlite does"
            )
        }
    }

    private mutating func header(of file: ForeignFile) throws(LogStoreError) -> Header? {
        func damage(_ what: String, _ offset: UInt64) -> LogStoreError {
            file.damage(what, at: offset, index: isFirst ? nil : survey.indexes.upperBound)
        }
        guard let bytes = try file.bytes(at: 0, count: Self.headerByteCount),
            Array(bytes[..<7]) == Array("HQL_WAL".utf8)
        else {
            survey.damage = damage("the header is not one of hiqlite", 0)
            return nil
        }
        guard bytes[7] == 1 else {
            throw .unsupportedFormat(
                "the file was written by another version of hiqlite-wal", file: file.path,
                found: UInt64(bytes[7]), supported: 1)
        }
        let found = UInt64(
            file.path.utf8.suffix(20).prefix(16).reduce(0) { $0 * 10 + UInt64($1 - 0x30) })
        defer { number = found }
        if let number, found != number + 1 {
            survey.damage = damage("file number \(number + 1) is missing before it", 0)
            return nil
        }
        let start = bytes.bigEndian(24..<28)
        let end = bytes.bigEndian(28..<32)
        let header = Header(first: bytes.bigEndian(8..<16), last: bytes.bigEndian(16..<24))
        if start == 0, end == 0 { return header }
        guard start >= UInt64(Self.headerByteCount), start < end, end <= file.byteCount,
            header.first <= header.last, header.last < .max
        else {
            survey.damage = damage("the header contradicts itself", 8)
            return nil
        }
        return Header(first: header.first, last: header.last, data: start..<end)
    }

    /// The record at an offset, if it is whole and its checksum is right.
    private func record(
        in file: ForeignFile, at offset: UInt64
    ) throws(LogStoreError) -> (UInt64, [UInt8])? {
        guard let head = try file.bytes(at: offset, count: Self.recordHeaderByteCount) else {
            return nil
        }
        let count = Int(head.bigEndian(12..<16))
        guard count > 0,
            let data = try file.bytes(
                at: offset + UInt64(Self.recordHeaderByteCount), count: count),
            UInt64(CKSUM.checksum(data)) == head.littleEndian(8..<12)
        else { return nil }
        return (head.bigEndian(0..<8), data)
    }

    /// Hands an entry out; one that was purged is left out.
    ///
    /// - Returns: `false` if it does not follow the one before it.
    private mutating func take(
        _ id: UInt64, _ bytes: [UInt8], _ file: ForeignFile, _ offset: UInt64,
        _ body: (LogIndex, Term?, [UInt8]) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> Bool {
        if let compacted = survey.compacted, id <= compacted.index { return true }
        let expected = isFirst && survey.compacted == nil ? id : survey.indexes.upperBound
        guard id == expected, id < .max else {
            survey.damage = file.damage(
                "the entry does not follow the one before it", at: offset, index: id,
                expected: expected, found: id)
            return false
        }
        // An entry of openraft begins with its position: term, node, index.
        let term: Term? =
            bytes.count >= 24 && bytes.littleEndian(16..<24) == id
            ? bytes.littleEndian(0..<8) : nil
        if isFirst { survey.hasTerms = term != nil }
        if term == nil { survey.hasTerms = false }
        if isFirst, survey.compacted == nil { survey.indexes = id..<id }
        isFirst = false
        try body(id, term, bytes)
        survey.indexes = survey.indexes.lowerBound..<id + 1
        survey.payloadByteCount += UInt64(bytes.count)
        return true
    }

    // MARK: - Metadata

    private mutating func readMetadata() throws(LogStoreError) {
        let file = try ForeignFile(path + "/meta.hql")
        let count = Int(clamping: min(file.byteCount, 1 << 20))
        guard let bytes = try file.bytes(at: 0, count: count), bytes.count >= 14,
            Array(bytes[..<7]) == Array("HQLMETA".utf8)
        else {
            survey.damage = file.damage("the metadata is damaged", at: 0)
            return
        }
        guard bytes[7] == 1 else {
            throw .unsupportedFormat(
                "the file was written by another version of hiqlite-wal", file: file.path,
                found: UInt64(bytes[7]), supported: 1)
        }
        var rest = bytes[12...]
        guard UInt64(CKSUM.checksum(rest)) == bytes.littleEndian(8..<12),
            let purged = Self.optional(&rest), let vote = Self.optional(&rest)
        else {
            survey.damage = file.damage("the metadata is damaged", at: 8)
            return
        }
        if !purged.isEmpty { survey.metadata["hiqlite.last_purged_log_id"] = purged }
        if !vote.isEmpty { survey.metadata["hiqlite.vote"] = vote }
        // A position of openraft: term, node, index.
        if purged.count == 24, purged.littleEndian(16..<24) < .max {
            survey.compacted = LogPosition(
                term: purged.littleEndian(0..<8), index: purged.littleEndian(16..<24))
        }
    }

    /// An optional list of bytes as bincode writes it; empty for none, `nil` if it is none.
    private static func optional(_ bytes: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard let tag = bytes.popFirst(), tag <= 1 else { return nil }
        guard tag == 1 else { return [] }
        guard let mark = bytes.popFirst() else { return nil }
        var count = Int(mark)
        if mark > 250 {
            let width = [251: 2, 252: 4][Int(mark)] ?? 0
            guard width > 0, bytes.count >= width else { return nil }
            count = Int(Array(bytes.prefix(width)).littleEndian(0..<width))
            bytes = bytes.dropFirst(width)
        }
        guard bytes.count >= count else { return nil }
        defer { bytes = bytes.dropFirst(count) }
        return Array(bytes.prefix(count))
    }
}
