import BackendConformance
import Conformance
import LMDBBackend
import SegmentBackend
import Synchronization
import WALProtocol

#if LMDB
    import CLMDB
#endif

extension Contestant {
    /// Those that a program brings along.
    static let added = Added()

    final class Added: Sendable {
        private let list = Mutex<[Contestant]>([])

        var value: [Contestant] {
            get { list.withLock { $0 } }
            set { list.withLock { $0 = newValue } }
        }
    }

    /// Every backend and configuration of this package, as far as it is built in, and what was added.
    static var all: [Contestant] {
        var list = [segment]
        #if LMDB
            list += [lmdb, lmdbWithoutSync]
        #endif
        return list + [memory] + added.value
    }

    /// The backend that the others are held against.
    static let baselineName = "lmdb"

    static var segment: Contestant {
        Contestant(
            "segment", type: SegmentStore.self,
            verify: { (path) throws(LogStoreError) in try SegmentStore.verify(at: path) },
            rules: { .segment(scratchDirectory: $0) }
        ) { (path, cache) throws(LogStoreError) in
            var options = SegmentStore.Options()
            if let cache { options.cacheByteCount = cache }
            return try SegmentStore(at: path, options: options)
        }.reading(with: SegmentReader.self)
    }

    /// The plainest store there is, which never leaves memory: what no disk can be faster than.
    static var memory: Contestant {
        Contestant("memory", isDurable: false, isOnDisk: false) {
            (path) throws(LogStoreError) in try ReferenceStore(at: path, on: ReferenceDisk())
        }
    }

    #if LMDB
        /// The version of the library that is loaded.
        private static var lmdbVersion: String {
            var major: Int32 = 0, minor: Int32 = 0, patch: Int32 = 0
            _ = mdb_version(&major, &minor, &patch)
            return "\(major).\(minor).\(patch)"
        }

        static var lmdb: Contestant {
            Contestant(
                baselineName, version: lmdbVersion, type: LMDBStore.self,
                verify: { (path) throws(LogStoreError) in try LMDBStore.verify(at: path) },
                rules: { .lmdb(scratchDirectory: $0) }
            ) { (path, _) throws(LogStoreError) in
                try LMDBStore(at: path, options: LMDBStore.Options())
            }
        }

        /// What LMDB does when it is told not to sync: no figure of it is durable.
        static var lmdbWithoutSync: Contestant {
            Contestant(
                "lmdb:nosync", isDurable: false, version: lmdbVersion, type: LMDBStore.self,
                rules: { .lmdb(durability: .noSync, scratchDirectory: $0) }
            ) {
                (path, _) throws(LogStoreError) in
                var options = LMDBStore.Options()
                options.durability = .noSync
                return try LMDBStore(at: path, options: options)
            }
        }
    #endif
}
