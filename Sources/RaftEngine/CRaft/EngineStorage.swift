#if CRaft
    package import WALProtocol

    /// What stands between the engine and a replica's storage: who does the work, and when.
    ///
    /// The engine calls everything on its own thread. Completions come on that thread, never before
    /// the call returns, and in the order of the calls.
    package protocol EngineStorage: AnyObject {
        typealias Completion<Value> = (Result<Value, LogStoreError>) -> Void

        /// What the store can take.
        var capabilities: LogStoreCapabilities { get }

        /// Runs something on the storage at once and waits for it; what it wrote is durable then.
        func perform<R: Sendable>(
            _ body: @escaping @Sendable (ReplicaStorage) throws(LogStoreError) -> R
        ) throws(LogStoreError) -> R
        /// Appends entries; completes when they are durable.
        func append(_ entries: WriteBatch, _ completion: @escaping Completion<Void>)
        /// Drops entries, in order with the appends.
        func truncate(from index: LogIndex)
        /// Saves a snapshot; completes when it is durable.
        func save(_ snapshot: Snapshot, _ completion: @escaping Completion<Void>)
        /// Drops what a saved snapshot covers but for the last `trailing` entries of it, in order
        /// with the appends; everything if `nil`, and the log goes on after the snapshot.
        func drop(
            behind snapshot: LogPosition, trailing: UInt64?,
            _ completion: @escaping Completion<Void>)
        /// Reads the newest snapshot.
        func readSnapshot(_ completion: @escaping Completion<Snapshot?>)
        /// Completes when nothing is under way any more.
        func drain(_ completion: @escaping () -> Void)
    }
#endif
