/// A store whose sync can run beside appends: one `fdatasync` takes as long as 5,000 of them.
public protocol SplitSync: LogStore {
    /// Hands everything written to the operating system and names what has to reach the disk.
    ///
    /// - Throws: as ``LogStore/flush()``.
    func beginSync() throws(LogStoreError) -> any PendingSync

    /// Ends a sync that was performed: advances ``LogState/durable``, or poisons the store.
    ///
    /// - Throws: the failure of `outcome`, as `poisoned` from then on.
    func endSync(
        _ finished: any PendingSync, _ outcome: Result<Void, LogStoreError>
    ) throws(LogStoreError)
}

/// The slow half of a sync, to be performed on any thread while the owner goes on appending.
public protocol PendingSync: Sendable {
    /// Waits until everything named has reached the disk.
    ///
    /// - Throws: `io` or `noSpace`; to be handed to ``SplitSync/endSync(_:_:)``.
    func perform() throws(LogStoreError)
}
