import RaftWAL

/// Reads a store's entries in order, once each, also while a writer changes them.
///
/// What was opened is a snapshot whose files a writer may remove meanwhile. So if reading fails,
/// the store is opened again and read on from where it stood. A failure that comes twice at one
/// place, while the store stays as it is, is the store's own.
///
/// A walk that ``toleratesDamage`` goes on with what a salvage can read.
struct EntryWalk {
    /// How often reading may fail at one place before the failure is believed.
    private static let attemptLimit = 3
    private static let chunkByteCount = 4 << 20

    private let location: StoreLocation
    private let toleratesDamage: Bool
    private var store: any LogReading
    /// What is lost of a store that had to be salvaged.
    private(set) var salvage: RecoveryReport?
    /// The first damage that was met.
    private(set) var damage: LogStoreError?

    /// Opens a store.
    ///
    /// - Throws: what opening throws; `corrupt` only if nothing is left to go by, or damage is not
    ///   tolerated.
    init(_ location: StoreLocation, toleratesDamage: Bool = false) throws(LogStoreError) {
        self.location = location
        self.toleratesDamage = toleratesDamage
        do throws(LogStoreError) {
            store = try location.openForReading()
        } catch {
            guard toleratesDamage, error.code == .corrupt else { throw error }
            let salvaged = try Self.salvaged(location, error)
            (store, salvage, damage) = (salvaged.log, salvaged.report, error)
        }
    }

    /// Positions and metadata as of the last opening.
    var log: any LogReading { store }

    /// What is left; why it had to be salvaged if nothing is.
    static func salvaged(
        _ location: StoreLocation, _ reason: LogStoreError
    ) throws(LogStoreError) -> SalvagedStore {
        do throws(LogStoreError) {
            return try location.backend.openSalvaged(at: location.path)
        } catch {
            throw error.code == .corrupt ? reason : error
        }
    }

    /// Calls `body` with every entry from `from` through `through` that the log has.
    ///
    /// - Parameters:
    ///   - skipped: Called with what a writer compacted before it could be read.
    ///   - lost: Called with what is damaged, before the walk goes on behind it, if that is
    ///     tolerated.
    /// - Throws: `corrupt` and `io` after the entries before the damage were handed out; what
    ///   `skipped` and `body` throw.
    mutating func visit(
        from: LogIndex?, through: LogIndex?,
        skipped: (Range<LogIndex>) throws(LogStoreError) -> Void,
        lost: (LostRange, LogStoreError) -> Void = { _, _ in },
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
                if isBodyFailure { throw error }
                if let salvage {
                    guard error.code == .corrupt else { throw error }
                    let range = salvage.lostRange(at: next)
                    lost(range, error)
                    next = range.indexes.upperBound
                    continue
                }
                if attempts >= Self.attemptLimit {
                    try salvage(after: error)
                    continue
                }
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
    /// Goes on with what is left, if that is tolerated.
    private mutating func salvage(after error: LogStoreError) throws(LogStoreError) {
        guard toleratesDamage, error.code == .corrupt else { throw error }
        let salvaged = try Self.salvaged(location, error)
        (store, salvage, damage) = (salvaged.log, salvaged.report, error)
    }
}

extension RecoveryReport {
    /// The lost entries from an index on; that one alone if nothing more is known.
    fileprivate func lostRange(at index: LogIndex) -> LostRange {
        for range in lostRanges where range.indexes.contains(index) {
            return LostRange(indexes: index..<range.indexes.upperBound, term: range.term)
        }
        return LostRange(indexes: index..<(index == .max ? .max : index + 1))
    }
}
