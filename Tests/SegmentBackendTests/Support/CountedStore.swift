import Conformance
import SegmentBackend
import WALProtocol

/// A store on a disk that counts; what it does in the background waits for ``finishBackground()``.
struct CountedStore {
    let store: SegmentStore
    let disk: CountingFileSystem
    let path: String
    /// What opening it asked for, background work apart.
    let opening: DiskTally
    private let executor = DeferredExecutor()

    init(at path: String, _ options: SegmentStore.Options = .init()) throws {
        disk = CountingFileSystem()
        self.path = path
        var options = options
        options.fileSystem = disk
        options.executor = executor
        store = try SegmentStore(at: path, options: options)
        opening = disk.tally
        executor.drain()
    }

    func finishBackground() { executor.drain() }

    /// Appends the next entries, of 128 bytes unless another size is named.
    func append(_ count: Int, byteCount: Int = 128) throws {
        let payload = [UInt8](repeating: 0xA5, count: byteCount)
        var next = store.state.next ?? 1
        for _ in 0..<count {
            try store.append(payload, at: LogPosition(term: 1, index: next))
            next += 1
        }
    }

    /// The background's work, and what it asked for.
    func countBackground() -> DiskTally { disk.counting { executor.drain() } }

    /// The calls of `body` and what they asked for.
    func counting(_ body: (SegmentStore) throws -> Void) rethrows -> DiskTally {
        try disk.counting { try body(store) }
    }
}

/// Runs `body` with a new store of the default options.
func withCountedStore(_ body: (CountedStore) throws -> Void) throws {
    try withTemporaryDirectory { try body(try CountedStore(at: $0)) }
}
