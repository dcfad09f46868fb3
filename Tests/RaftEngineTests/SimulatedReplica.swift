import Conformance
import RaftEngine
import SegmentBackend

/// A replica's storage on a simulated disk.
enum SimulatedReplica {
    static let path = "/node"

    /// Opens it, or makes it.
    static func open(on disk: SimulatedDisk) throws -> ReplicaStorage {
        if try disk.kind(of: path) == nil {
            // Its directory was there, durably, before the replica.
            try disk.createDirectory(path)
            try disk.syncDirectory("/")
        }
        var options = SegmentStore.Options()
        options.fileSystem = disk
        options.executor = InlineExecutor()
        options.minimumSegmentByteCount = 8 << 10
        return ReplicaStorage(
            try SegmentStore(at: path + "/log", options: options), snapshots: snapshots(on: disk))
    }

    static func snapshots(on disk: SimulatedDisk) -> SnapshotDirectory {
        SnapshotDirectory(at: path, fileSystem: disk)
    }
}
