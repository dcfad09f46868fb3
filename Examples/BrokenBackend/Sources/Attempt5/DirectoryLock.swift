import Foundation
import Synchronization
import WALProtocol

/// One owner for a directory, in this process and in others; gone with its owner.
final class DirectoryLock: Sendable {
    private let descriptor: Mutex<Int32?>

    /// Makes the directory, and takes it.
    ///
    /// - Throws: `locked`; `readOnly`; `io`.
    init(creating path: String) throws(LogStoreError) {
        try Self.makeDirectories(path)
        let file = path + "/LOCK"
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw LogStoreError(SystemCallError(call: "open", errno: errno, path: file))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .locked(path: path)
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    func release() {
        descriptor.withLock {
            if let number = $0 {
                // To close it is not enough: a process that is being started has it for a moment.
                flock(number, LOCK_UN)
                close(number)
            }
            $0 = nil
        }
    }

    /// Makes a directory and those above it, durably.
    private static func makeDirectories(_ path: String) throws(LogStoreError) {
        let ends = path.indices.dropFirst().filter { path[$0] == "/" } + [path.endIndex]
        for end in ends {
            let directory = String(path[..<end])
            if mkdir(directory, 0o755) == 0 {
                try sync((directory as NSString).deletingLastPathComponent)
            } else if errno != EEXIST {
                throw LogStoreError(SystemCallError(call: "mkdir", errno: errno, path: path))
            }
        }
    }

    /// Makes the names in a directory durable.
    static func sync(_ path: String) throws(LogStoreError) {
        let path = path.isEmpty ? "." : path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw LogStoreError(SystemCallError(call: "open", errno: errno, path: path))
        }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw LogStoreError(SystemCallError(call: "fsync", errno: errno, path: path))
        }
    }
}
