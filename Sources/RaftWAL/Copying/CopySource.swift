import LMDBBackend
import SegmentBackend

/// A store that entries are copied from, beside a live writer.
struct CopySource {
    /// The log as of one moment.
    struct Picture {
        /// Reads the entries; beside a writer some of them may be gone by now.
        var store: any LogStore
        var state: LogState
        var metadata: [MetadataKey: [UInt8]]
        /// Whether every entry of the moment that is still there is the same.
        var isValid: () throws(LogStoreError) -> Bool
    }

    let path: String
    let backend: Backend
    let number: StoreNumber

    /// - Throws: what opening the store for reading throws.
    init(at path: String, _ backend: Backend) throws(LogStoreError) {
        self.path = path
        self.backend = backend
        switch backend {
        case .segment: number = try SegmentCopy.number(of: path)
        case .lmdb:
            #if LMDB
                number = try Self.openLMDB(path).picture().number
            #else
                throw .notBuiltIn(backend)
            #endif
        }
    }

    /// Looks at the log.
    func picture() throws(LogStoreError) -> Picture {
        switch backend {
        case .segment:
            var options = SegmentStore.Options()
            options.access = .readOnly
            let store = try SegmentStore(at: path, options: options)
            let metadata = Dictionary(try store.allMetadata()) { $1 }
            // What it reads from is never written again.
            return Picture(store: store, state: store.state, metadata: metadata) { true }
        case .lmdb:
            #if LMDB
                let store = try Self.openLMDB(path)
                let picture = try store.picture()
                return Picture(store: store, state: picture.state, metadata: picture.metadata) {
                    () throws(LogStoreError) in
                    try store.picture().truncationCount == picture.truncationCount
                }
            #else
                throw .notBuiltIn(backend)
            #endif
        }
    }

    #if LMDB
        private static func openLMDB(_ path: String) throws(LogStoreError) -> LMDBStore {
            var options = LMDBStore.Options()
            options.access = .readOnly
            return try LMDBStore(at: path, options: options)
        }
    #endif
}
