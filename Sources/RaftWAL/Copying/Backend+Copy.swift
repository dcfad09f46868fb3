import LMDBBackend
import SegmentBackend

extension Backend {
    /// Copies a store of this backend to another directory, whole and as of one moment, while its
    /// writer goes on.
    ///
    /// Nothing of the source is changed, and no lock is taken. A copy of segments as segments shares
    /// sealed files with the source where the file system can, and is otherwise made of real bytes;
    /// every other copy is made entry by entry. Every byte of the copy is read back and checked, and
    /// positions, metadata and entries are compared, before it becomes a store.
    ///
    /// The copy keeps the identity of the source: it is the same replica's log. Two writers must not
    /// both go on as that replica.
    ///
    /// A copy that is interrupted, by a crash or a full disk, is continued by copying again. Until
    /// then no store opens the directory.
    ///
    /// - Parameters:
    ///   - path: The store's directory.
    ///   - target: A directory that is not there, is empty, or holds the same copy, unfinished.
    ///   - options: How to copy.
    ///   - progress: Called now and then.
    /// - Throws: about the source `unavailable`, `corrupt`, `unsupportedFormat` and `io`; about the
    ///   target `invalidArgument` if something else is there, `locked` if somebody else makes the
    ///   same copy, `noSpace`, `readOnly`, `io`.
    /// - Complexity: O(bytes).
    public func copy(
        at path: String, to target: String, options: CopyOptions = CopyOptions(),
        progress: @escaping (CopyProgress) -> Void = { _ in }
    ) throws(LogStoreError) -> CopyReport {
        let backend = options.backend ?? self
        guard Self.available.contains(backend) else { throw .notBuiltIn(backend) }
        let source = try CopySource(at: path, self)
        let number = source.number.text
        let directory = try CopyDirectory(
            target, label: "copy of store \(number) as \(backend.rawValue)\n")
        var report = CopyReport(sourceBackend: self, backend: backend, storeID: number)
        report.isResumed = directory.isResumed
        if try !Self.calling({ () throws(SystemCallError) in try directory.isWhole }) {
            if self == .segment, backend == .segment {
                try copyFiles(from: path, to: directory.staging, options, progress, &report)
            } else {
                try copyEntries(of: source, to: directory.staging, options, progress, &report)
            }
            try Self.calling(directory.noteWhole)
        }
        try Self.calling(directory.finish)
        // What an earlier attempt had checked is described as it is.
        var configuration = StoreConfiguration(backend)
        configuration.access = .readOnly
        let copy = try openLogStore(at: target, configuration)
        report.state = copy.state
        report.metadataKeys = try copy.metadataKeys()
        try copy.close()
        return report
    }

    static func calling<R>(
        _ body: () throws(SystemCallError) -> R
    ) throws(LogStoreError) -> R {
        do throws(SystemCallError) { return try body() } catch { throw LogStoreError(error) }
    }

    private func copyFiles(
        from path: String, to staging: String, _ options: CopyOptions,
        _ progress: (CopyProgress) -> Void, _ report: inout CopyReport
    ) throws(LogStoreError) {
        let copy = SegmentCopy(from: path, to: staging, isSharing: options.sharesFiles)
        let result = try copy.run {
            progress(CopyProgress(unit: .bytes, done: $0, total: $1))
        }
        report.clonedByteCount = result.clonedByteCount
        report.linkedByteCount = result.linkedByteCount
        report.copiedByteCount = result.copiedByteCount
        report.keptByteCount = result.keptByteCount
        report.verifiedByteCount = result.verifiedByteCount
    }

    private func copyEntries(
        of source: CopySource, to staging: String, _ options: CopyOptions,
        _ progress: @escaping (CopyProgress) -> Void, _ report: inout CopyReport
    ) throws(LogStoreError) {
        let store = try Self.openTarget(report.backend, staging, source.number, options)
        let result: EntryTransfer.Result
        do throws(LogStoreError) {
            var transfer = EntryTransfer(source, to: store, progress: progress)
            result = try transfer.run()
        } catch {
            // The first failure is the one to report; what was synced is there next time.
            do throws(LogStoreError) { try store.close() } catch {}
            throw error
        }
        try store.close()
        report.copiedByteCount = result.copiedByteCount
        report.keptByteCount = result.keptByteCount
        try Self.check(result, staging, &report)
    }

    private static func openTarget(
        _ backend: Backend, _ path: String, _ number: StoreNumber, _ options: CopyOptions
    ) throws(LogStoreError) -> any LogStore {
        switch backend {
        case .segment:
            var segments = SegmentStore.Options()
            if let size = options.maximumSegmentByteCount {
                segments.maximumSegmentByteCount = size
                segments.minimumSegmentByteCount = min(segments.minimumSegmentByteCount, size)
            }
            segments.number = number
            return try SegmentStore(at: path, options: segments)
        case .lmdb:
            #if LMDB
                var lmdb = LMDBStore.Options()
                lmdb.number = number
                return try LMDBStore(at: path, options: lmdb)
            #else
                throw .notBuiltIn(backend)
            #endif
        }
    }

    /// Reads every byte of the copy, and compares what is in it with what was copied.
    private static func check(
        _ result: EntryTransfer.Result, _ staging: String, _ report: inout CopyReport
    ) throws(LogStoreError) {
        let verification = try report.backend.verify(at: staging)
        if let damage = verification.damages.first { throw damage }
        report.verifiedByteCount = verification.checkedByteCount
        var configuration = StoreConfiguration(report.backend)
        configuration.access = .readOnly
        let copy = try openLogStore(at: staging, configuration)
        let metadata = Dictionary(try copy.allMetadata()) { $1 }
        var digest = EntryDigest()
        if result.digest.end > result.digestStart {
            try copy.visitEntries(in: result.digestStart..<result.digest.end) {
                (header, payload) in digest.add(header, payload)
            }
        }
        let state = copy.state
        try copy.close()
        guard state.isSameLog(as: result.state), metadata == result.metadata,
            digest == result.digest
        else {
            throw .corrupt("the copy does not hold what was copied", file: staging)
        }
    }
}
