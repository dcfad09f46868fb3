import Conformance
import SegmentBackend
import WALProtocol

/// The segment store on a disk of the kit's, with the smallest segments.
enum SimulatedSegmentStore {
    static let opening: SimulatedOpening = { path, fileSystem, executor in
        var options = SegmentStore.Options()
        options.minimumSegmentByteCount = 8 << 10
        options.maximumSegmentByteCount = 8 << 10
        options.cacheByteCount = 64 << 10
        options.fileSystem = fileSystem
        options.executor = executor
        options.randomNumbers = { 0x5eed }
        return try SegmentStore(at: path, options: options)
    }
}
