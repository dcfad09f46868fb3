public import WALProtocol

/// Syncs that run beside appends: what has to reach the disk is named, and waited for elsewhere.
extension SegmentStore: SplitSync {
    /// Hands everything written to the operating system and names what has to reach the disk.
    ///
    /// Several may be under way: each covers all that no finished one did, so that the end of any of
    /// them is proof by itself. ``sync()`` and ``close()`` do not wait for them.
    ///
    /// - Throws: as ``flush()``.
    public func beginSync() throws(LogStoreError) -> any PendingSync {
        try flush()
        let path = owedDirectorySync == nil ? nil : directory.path
        return SegmentSync(
            store: ObjectIdentifier(self), point: takeSyncPoint(),
            segments: dirty.map(\.segment), directory: path, fileSystem: options.fileSystem)
    }

    /// Ends a sync that was performed: advances ``LogState/durable``, or poisons the store.
    ///
    /// - Throws: `poisoned` if `outcome` is a failure or another sync failed meanwhile; `closed`;
    ///   `invalidArgument` if another store began the sync.
    public func endSync(
        _ finished: any PendingSync, _ outcome: Result<Void, LogStoreError>
    ) throws(LogStoreError) {
        guard let finished = finished as? SegmentSync, finished.store == ObjectIdentifier(self)
        else { throw .invalidArgument("the sync was begun by another store") }
        if let obstacle { throw obstacle }
        switch outcome {
        case .success: finishSync(finished.point)
        case .failure(let error):
            throw poison(error.code == .poisoned ? error : .poisoned(by: error.cause))
        }
    }
}

/// What a sync covers once it has succeeded.
struct SyncPoint: Sendable {
    /// Where the stream ended.
    var end: StreamOffset
    var last: LogPosition?
    /// Writes to files, and changes that took entries away, until then.
    var writeCount: UInt64
    var rewriteCount: UInt64
    var byteCount: Int
    /// What may be marked as sealed, and removed, afterwards.
    var sealed: [SealedSegment]
    var released: [Segment]
}

/// A segment with bytes that no finished sync covers.
struct WrittenSegment {
    var segment: Segment
    var lastWrite: UInt64
}

/// The slow half of a segment store's sync.
private struct SegmentSync: PendingSync {
    let store: ObjectIdentifier
    let point: SyncPoint
    let segments: [Segment]
    /// The directory, if a name in it is not durable yet.
    let directory: String?
    let fileSystem: any FileSystem

    func perform() throws(LogStoreError) {
        for segment in segments { try segment.sync() }
        guard let directory else { return }
        do throws(SystemCallError) {
            try fileSystem.syncDirectory(directory)
        } catch {
            throw .poisoned(by: error)
        }
    }
}
