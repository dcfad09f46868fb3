internal import CWALChecksum
internal import WALProtocol

/// What stays in memory of a footer: enough to read any page of it and to know that it is whole.
///
/// Four bytes for a thousand entries.
struct FooterDigest: Sendable {
    /// Some entries' offsets in a footer.
    struct Page {
        /// Where it begins in the footer's payload.
        let byteOffset: Int
        let byteCount: Int
        let first: LogIndex
        let checksum: UInt32

        /// The offsets; `nil` if these are not the page's bytes.
        func decode(_ bytes: [UInt8]) -> [UInt32]? {
            bytes.withUnsafeBytes { bytes in
                guard bytes.count == byteCount, let base = bytes.baseAddress,
                    wal_crc32c(base, bytes.count) == checksum
                else { return nil }
                return SegmentIndex.decodeOffsets(base, count: byteCount / 4)
            }
        }
    }

    private static let pageEntryCount = 1024

    private let first: LogIndex
    private let count: Int
    private let checksums: [UInt32]
    /// The terms, if these are few.
    let terms: [SegmentIndex.TermRun]?

    init(of index: SegmentIndex, _ payload: UnsafeRawBufferPointer) {
        first = index.first
        count = index.offsets.count
        terms = index.runs.count <= 64 ? index.runs : nil
        var checksums: [UInt32] = []
        for start in stride(from: 0, to: count, by: Self.pageEntryCount) {
            let place = Self.place(of: start, count)
            checksums.append(
                payload.baseAddress.map { wal_crc32c($0 + place.lowerBound, place.count) } ?? 0)
        }
        self.checksums = checksums
    }

    /// Where the page that begins with an entry stands in the payload.
    private static func place(of start: Int, _ count: Int) -> Range<Int> {
        let end = min(count, start + pageEntryCount)
        return SegmentIndex.byteCount(
            entries: start, runs: 0)..<SegmentIndex.byteCount(entries: end, runs: 0)
    }

    /// The memory that all of the footer takes.
    var footerByteCount: Int {
        SegmentIndex.byteCount(entries: count, runs: terms?.count ?? 0)
    }

    /// The page that knows an entry; `nil` if the footer does not.
    func page(of entry: LogIndex) -> Page? {
        guard entry >= first, entry - first < UInt64(count) else { return nil }
        let number = Int(entry - first) / Self.pageEntryCount
        let start = number * Self.pageEntryCount
        let place = Self.place(of: start, count)
        return Page(
            byteOffset: place.lowerBound, byteCount: place.count,
            first: first + LogIndex(start), checksum: checksums[number])
    }
}
