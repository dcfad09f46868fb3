import LMDBBackend
import SegmentBackend

/// Opens a store with the backend that a configuration names, creating it if there is none.
///
/// If the environment variable `RAFT_WAL_VERIFY` is `1` (or `true`, `yes`, `on`), every byte is
/// checked first, whatever the configuration says: for an operator who does not trust a disk any
/// more and cannot change the program. Empty, `0`, `false`, `no` and `off` leave it to the
/// configuration.
///
/// - Parameters:
///   - path: The store's directory; missing parents are created.
///   - configuration: Backend and options.
/// - Returns: a store to be moved into the actor or thread that owns it.
/// - Throws: `invalidArgument` for a backend that was not built in, for options out of range, for a
///   directory that holds another backend's store, and for a variable that makes no sense; what
///   opening the store throws.
public func openLogStore(
    at path: String, _ configuration: StoreConfiguration = StoreConfiguration()
) throws(LogStoreError) -> sending any LogStore {
    if let present = Backend.detect(at: path), present != configuration.backend {
        throw .invalidArgument(
            "\(path) holds a store of the backend \(present.rawValue), "
                + "not of \(configuration.backend.rawValue)")
    }
    let isForced = try VerificationSetting.isForced()
    let verifies = isForced || configuration.verifiesOnOpen
    switch configuration.backend {
    case .segment:
        var options = SegmentStore.Options()
        options.verifiesOnOpen = verifies
        options.access = configuration.access
        options.policy = configuration.policy
        if let size = configuration.maximumSegmentByteCount {
            options.maximumSegmentByteCount = size
            options.minimumSegmentByteCount = min(options.minimumSegmentByteCount, size)
        }
        if let size = configuration.cacheByteCount { options.cacheByteCount = size }
        return try SegmentStore(at: path, options: options)
    case .lmdb:
        #if LMDB
            guard configuration.policy == .strict else {
                throw .invalidArgument("the backend lmdb only knows the policy strict")
            }
            var options = LMDBStore.Options()
            options.verifiesOnOpen = verifies
            options.access = configuration.access
            return try LMDBStore(at: path, options: options)
        #else
            throw .notBuiltIn(.lmdb)
        #endif
    }
}

extension Backend {
    /// Reads and checks every byte of a store, without changing anything.
    ///
    /// Takes no lock and works beside a live writer. Segments are checked on all processors, at
    /// the speed of the disk unless the options say otherwise; LMDB's one file by one thread.
    ///
    /// - Returns: what was found, all of it; damage is listed, not thrown, as far as anything can
    ///   be read.
    /// - Throws: `unavailable` if there is no store; `unsupportedFormat`, `io`; `invalidArgument`
    ///   if the backend was not built in.
    /// - Complexity: O(bytes).
    public func verify(
        at path: String, options: VerificationOptions = VerificationOptions()
    ) throws(LogStoreError) -> VerificationReport {
        switch self {
        case .segment: return try SegmentStore.verify(at: path, options: options)
        case .lmdb:
            #if LMDB
                return try LMDBStore.verify(at: path, options: options)
            #else
                throw .notBuiltIn(self)
            #endif
        }
    }

    /// Describes a store's directory, without changing anything.
    ///
    /// - Returns: what can be told; of a damaged store with all that is wrong.
    /// - Throws: `unavailable` if there is no store; `unsupportedFormat`, `io`; `invalidArgument`
    ///   if the backend was not built in.
    /// - Complexity: O(bytes).
    public func describe(at path: String) throws(LogStoreError) -> StoreDescription {
        switch self {
        case .segment: return try SegmentStore.describe(at: path)
        case .lmdb:
            #if LMDB
                return try LMDBStore.describe(at: path)
            #else
                throw .notBuiltIn(self)
            #endif
        }
    }
}

extension LogStoreError {
    static func notBuiltIn(_ backend: Backend) -> LogStoreError {
        .invalidArgument(
            "the backend \(backend.rawValue) is not built in; enable the package's trait LMDB")
    }
}
