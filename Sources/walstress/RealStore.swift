import ArgumentParser
import LMDBBackend
import SegmentBackend
import WALProtocol

/// A store of either kind in a directory of the real disk.
enum RealStore {
    /// Opens it, and makes it if there is none.
    static func open(
        _ backend: DamageCommand.Store, at path: String
    ) throws -> sending any LogStore {
        switch backend {
        case .segment:
            var options = SegmentStore.Options()
            // Small ones, so that writers die while they go from one to the next.
            options.minimumSegmentByteCount = 256 << 10
            options.maximumSegmentByteCount = 1 << 20
            return try SegmentStore(at: path, options: options)
        case .lmdb:
            #if LMDB
                return try LMDBStore(at: path)
            #else
                throw ValidationError("lmdb is not built in")
            #endif
        }
    }

    /// Checks every byte of a closed one.
    static func verify(
        _ backend: DamageCommand.Store, at path: String
    ) throws -> VerificationReport {
        switch backend {
        case .segment: return try SegmentStore.verify(at: path)
        case .lmdb:
            #if LMDB
                return try LMDBStore.verify(at: path)
            #else
                throw ValidationError("lmdb is not built in")
            #endif
        }
    }
}
