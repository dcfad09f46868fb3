import ArgumentParser
import RaftWAL
import SegmentBackend

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The store that a command works on.
struct StoreOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The store's directory.", valueName: "dir"),
        completion: .directory)
    var path: String

    @OptionGroup var backendOptions: BackendOptions
}

/// A store's place, and how to open it.
struct StoreLocation {
    /// The smallest segment that a store takes; smaller numbers are raised to it.
    static let minimumSegmentByteCount: UInt64 = 8 << 10

    /// How often a store is inspected whose files vanish under the inspection.
    private static let inspectionLimit = 10

    let path: String
    let backend: Backend
    private let segmentByteCount: Int?

    /// Puts together what was said before the command and after it, where the latter counts.
    ///
    /// - Throws: `Failure` with status `usage` if the size of the segments cannot be read, or the
    ///   directory holds another backend's store.
    init(_ options: StoreOptions, _ root: WalctlCommand) throws(Failure) {
        path = options.path
        let wanted = options.backendOptions.backend ?? root.backendOptions.backend
        let present = Backend.detect(at: path)
        if let wanted, let present, wanted != present {
            throw Failure(
                .usage, "\(path) holds a store of the backend \(present), not of \(wanted)")
        }
        backend = wanted ?? present ?? .segment
        segmentByteCount = try Self.segmentByteCount(options.backendOptions, root)
    }

    /// The largest segment that was asked for; `nil` for the backend's own.
    ///
    /// - Throws: `Failure` with status `usage` if it cannot be read.
    static func segmentByteCount(
        _ options: BackendOptions, _ root: WalctlCommand
    ) throws(Failure) -> Int? {
        var size = options.segmentBytes ?? root.backendOptions.segmentBytes
        if size == nil, let text = getenv("WALCTL_SEG").map({ String(cString: $0) }), !text.isEmpty
        {
            guard let value = UInt64(text) else {
                throw Failure(.usage, "WALCTL_SEG has to be a number of bytes, not '\(text)'")
            }
            size = value
        }
        return size.map { Int(clamping: max($0, minimumSegmentByteCount)) }
    }

    /// Opens the store as it is.
    ///
    /// Takes no lock and creates nothing.
    func openForReading() throws(LogStoreError) -> any LogStore {
        var configuration = StoreConfiguration(backend)
        configuration.access = .readOnly
        return try openLogStore(at: path, configuration)
    }

    /// Opens another replica's store for reading; of a damaged one, what can be read.
    static func openReplica(at path: String) throws(LogStoreError) -> any LogReading {
        try (Backend.detect(at: path) ?? .segment).openSalvaged(at: path).log
    }

    /// Looks at the store's files, again if a writer removed one of them meanwhile.
    func inspect<R>(
        _ body: (Backend, String) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        var attempts = 0
        while true {
            do throws(LogStoreError) {
                return try body(backend, path)
            } catch {
                attempts += 1
                guard error.cause?.errno == ENOENT, attempts < Self.inspectionLimit else {
                    throw error
                }
            }
        }
    }

    /// Opens or creates the store, runs `body`, and closes the store whatever happens.
    func write(_ body: (any LogStore) throws -> Void) throws {
        var configuration = StoreConfiguration(backend)
        configuration.maximumSegmentByteCount = segmentByteCount
        let store = try openLogStore(at: path, configuration)
        do {
            try body(store)
        } catch {
            // The first failure is the one to report; closing keeps what was acknowledged.
            do throws(LogStoreError) { try store.close() } catch {}
            throw error
        }
        try store.close()
    }
}
