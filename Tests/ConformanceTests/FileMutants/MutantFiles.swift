@testable import Conformance
import Foundation
import SegmentBackend
import Synchronization
import WALProtocol

/// The files of a mutant: what it does wrong with them, and how often it synced.
struct MutantFiles: Sendable {
    let mutation: FileMutation?
    let syncCount: Shared<UInt64>
    /// Files that are never closed.
    private let leaked = Leaked()

    init(_ mutation: FileMutation?, _ syncCount: Shared<UInt64>) {
        self.mutation = mutation
        self.syncCount = syncCount
    }

    var fileSystem: any FileSystem {
        let mutation = mutation
        let syncCount = syncCount
        let files = SyncInterceptor(POSIXFileSystem()) { (file) throws(SystemCallError) in
            if mutation == .syncsNothing { return }
            syncCount.update { $0 += 1 }
            try file.sync()
        }
        return mutation == .keepsFiles ? KeepingFileSystem(files: files) : files
    }

    func leak(_ path: String) { leaked.keep(open(path, O_RDONLY | O_CLOEXEC)) }

    private final class Leaked: Sendable {
        private let descriptors = Mutex<[Int32]>([])

        func keep(_ descriptor: Int32) { descriptors.withLock { $0.append(descriptor) } }

        deinit { descriptors.withLock { for descriptor in $0 { close(descriptor) } } }
    }
}

/// A file system from which nothing can be removed.
private struct KeepingFileSystem: FileSystem {
    let files: any FileSystem

    func open(_ path: String, _ mode: FileOpenMode) throws(SystemCallError) -> any File {
        try files.open(path, mode)
    }
    func list(_ directory: String) throws(SystemCallError) -> [String] {
        try files.list(directory)
    }
    func kind(of path: String) throws(SystemCallError) -> FileKind? { try files.kind(of: path) }
    func createDirectory(_ path: String) throws(SystemCallError) {
        try files.createDirectory(path)
    }
    func syncDirectory(_ path: String) throws(SystemCallError) { try files.syncDirectory(path) }
    func rename(_ path: String, to newPath: String) throws(SystemCallError) {
        try files.rename(path, to: newPath)
    }
    func remove(_ path: String) throws(SystemCallError) {}
    func lock(_ path: String) throws(SystemCallError) -> (any FileLock)? { try files.lock(path) }
}
