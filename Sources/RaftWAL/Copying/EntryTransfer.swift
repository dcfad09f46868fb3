import CWALChecksum

/// Makes a store hold what another one held at one moment, entry by entry, going on from what is
/// there already.
struct EntryTransfer {
    /// How often the log may be looked at anew because it changed under the copy.
    private static let attemptLimit = 32
    /// How often reading may fail at one place before the failure is believed.
    private static let failureLimit = 3

    /// What was copied.
    struct Result {
        var state = LogState()
        var metadata: [MetadataKey: [UInt8]] = [:]
        var copiedByteCount: UInt64 = 0
        var keptByteCount: UInt64 = 0
        /// What the entries were that were appended last, without a gap, to the log's end.
        var digest = EntryDigest()
        var digestStart: LogIndex = 0
    }

    private let source: CopySource
    private let target: any LogStore
    private let progress: (CopyProgress) -> Void
    private var result = Result()

    init(
        _ source: CopySource, to target: any LogStore, progress: @escaping (CopyProgress) -> Void
    ) {
        self.source = source
        self.target = target
        self.progress = progress
    }

    /// Copies everything, durably.
    ///
    /// - Throws: what reading the source throws if it comes again and again, and what writing the
    ///   target throws: what is there then is of use to the next attempt.
    mutating func run() throws(LogStoreError) -> Result {
        var failureCount = 0
        for _ in 0..<Self.attemptLimit {
            let before = target.state.next
            var isSourceFailure = true
            do throws(LogStoreError) {
                let picture = try source.picture()
                try reconcile(picture, &isSourceFailure)
                try append(picture, &isSourceFailure)
                guard try picture.isValid() else { continue }
                isSourceFailure = false
                try finish(picture)
                return result
            } catch {
                failureCount = before == target.state.next ? failureCount + 1 : 1
                guard isSourceFailure, failureCount < Self.failureLimit,
                    error.code != .unsupportedFormat
                else { throw error }
            }
        }
        throw LogStoreError(
            .io, "the log changes faster than it can be copied; try again when it is calmer",
            context: .init(file: source.path))
    }

    // MARK: - What is there already

    /// Takes from the target what the source does not have.
    private mutating func reconcile(
        _ picture: CopySource.Picture, _ isSourceFailure: inout Bool
    ) throws(LogStoreError) {
        let wanted = picture.state
        let there = target.state
        var batch = WriteBatch()
        if there.isEmpty || wanted.isEmpty || !canContinue(from: there, to: wanted) {
            let isSame = there.isEmpty && there.compacted == wanted.compacted
            if !isSame { batch.reset(to: wanted.compacted) }
        } else {
            let overlap = there.indexes.clamped(to: wanted.indexes)
            let end = try commonEnd(of: overlap, picture)
            let keepsSome = end > there.indexes.lowerBound
            if !keepsSome || wanted.compacted.map({ $0.index >= end }) ?? false {
                batch.reset(to: wanted.compacted)
            } else {
                if end < there.indexes.upperBound { batch.truncate(from: end) }
                if let compacted = wanted.compacted, compacted != there.compacted {
                    batch.compact(through: compacted)
                }
            }
        }
        guard !batch.isEmpty else { return }
        isSourceFailure = false
        try target.write(batch)
        isSourceFailure = true
    }

    /// Whether the log that is there can become the one that is wanted without beginning anew.
    private func canContinue(from there: LogState, to wanted: LogState) -> Bool {
        guard let thereFirst = there.first, let wantedFirst = wanted.first else { return false }
        guard let compacted = wanted.compacted else {
            return there.compacted == nil && thereFirst == wantedFirst
        }
        if compacted == there.compacted { return true }
        return there.indexes.contains(compacted.index)
            && (try? target.term(at: compacted.index)) == compacted.term
            && wantedFirst <= there.indexes.upperBound
    }

