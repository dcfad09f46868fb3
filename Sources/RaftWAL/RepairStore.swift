import LMDBBackend
import SegmentBackend

extension Backend {
    /// Repairs a damaged store in place, or says what that would do.
    ///
    /// Nothing is ever deleted: what leaves the store is in its directory `quarantine`. What neither
    /// the files nor another replica can bring back is let go of only if the caller accepts that.
    ///
    /// - Parameters:
    ///   - path: The store's directory.
    ///   - mode: Whether to change anything.
    ///   - replica: The same log on another replica, to take lost entries from.
    /// - Throws: `unavailable` if there is no store; `locked`, `unsupportedFormat`, `corrupt` if there
    ///   is nothing to start from; `positionConflict` if the replica's log is another one;
    ///   `readOnly`, `noSpace`, `io`; `invalidArgument` if the backend was not built in.
    public func repair(
        at path: String, _ mode: RepairMode, from replica: (any LogReading)? = nil
    ) throws(LogStoreError) -> RepairReport {
        switch self {
        case .segment: return try SegmentStore.repair(at: path, mode, from: replica)
        case .lmdb:
            #if LMDB
                return try LMDBStore.repair(at: path, mode, from: replica)
            #else
                throw .notBuiltIn(self)
            #endif
        }
    }
}
