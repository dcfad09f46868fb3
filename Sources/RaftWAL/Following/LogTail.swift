import CWALChecksum
import LMDBBackend
import SegmentBackend

/// Follows a log that another process writes, without a lock and without changing a byte.
///
/// What is seen is what the operating system has: entries that the writer has flushed, whether they
/// are durable yet or not. ``look(_:_:)`` hands out what came since the last time; how often it is
/// called is the caller's affair.
///
/// It survives what a writer does: truncations, compactions, resets, rotations, its death, and its
/// restart with recovery.
///
/// - Concurrency: one thread at a time.
public final class LogTail {
    /// What a log did besides growing.
    public enum Change: Hashable, Sendable {
        /// The entries behind an index are gone; what comes next may have their indexes.
        ///
        /// 0 means that all that were handed out are gone.
        case truncated(after: LogIndex)
        /// Everything is gone; the log goes on behind a position, if there is one.
        ///
        /// Where only what is left can be seen, as with LMDB, a reset looks like a truncation or
        /// like a compaction.
        case reset(to: LogPosition?)
        /// Entries were compacted before they could be read: they are left out.
        case skipped(Range<LogIndex>)
    }

    /// How often an opening or a look beside a live writer may fail before the failure is believed.
    private static let attemptLimit = 10
    private static let chunkByteCount = 4 << 20
    /// The looks at bytes that are no record before the store is opened again.
    private static let patienceRange = 8...1024

    private let path: String
    private let backend: Backend
    private var source: Source?
    private var seen: SeenEntries
    /// The entries to begin with, from the end.
    private let entryCount: UInt64
    /// Whether the last look came to the end of the log.
    ///
    /// One that fails beside a writer is no error before it has failed several times.
    public private(set) var isCaughtUp = false

    private var hasBegun = false
    private var failureCount = 0
    private var pendingCount = 0
    private var patience = patienceRange.lowerBound

    /// Where news come from.
    private enum Source {
        case segment(RecordStream)
        #if LMDB
            case lmdb(LMDBStore, commit: UInt64)
        #endif
    }

    /// Prepares to follow the log in a directory; the first look opens it.
    ///
    /// - Parameters:
    ///   - path: The store's directory.
    ///   - backend: The store's backend.
    ///   - entryCount: The number of entries to hand out that are there already, the last ones.
    public init(at path: String, _ backend: Backend, entryCount: UInt64 = 0) {
        self.path = path
        self.backend = backend
        self.entryCount = entryCount
        seen = SeenEntries()
    }

