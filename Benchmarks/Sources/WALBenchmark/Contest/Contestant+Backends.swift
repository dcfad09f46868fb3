import LMDBBackend
import SegmentBackend
import WALProtocol

extension Contestant {
    /// Every backend and configuration of this package, as far as it is built in.
    public static var all: [Contestant] {
        var list = [segment]
        #if LMDB
            list += [lmdb, lmdbWithoutSync]
        #endif
        return list
    }

    /// The backend that the others are held against.
    public static let baselineName = "lmdb"

    static var segment: Contestant {
        Contestant(
            "segment", type: SegmentStore.self,
            verify: { (path) throws(LogStoreError) in try SegmentStore.verify(at: path) }
        ) { (path, cache) throws(LogStoreError) in
            var options = SegmentStore.Options()
            if let cache { options.cacheByteCount = cache }
            return try SegmentStore(at: path, options: options)
        }.reading(with: SegmentReader.self)
    }

    #if LMDB
        static var lmdb: Contestant {
            Contestant(
                baselineName, type: LMDBStore.self,
                verify: { (path) throws(LogStoreError) in try LMDBStore.verify(at: path) }
            ) { (path, _) throws(LogStoreError) in
                try LMDBStore(at: path, options: LMDBStore.Options())
            }
        }

        /// What LMDB does when it is told not to sync: no figure of it is durable.
        static var lmdbWithoutSync: Contestant {
            Contestant("lmdb:nosync", isDurable: false, type: LMDBStore.self) {
                (path, _) throws(LogStoreError) in
                var options = LMDBStore.Options()
                options.durability = .noSync
                return try LMDBStore(at: path, options: options)
            }
        }
    #endif
}
