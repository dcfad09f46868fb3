import WALProtocol

/// The start of a file of a ``PlainFileStore``: 64 bytes.
struct PlainHeader: Equatable, Sendable {
    static let byteCount = 64
    static let magic: UInt64 = 0x31_474F_4C4E_4C50
    static let version: UInt64 = 1

    var store: UInt64
    var sequence: UInt64
    /// The oldest file that may still be needed; what stands in those before is in this one.
    var base: UInt64
    /// Where the records of the file before end: they are all on stable storage.
    var previousEnd: UInt64 = 0
    /// Where the records end that were there when the file came into use.
    var initialEnd: UInt64 = 0

    func place(_ mutation: DiskMutation?) -> PlainRecord.Place {
        .init(store: store, file: sequence, mutation: mutation)
    }

    var bytes: [UInt8] {
        PlainBlock.encode([
            Self.magic, Self.version, store, sequence, base, previousEnd, initialEnd,
        ])
    }

    init(store: UInt64, sequence: UInt64, base: UInt64) {
        self.store = store
        self.sequence = sequence
        self.base = base
    }

    init(_ bytes: [UInt8], file: String, _ mutation: DiskMutation?) throws(LogStoreError) {
        let words = try PlainBlock.decode(bytes, magic: Self.magic, file: file, mutation)
        self.init(store: words[2], sequence: words[3], base: words[4])
        previousEnd = words[5]
        initialEnd = words[6]
    }
}

/// The file that says which file is the newest: replaced as a whole, by a rename.
struct PlainManifest: Equatable, Sendable {
    static let magic: UInt64 = 0x4554_4154_534E_4C50

    var store: UInt64
    var newest: UInt64
    /// Where the newest file ended when the store was closed; `nil` while it is open.
    var cleanEnd: UInt64?

    var bytes: [UInt8] {
        PlainBlock.encode([
            Self.magic, PlainHeader.version, store, newest, cleanEnd == nil ? 0 : 1, cleanEnd ?? 0,
            0,
        ])
    }

    init(store: UInt64, newest: UInt64, cleanEnd: UInt64? = nil) {
        self.store = store
        self.newest = newest
        self.cleanEnd = cleanEnd
    }

    init(_ bytes: [UInt8], file: String, _ mutation: DiskMutation?) throws(LogStoreError) {
        let words = try PlainBlock.decode(bytes, magic: Self.magic, file: file, mutation)
        self.init(store: words[2], newest: words[3], cleanEnd: words[4] == 0 ? nil : words[5])
    }
}

/// Seven words and a checksum.
enum PlainBlock {
    static func encode(_ words: [UInt64]) -> [UInt8] {
        var bytes: [UInt8] = []
        for word in words { bytes.put(word) }
        bytes.put(PlainChecksum.of(bytes[...], .init(store: 0, file: 0), 0))
        return bytes
    }

    static func decode(
        _ bytes: [UInt8], magic: UInt64, file: String, _ mutation: DiskMutation?
    ) throws(LogStoreError) -> [UInt64] {
        guard bytes.count >= 64 else {
            throw .corrupt("the file is cut", file: file, expected: 64, found: UInt64(bytes.count))
        }
        let words = (0..<8).map { bytes.integer(at: 8 * $0) as UInt64 }
        if words[1] != PlainHeader.version, mutation == .takesNewerForEmpty {
            throw .unsupportedFormat("it is not one of ours", file: file, found: 0, supported: 0)
        }
        guard words[0] == magic,
            words[7] == PlainChecksum.of(bytes[..<56], .init(store: 0, file: 0), 0)
        else { throw .corrupt("the header is damaged", file: file, byteOffset: 0) }
        guard words[1] == PlainHeader.version else {
            throw .unsupportedFormat(
                "a newer version wrote it", file: file, found: words[1],
                supported: PlainHeader.version)
        }
        return words
    }
}