    /// Hands out what came since the last look.
    ///
    /// - Parameters:
    ///   - entry: Called with each entry, in order; the span is valid until it returns.
    ///   - change: Called with what happened besides, in its place between the entries.
    /// - Returns: whether there was anything.
    /// - Throws: what opening the store for reading throws, `unavailable` if there is none; `io` and
    ///   `corrupt` if they come again and again; what `entry` and `change` throw.
    /// - Complexity: O(new bytes); if there is nothing new, one or two small reads.
    public func look(
        _ entry: (EntryHeader, RawSpan) throws(LogStoreError) -> Void,
        _ change: (Change) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> Bool {
        var isForeign = false
        do throws(LogStoreError) {
            let hasNews = try lookOnce(
                { (header, payload) throws(LogStoreError) in
                    seen.add(header.position, Self.checksum(payload))
                    isForeign = true
                    try entry(header, payload)
                    isForeign = false
                },
                { (news) throws(LogStoreError) in
                    isForeign = true
                    try change(news)
                    isForeign = false
                })
            failureCount = 0
            isCaughtUp = true
            return hasNews
        } catch {
            source = nil
            isCaughtUp = false
            failureCount += 1
            let isPassing = error.code == .io || error.code == .corrupt || error.code == .compacted
            // A writer moves files while they are looked at.
            guard !isForeign, isPassing, failureCount < Self.attemptLimit else { throw error }
            return true
        }
    }

    private func lookOnce(
        _ entry: (EntryHeader, RawSpan) throws(LogStoreError) -> Void,
        _ change: (Change) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> Bool {
        switch source {
        case nil:
            return try begin(entry, change)
        case .segment(let stream):
            let found = try stream.look(entry: entry) { (news) throws(LogStoreError) in
                try note(news, change)
            }
            switch found {
            case .idle, .progress:
                pendingCount = 0
                if found == .progress { patience = Self.patienceRange.lowerBound }
                return found == .progress
            case .pending:
                pendingCount += 1
                guard pendingCount >= patience else { return false }
                // Perhaps damage, which only an opening can tell from what is being written.
                patience = min(2 * patience, Self.patienceRange.upperBound)
                pendingCount = 0
                return try begin(entry, change)
            case .lost:
                return try begin(entry, change)
            }
        #if LMDB
            case .lmdb(let store, let commit):
                let now = try store.commitNumber()
                if now == commit { return false }
                source = .lmdb(store, commit: now)
                return try catchUp(with: store, entry, change)
        #endif
        }
    }

    /// Opens the store, for the first time or again, and hands out what it has that is new.
    private func begin(
        _ entry: (EntryHeader, RawSpan) throws(LogStoreError) -> Void,
        _ change: (Change) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> Bool {
        switch backend {
        case .segment:
            var options = SegmentStore.Options()
            options.access = .readOnly
            let store = try SegmentStore(at: path, options: options)
            source = store.makeRecordStream().map { .segment($0) }
            return try catchUp(with: store, entry, change)
        case .lmdb:
            #if LMDB
                var options = LMDBStore.Options()
                options.access = .readOnly
                let store = try LMDBStore(at: path, options: options)
                source = .lmdb(store, commit: try store.commitNumber())
                return try catchUp(with: store, entry, change)
            #else
                throw .notBuiltIn(backend)
            #endif
        }
    }

    /// Takes a change that the stream of records tells.
    private func note(
        _ news: RecordStream.Change, _ change: (Change) throws(LogStoreError) -> Void
    ) throws(LogStoreError) {
        switch news {
        case .compacted: break
        case .truncated(let index):
            if seen.truncate(from: index) {
                try change(.truncated(after: index > 0 ? index - 1 : 0))
            }
        case .reset(let position):
            seen.begin(at: position.map { $0.index + 1 } ?? 0)
            try change(.reset(to: position))
        }
    }

    /// Compares a store with what was handed out, and hands out the rest.
    ///
    /// - Returns: whether there was anything.
    private func catchUp(
        with store: any LogStore, _ entry: (EntryHeader, RawSpan) throws(LogStoreError) -> Void,
        _ change: (Change) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> Bool {
        let state = store.state
        guard hasBegun else {
            hasBegun = true
            let indexes = state.indexes
            let from = indexes.upperBound - min(entryCount, state.count)
            seen.begin(at: from)
            return try visit(from..<indexes.upperBound, of: store, entry)
        }
        var hasNews = false
        if let gone = try firstGone(from: store, state), seen.truncate(from: gone) {
            try change(.truncated(after: gone > 0 ? gone - 1 : 0))
            hasNews = true
        }
        let indexes = state.indexes
        var next = seen.next
        if next < indexes.lowerBound, next > 0 {
            try change(.skipped(next..<indexes.lowerBound))
        }
        next = max(next, indexes.lowerBound)
        guard next < indexes.upperBound else { return hasNews }
        return try visit(next..<indexes.upperBound, of: store, entry) || hasNews
    }

    private func visit(
        _ range: Range<LogIndex>, of store: any LogStore,
        _ entry: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> Bool {
        var next = range.lowerBound
        while next < range.upperBound {
            let reached = try store.visitEntries(
                in: next..<range.upperBound, maxByteCount: Self.chunkByteCount, entry)
            // Truncated meanwhile: the next look tells.
            if reached == next { break }
            next = reached
        }
        return next > range.lowerBound
    }

    /// The index of the first entry that was handed out and is not there any more, or is another
    /// one; `nil` if all are there.
    private func firstGone(
        from store: any LogStore, _ state: LogState
    ) throws(LogStoreError) -> LogIndex? {
        guard let newest = seen.last else { return nil }
        for known in seen.newestFirst {
            var isThere = false
            if let compacted = state.compacted, known.index <= compacted.index {
                // It cannot be compared, and was committed before.
                isThere = true
            } else if let last = state.last, known.index <= last.index {
                isThere = try store.withEntry(at: known.index) { (header, payload) in
                    header.position.term == known.term && Self.checksum(payload) == known.checksum
                }
            }
            if isThere { return known.index < newest.index ? known.index + 1 : nil }
        }
        // Nothing of what is remembered is there, so the log was cut before it, or at its end.
        return min(seen.oldestIndex, state.next ?? 0)
    }

    private static func checksum(_ payload: RawSpan) -> UInt32 {
        payload.withUnsafeBytes { wal_crc32c($0.baseAddress, $0.count) }
    }
}
