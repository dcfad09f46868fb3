@testable import Conformance
import Foundation
import Synchronization
import WALProtocol

/// The reference store with syncs that can be split, and perhaps one bug in them.
final class SplitStore: LogStore, SplitSync {
    let capabilities: LogStoreCapabilities
    private let path: String
    private let disk: ReferenceDisk
    private let mutation: SplitMutation?
    private let contents: ReferenceContents
    private let readers = ReaderCount()
    private var obstacle: LogStoreError?
    private var isSyncing = false
    /// What the sync before the current one was to cover.
    private var earlier: ReferenceLog

    init(
        at path: String, on disk: ReferenceDisk, _ mutation: SplitMutation? = nil,
        threads: LeakedThreads = LeakedThreads()
    ) throws(LogStoreError) {
        self.path = path
        self.disk = disk
        self.mutation = mutation
        let log = try disk.acquire(path)
        contents = ReferenceContents(log)
        earlier = log
        capabilities = try ReferenceStore(at: path, on: ReferenceDisk()).capabilities
        if mutation == .leaksThreads { threads.leakOne() }
    }

    deinit { if !contents.isClosed { disk.release(path) } }

    var memoryFootprint: Int { 0 }

    // MARK: - Writing

    func write(_ batch: WriteBatch) throws(LogStoreError) {
        if let obstacle { throw obstacle }
        if mutation == .refusesBesideSync, isSyncing {
            throw LogStoreError(.io, "a sync is under way")
        }
        let ignoresCompaction = mutation == .compactsUnobservedOnly && readers.count > 0
        try contents.change { (log) throws(LogStoreError) in
            let plan = try batch.plan(on: log.state, capabilities: capabilities) {
                (index) throws(LogStoreError) in try log.entry(at: index).term
            }
            if ignoresCompaction, plan.compactsThrough != nil, batch.entryCount == 0 { return }
            if mutation == .cutsOneLess, plan.truncatesFrom != nil, batch.entryCount == 0 {
                var less = WriteBatch()
                less.truncate(from: (batch.truncation ?? 0) + 1)
                guard
                    let plan = try? less.plan(
                        on: log.state, capabilities: capabilities, termAt: { _ in 0 })
                else { return }
                log.apply(less, plan)
                return
            }
            log.apply(batch, plan)
            let end = log.entries.count - 1
            if mutation == .swapsEntries, batch.entryCount == 1, end > 0, end % 2 == 1 {
                let payload = log.entries[end].payload
                log.entries[end].payload = log.entries[end - 1].payload
                log.entries[end - 1].payload = payload
            }
        }
    }

    func sync() throws(LogStoreError) {
        let pending = try beginSync()
        try pending.perform()
        try endSync(pending, .success(()))
    }

    func beginSync() throws(LogStoreError) -> any PendingSync {
        if let obstacle { throw obstacle }
        var log = try contents.change { (log) throws(LogStoreError) in log }
        switch mutation {
        case .beginsLate: swap(&log, &earlier)
        case .leavesMetadataOut:
            if log.entries.count == earlier.entries.count { log.metadata = earlier.metadata }
            earlier = log
        default: break
        }
        isSyncing = true
        return Pending(
            log: log, disk: mutation == .performsNothing ? nil : disk, path: path)
    }

    func endSync(
        _ finished: any PendingSync, _ outcome: Result<Void, LogStoreError>
    ) throws(LogStoreError) {
        isSyncing = false
        guard let finished = finished as? Pending else {
            throw .invalidArgument("the sync was begun by another store")
        }
        if case .failure(let error) = outcome {
            obstacle = .poisoned(by: error.cause)
            throw .poisoned(by: error.cause)
        }
        try contents.change { (log) throws(LogStoreError) in
            let synced = mutation == .endsTooFar ? log.state.last : finished.log.state.last
            guard let synced, let last = log.state.last else { return }
            log.state.durable = synced.index <= last.index ? synced : last
        }
    }

    func close() throws(LogStoreError) {
        guard !contents.isClosed else { return }
        defer {
            contents.close()
            if mutation != .keepsLock { disk.release(path) }
        }
        try sync()
    }

    // MARK: - Reading

    var state: LogState { contents.log.state }

    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R { try contents.withEntry(at: index, body) }

    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try contents.visitEntries(in: range, maxByteCount: maxByteCount, body)
    }

    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try contents.metadata(for: key)
    }

    func metadataKeys() throws(LogStoreError) -> [MetadataKey] { try contents.metadataKeys() }

    func makeReader() -> sending any LogReader {
        SplitReader(contents, readers, isSnapshot: mutation == .showsSnapshots)
    }

    /// The slow half of a sync; on no disk, it does nothing.
    private struct Pending: PendingSync {
        let log: ReferenceLog
        let disk: ReferenceDisk?
        let path: String

        func perform() throws(LogStoreError) { disk?.save(log, at: path) }
    }
}

/// How many readers are reading.
private final class ReaderCount: Sendable {
    private let storage = Mutex(0)

    var count: Int { storage.withLock { $0 } }

    func add(_ number: Int) { storage.withLock { $0 += number } }
}

/// A reader of a ``SplitStore``.
private final class SplitReader: LogReader {
    private let live: ReferenceContents
    private let contents: ReferenceContents
    private let readers: ReaderCount
    private let isSnapshot: Bool

    init(_ contents: ReferenceContents, _ readers: ReaderCount, isSnapshot: Bool) {
        live = contents
        self.contents = isSnapshot ? ReferenceContents(contents.log) : contents
        self.readers = readers
        self.isSnapshot = isSnapshot
    }

    var state: LogState { contents.log.state }

    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        readers.add(1)
        defer { readers.add(-1) }
        return try contents.withEntry(at: index, body)
    }

    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try contents.visitEntries(in: range, maxByteCount: maxByteCount, body)
    }

    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try contents.metadata(for: key)
    }

    func metadataKeys() throws(LogStoreError) -> [MetadataKey] { try contents.metadataKeys() }

    func makeReader() -> sending any LogReader {
        SplitReader(live, readers, isSnapshot: isSnapshot)
    }
}

/// Threads that stores leave behind, until the test is over.
final class LeakedThreads: Sendable {
    private let end = DispatchSemaphore(value: 0)
    private let count = Mutex(0)

    func leakOne() {
        count.withLock { $0 += 1 }
        Thread.detachNewThread { [end] in end.wait() }
    }

    func endAll() {
        for _ in 0..<count.withLock({ $0 }) { end.signal() }
    }
}