    /// The index behind the last of the entries that both logs have, from the first on.
    private mutating func commonEnd(
        of range: Range<LogIndex>, _ picture: CopySource.Picture
    ) throws(LogStoreError) -> LogIndex {
        var next = range.lowerBound
        var byteCount: UInt64 = 0
        while next < range.upperBound {
            var there: [EntryDigest] = []
            let end = min(range.upperBound, next + LogIndex(BulkWriter.batchEntryLimit))
            let reached = try target.visitEntries(
                in: next..<end, maxByteCount: BulkWriter.batchByteLimit
            ) { (header, payload) in there.append(EntryDigest(header, payload)) }
            var place = 0
            var isSame = true
            _ = try picture.store.visitEntries(in: next..<reached, maxByteCount: .max) {
                (header, payload) in
                isSame = isSame && there[place] == EntryDigest(header, payload)
                if isSame {
                    place += 1
                    byteCount += UInt64(header.payloadByteCount)
                }
            }
            next += LogIndex(place)
            if !isSame || place < there.count || there.isEmpty { break }
        }
        result.keptByteCount = byteCount
        return next
    }

    // MARK: - What is missing

    private mutating func append(
        _ picture: CopySource.Picture, _ isSourceFailure: inout Bool
    ) throws(LogStoreError) {
        let indexes = picture.state.indexes
        var next = target.state.isEmpty ? indexes.lowerBound : target.state.indexes.upperBound
        // What stands before it was compared just now.
        result.digestStart = next
        result.digest = EntryDigest()
        var digest = result.digest
        var writer = BulkWriter(target)
        while next < indexes.upperBound {
            let end = min(indexes.upperBound, next + LogIndex(BulkWriter.batchEntryLimit))
            let reached = try picture.store.visitEntries(
                in: next..<end, maxByteCount: BulkWriter.batchByteLimit
            ) { (header, payload) in
                writer.batch.append(payload, at: header.position, kind: header.kind)
                digest.add(header, payload)
            }
            // Truncated meanwhile.
            guard reached > next else { break }
            isSourceFailure = false
            let byteCount = writer.batch.byteCount
            try writer.write()
            isSourceFailure = true
            result.copiedByteCount += UInt64(byteCount)
            result.digest = digest
            next = reached
            progress(
                CopyProgress(
                    unit: .entries, done: next - indexes.lowerBound,
                    total: indexes.upperBound - indexes.lowerBound))
        }
    }

    /// Sets the metadata of the moment, and makes everything durable.
    private mutating func finish(_ picture: CopySource.Picture) throws(LogStoreError) {
        var batch = WriteBatch()
        for key in try target.metadataKeys() where picture.metadata[key] == nil {
            batch.removeMetadata(for: key)
        }
        // In order, so that equal stores have equal files.
        for key in picture.metadata.keys.sorted() {
            if let value = picture.metadata[key] { batch.setMetadata(value, for: key) }
        }
        if !batch.isEmpty { try target.write(batch) }
        try target.sync()
        guard target.state.isSameLog(as: picture.state) else {
            throw LogStoreError(
                .io, "the log was truncated while it was copied; try again",
                context: .init(file: source.path))
        }
        result.state = picture.state
        result.metadata = picture.metadata
    }
}

extension LogState {
    /// Whether both say the same of what the log holds.
    func isSameLog(as other: LogState) -> Bool {
        compacted == other.compacted && first == other.first && last == other.last
    }
}

/// A checksum over entries in a row.
struct EntryDigest: Hashable {
    private var register: UInt32 = 0
    private var count: UInt64 = 0
    /// The index behind the last entry.
    private(set) var end: LogIndex = 0

    init() {}

    /// The digest of one entry.
    init(_ header: EntryHeader, _ payload: RawSpan) { add(header, payload) }

    /// Adds the entry that comes next.
    mutating func add(_ header: EntryHeader, _ payload: RawSpan) {
        let sum = payload.withUnsafeBytes { wal_crc32c($0.baseAddress, $0.count) }
        let words = [
            UInt64(register), count, header.position.term, header.position.index,
            UInt64(header.kind.rawValue), UInt64(header.payloadByteCount), UInt64(sum),
        ]
        register = words.withUnsafeBytes { wal_crc32c($0.baseAddress, $0.count) }
        count += 1
        end = header.position.index &+ 1
    }
}
