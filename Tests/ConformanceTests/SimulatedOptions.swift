import Conformance
import SegmentBackend
import WALProtocol

extension SegmentStore.Options {
    /// For small segments on a simulated disk, the same in every run.
    static func simulated(
        _ disk: any FileSystem, _ executor: any BackgroundExecutor = InlineExecutor()
    ) -> SegmentStore.Options {
        var options = SegmentStore.Options()
        options.fileSystem = disk
        options.executor = executor
        options.randomNumbers = { 42 }
        options.minimumSegmentByteCount = 8192
        options.maximumSegmentByteCount = 8192
        return options
    }
}
