import LMDBBackend
import SegmentBackend

/// A damaged log, opened for reading what is left of it.
public struct SalvagedStore {
    /// The log with its holes: a lost entry is `corrupt` when it is read.
    public let log: any LogReading
    /// What is lost, and what a replica with this log may promise.
    public let report: RecoveryReport
}

/// What a salvage copied, and what it could not.
public struct SalvageReport: Sendable {
    /// Entries behind each other, and the store they were copied to.
    public struct Run: Hashable, Sendable {
        /// The indexes.
        public var indexes: Range<LogIndex>
        /// The directory of the new store.
        public var path: String
    }

    /// What was copied, ascending.
    public internal(set) var runs: [Run] = []
    /// What could not be read.
    public internal(set) var lost: [LostRange] = []
    /// The metadata keys that were copied.
    public internal(set) var metadataKeys: [MetadataKey] = []
    /// What the source is.
    public internal(set) var source = RecoveryReport()
    /// Every damage of the source, with file, offset and, where known, index.
    public internal(set) var damages: [LogStoreError] = []
    /// Where the log in the new directory begins and ends.
    public internal(set) var state = LogState()

    /// The number of entries that were copied.
    public var entryCount: UInt64 {
        runs.reduce(0) { $0 + $1.indexes.upperBound - $1.indexes.lowerBound }
    }
}

extension Backend {
    /// Opens what is left of a store, for reading.
    ///
    /// Changes nothing and takes no lock.
    ///
    /// - Throws: `unavailable` if there is no store; `corrupt` if there is nothing to start from;
    ///   `unsupportedFormat`, `io`; `invalidArgument` if the backend was not built in.
    /// - Complexity: O(bytes).
    public func openSalvaged(at path: String) throws(LogStoreError) -> SalvagedStore {
        switch self {
        case .segment:
            var options = SegmentStore.Options()
            options.access = .readOnly
            options.policy = .salvage
            let store = try SegmentStore(at: path, options: options)
            return SalvagedStore(log: store, report: store.recoveryReport)
        case .lmdb:
            #if LMDB
                let salvage = try LMDBSalvage(at: path)
                return SalvagedStore(log: salvage, report: salvage.recoveryReport)
            #else
                throw .notBuiltIn(self)
            #endif
        }
    }

    /// Copies everything that can still be read of a store into new ones.
    ///
    /// A log has no holes. What stands before the first lost entry becomes the store in `target`,
    /// with the compacted position and the metadata: what ``repair(at:_:from:)`` would leave. Each
    /// run of entries behind it becomes a store of its own, `target/run-FIRST-LAST`. If the very
    /// first entry is lost, the log in `target` is empty. Every new store was closed and checked.
    ///
    /// - Parameters:
    ///   - path: The source, which is only read: no lock, no change.
    ///   - target: A directory that does not exist or is empty.
    ///   - backend: What the new stores are.
    ///   - onProgress: Called with the number of entries copied so far, and of all.
    /// - Throws: as ``openSalvaged(at:)``; `invalidArgument` if the target holds anything or lies in
    ///   the source; what
    ///   writing throws.
    public func salvage(
        at path: String, to target: String, as backend: Backend,
        onProgress: (UInt64, UInt64) -> Void = { _, _ in }
    ) throws(LogStoreError) -> SalvageReport {
        let source = try openSalvaged(at: path)
        if let obstacle = try SalvageTarget.obstacle(at: target, source: path) {
            throw .invalidArgument("\(target) \(obstacle): give a directory that is new or empty")
        }
        var report = SalvageReport()
        report.source = source.report
        report.lost = source.report.lostRanges
        report.damages = try verify(at: path).damages
        let runs = source.log.runs(without: report.lost)
        let total = runs.reduce(0) { $0 + $1.upperBound - $1.lowerBound }
        let start = source.log.state.first
        var done: UInt64 = 0
        // The main one is made even if it stays empty: it holds the vote.
        let isMainEmpty = runs.first?.lowerBound != start
        for run in (isMainEmpty ? [0..<0] : []) + runs {
            let isMain = report.runs.isEmpty && (run.isEmpty || run.lowerBound == start)
            let name = isMain ? target : "\(target)/run-\(run.lowerBound)-\(run.upperBound - 1)"
            let state = try backend.copy(source.log, run, to: name, isMain: isMain) {
                onProgress(done + $0, total)
            }
            done += run.upperBound - run.lowerBound
            if isMain { report.state = state }
            if !run.isEmpty { report.runs.append(.init(indexes: run, path: name)) }
        }
        report.metadataKeys = try source.log.metadataKeys()
        return report
    }

    /// Copies a run of entries to a new store, and checks that.
    private func copy(
        _ log: any LogReading, _ run: Range<LogIndex>, to path: String, isMain: Bool,
        onProgress: (UInt64) -> Void
    ) throws(LogStoreError) -> LogState {
        let store = try openLogStore(at: path, StoreConfiguration(self))
        do throws(LogStoreError) {
            if isMain, let compacted = log.state.compacted { try store.reset(to: compacted) }
            try store.copyEntries(run, of: log, onProgress: onProgress)
            if isMain {
                var batch = WriteBatch()
                for (key, value) in try log.allMetadata() { batch.setMetadata(value, for: key) }
                try store.write(batch)
            }
        } catch {
            // The first failure is the one to report.
            do throws(LogStoreError) { try store.close() } catch {}
            throw error
        }
        try store.close()
        let found = try verify(at: path)
        if let damage = found.damages.first { throw damage }
        guard found.state.count == run.upperBound - run.lowerBound else {
            throw .corrupt("the copy does not hold what was written", file: path)
        }
        return found.state
    }
}
