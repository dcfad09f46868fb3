import LMDBBackend
import SegmentBackend

/// The stores that this package brings.
public enum Backend: String, CaseIterable, Hashable, Sendable {
    /// The native log of segment files.
    case segment
    /// The baseline on liblmdb; only there if the package was built with the trait `LMDB`.
    case lmdb

    /// The backends that were built in.
    public static var available: [Backend] {
        #if LMDB
            [.segment, .lmdb]
        #else
            [.segment]
        #endif
    }

    /// The backend whose store a directory holds; `nil` if it holds none, or cannot be read.
    ///
    /// Changes nothing.
    public static func detect(at path: String) -> Backend? {
        if SegmentStore.exists(at: path) { return .segment }
        #if LMDB
            if LMDBStore.exists(at: path) { return .lmdb }
        #endif
        return nil
    }
}
