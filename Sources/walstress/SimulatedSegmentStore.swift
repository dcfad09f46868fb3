import Conformance
import SegmentBackend
import WALProtocol

/// The segment store on a disk of the kit's, with the smallest segments.
enum SimulatedSegmentStore {
    static let opening = opening(cacheByteCount: 64 << 10)

    static func opening(
        cacheByteCount: Int, segmentByteCount: Int = 8 << 10,
        randomNumbers: @escaping @Sendable () -> UInt64 = { 0x5eed }
    ) -> SimulatedOpening {
        { path, fileSystem, executor in
            var options = SegmentStore.Options()
            options.minimumSegmentByteCount = segmentByteCount
            options.maximumSegmentByteCount = segmentByteCount
            options.cacheByteCount = cacheByteCount
            options.fileSystem = fileSystem
            options.executor = executor
            options.randomNumbers = randomNumbers
            return try SegmentStore(at: path, options: options)
        }
    }
}
