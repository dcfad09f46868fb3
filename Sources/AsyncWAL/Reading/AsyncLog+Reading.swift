public import WALProtocol

extension AsyncLog {
    /// A reader of its own for the calling task: it sees every accepted write at once.
    ///
    /// Reading what is in memory takes no lock and never leaves the thread. What has to come from
    /// the disk is read on the thread of the caller: follow the log with
    /// ``entries(from:maxByteCount:)`` for long reads from tasks.
    public func reader() -> sending any LogReader { readers.makeReader() }

    /// Where the log begins and ends; `durable` is what a leader may count itself for.
    public var state: LogState { readers.state }

    /// The entries from an index on, first those that are there, and then each new one.
    ///
    /// They are read in large pieces on a thread of the log's own. The sequence ends when the log
    /// is closed or the task is cancelled. It follows one history: it throws `positionConflict`
    /// when an entry it has given out was truncated, and `compacted` when the next one was dropped
    /// from the front.
    ///
    /// - Parameters:
    ///   - index: The first entry; it need not be there yet.
    ///   - maxByteCount: The payloads to read ahead, in bytes.
    public func entries(
        from index: LogIndex, maxByteCount: Int = 1 << 20
    ) -> LogEntries {
        LogEntries(core: core, readers: readers, first: index, maxByteCount: maxByteCount)
    }

    /// The durable position, now and whenever it has changed; a slow consumer sees the latest one.
    ///
    /// The sequence ends when the log is closed or the task is cancelled, and throws when the log
    /// is poisoned. It can move back: a truncation takes durable entries away.
    public var durablePositions: DurablePositions { DurablePositions(core: core, readers: readers) }
}

/// The entries of a log, followed; see ``AsyncLog/entries(from:maxByteCount:)``.
public struct LogEntries: AsyncSequence, Sendable {
    /// An entry.
    public typealias Element = Entry
    /// What reading throws.
    public typealias Failure = LogStoreError

    let core: LogCore
    let readers: ReaderSource
    let first: LogIndex
    let maxByteCount: Int

    /// Begins at the first entry.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(
            core: core, readers: readers,
            feed: EntryFeed(readers.makeReader(), from: first, maxByteCount: maxByteCount))
    }

    /// Gives out one entry after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let core: LogCore
        let readers: ReaderSource
        let feed: EntryFeed
        private var buffer: [Entry] = []
        private var position = 0

        init(core: LogCore, readers: ReaderSource, feed: EntryFeed) {
            self.core = core
            self.readers = readers
            self.feed = feed
        }

        /// The next entry; waits for it if there is none.
        nonisolated(nonsending) public mutating func next() async throws(LogStoreError) -> Entry? {
            while position == buffer.count {
                if Task.isCancelled { return nil }
                // Taken before reading, so that nothing is missed that comes meanwhile.
                let seen = core.monitor.withLock { core.accepted }
                let feed = feed
                do throws(LogStoreError) {
                    buffer = try await readers.perform { feed.load() }.get()
                    position = 0
                    if buffer.isEmpty { try await core.waitForWrites(after: seen) }
                } catch {
                    if error.code == .closed || error.code == .cancelled { return nil }
                    throw error
                }
            }
            defer { position += 1 }
            return buffer[position]
        }

        /// The next entry, on whatever actor asks for it.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(LogStoreError) -> Entry? {
            try await next()
        }
    }
}

/// Reads the pieces of a followed log, on one thread after the other.
final class EntryFeed: @unchecked Sendable {
    private let reader: any LogReader
    private let maxByteCount: Int
    private var next: LogIndex
    private var last: LogPosition?

    init(_ reader: sending any LogReader, from index: LogIndex, maxByteCount: Int) {
        self.reader = reader
        self.maxByteCount = maxByteCount
        next = index
    }

    /// The entries that follow, as many as one piece has; none if there are none yet.
    func load() -> Result<[Entry], LogStoreError> {
        do throws(LogStoreError) {
            let state = reader.state
            if let last {
                try check(last, in: state)
            }
            guard let end = state.last?.index, end >= next else {
                if let compacted = state.compacted, next <= compacted.index {
                    throw .compacted(index: next, first: state.first)
                }
                return .success([])
            }
            let entries = try reader.entries(in: next..<end + 1, maxByteCount: maxByteCount)
            if let entry = entries.last {
                last = entry.position
                next = entry.position.index + 1
            }
            return .success(entries)
        } catch {
            return .failure(error)
        }
    }
}

extension EntryFeed {
    /// What was given out has to be there still, or covered by a snapshot.
    private func check(_ last: LogPosition, in state: LogState) throws(LogStoreError) {
        if let compacted = state.compacted, compacted.index > last.index { return }
        if let end = state.last, end.index >= last.index,
            try reader.term(at: last.index) == last.term
        {
            return
        }
        throw LogStoreError(
            .positionConflict,
            "entries that were read already have been truncated; read them again",
            context: .init(index: last.index, term: last.term))
    }
}

/// The durable positions of a log; see ``AsyncLog/durablePositions``.
public struct DurablePositions: AsyncSequence, Sendable {
    /// A durable position; `nil` as long as nothing is durable.
    public typealias Element = LogPosition?
    /// What ends the log.
    public typealias Failure = LogStoreError

    let core: LogCore
    let readers: ReaderSource

    /// Begins with the position at this moment.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(core: core, readers: readers)
    }

    /// Gives out one position after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let core: LogCore
        let readers: ReaderSource
        private var seen: UInt64?
        private var last: LogPosition?

        init(core: LogCore, readers: ReaderSource) {
            self.core = core
            self.readers = readers
        }

        /// The next durable position.
        nonisolated(nonsending) public mutating func next() async throws(LogStoreError)
            -> LogPosition??
        {
            while true {
                if Task.isCancelled { return nil }
                do throws(LogStoreError) {
                    if let seen { try await core.waitForSyncs(after: seen) }
                } catch {
                    if error.code == .closed || error.code == .cancelled { return nil }
                    throw error
                }
                let (count, position) = core.monitor.withLock {
                    (core.durable, core.durablePosition)
                }
                let isNew = seen == nil || position != last
                seen = count
                last = position
                if isNew { return .some(position) }
            }
        }

        /// The next durable position, on whatever actor asks for it.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(LogStoreError) -> LogPosition?? {
            try await next()
        }
    }
}
