import RaftWAL

/// Reads a store's entries in order, once each, also while a writer changes them.
///
/// What was opened is a snapshot whose files a writer may remove meanwhile. So if reading fails,
/// the store is opened again and read on from where it stood. A failure that comes twice at one
/// place, while the store stays as it is, is the store's own.
struct EntryWalk {
    /// How often reading may fail at one place before the failure is believed.
    private static let attemptLimit = 3
    private static let chunkByteCount = 4 << 20

    private let location: StoreLocation
    private var store: any LogStore

    init(_ location: StoreLocation) throws(LogStoreError) {
        self.location = location
        store = try location.openForReading()
    }

    /// Positions and metadata as of the last opening.
    var log: any LogReading { store }

    /// Calls `body` with every entry from `from` through `through` that the log has.
    ///
    /// - Parameter skipped: Called with what a writer compacted before it could be read.
    /// - Throws: `corrupt` and `io` after the entries before the damage were handed out; what
    ///   `skipped` and `body` throw.
    mutating func visit(
        from: LogIndex?, through: LogIndex?,
        skipped: (Range<LogIndex>) throws(LogStoreError) -> Void,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) {
        let end = through.map { $0 == .max ? .max : $0 + 1 } ?? .max
        guard let first = store.state.first else { return }
        var next = max(from ?? first, first)
        let begin = next
        var attempts = 0
        while next < end {
            let start = next
            var isBodyFailure = false
            do throws(LogStoreError) {
                let reached = try store.visitEntries(
                    in: next..<end, maxByteCount: Self.chunkByteCount
                ) { (header, payload) throws(LogStoreError) in
                    isBodyFailure = true
                    try body(header, payload)
                    isBodyFailure = false
                    next = header.position.index + 1
                }
                if reached == start { return }
                next = reached
                attempts = 0
            } catch {
                if next > start { attempts = 0 }
                attempts += 1
                if isBodyFailure || attempts >= Self.attemptLimit { throw error }
                store = try location.openForReading()
                let indexes = store.state.indexes
                if indexes.lowerBound > next {
                    // Before the first entry was handed out, the log just begins later.
                    if next > begin { try skipped(next..<min(indexes.lowerBound, end)) }
                    next = indexes.lowerBound
                }
            }
        }
    }
}
