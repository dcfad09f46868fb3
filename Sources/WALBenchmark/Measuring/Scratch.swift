import Foundation
import Synchronization
import WALProtocol

/// The directory that everything measured lives in, and that goes when the run ends.
final class Scratch: Sendable {
    /// The directory's path.
    let path: String
    private let createdParent: String?
    private let counter = Atomic<Int>(0)
    /// File systems that are mounted in the directory, and would outlive it.
    let mounts = Mutex<Set<String>>([])

    /// Makes a directory of its own inside `parent`, which is created if it is not there.
    ///
    /// - Throws: `readOnly`, `noSpace` or `io`, naming the directory.
    init(in parent: String) throws(LogStoreError) {
        createdParent = FileManager.default.fileExists(atPath: parent) ? nil : parent
        if createdParent != nil { try Self.create(parent) }
        path =
            parent + "/.walbench-\(getpid())-" + String(UInt32.random(in: .min ... .max), radix: 16)
        do throws(LogStoreError) {
            try Self.create(path)
        } catch {
            if let createdParent { rmdir(createdParent) }
            throw error
        }
    }

    /// A directory that belongs to somebody else: nothing is made, and nothing is to be removed.
    init(existing path: String) {
        self.path = path
        createdParent = nil
    }

    private static func create(_ path: String) throws(LogStoreError) {
        guard mkdir(path, 0o755) != 0 else { return }
        throw LogStoreError(SystemCallError(call: "mkdir", errno: errno, path: path))
    }

    /// A path that nothing has used yet.
    func fresh(_ name: String) -> String {
        let number = counter.add(1, ordering: .relaxed).newValue
        return path + "/\(number)-" + name.replacing(":", with: "-")
    }

    /// Removes what stands at a path; nothing there is no error.
    func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

    /// Copies a directory of files and makes the copy durable, so that whoever opens it does not
    /// pay for the copying.
    ///
    /// - Throws: `noSpace` or `io`, naming the file.
    func copy(_ path: String, to copy: String) throws(LogStoreError) {
        do {
            try FileManager.default.copyItem(atPath: path, toPath: copy)
        } catch {
            // Foundation hides the errno of a copy; a full disk is what it usually is.
            let isFull = (error as? CocoaError)?.code == .fileWriteOutOfSpace
            throw LogStoreError(
                SystemCallError(call: "write", errno: isFull ? ENOSPC : EIO, path: copy))
        }
        let names = FileManager.default.enumerator(atPath: copy)?.compactMap { $0 as? String } ?? []
        for file in names.map({ copy + "/" + $0 }) {
            let descriptor = open(file, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw LogStoreError(SystemCallError(call: "open", errno: errno, path: file))
            }
            defer { close(descriptor) }
            guard fsync(descriptor) == 0 else {
                throw LogStoreError(SystemCallError(call: "fsync", errno: errno, path: file))
            }
        }
    }

    /// Takes a file system out of the directory, even if something on it is still open.
    func unmount(_ path: String) {
        #if os(Linux)
            if mounts.withLock({ $0.remove(path) }) != nil { umount2(path, Int32(MNT_DETACH)) }
        #endif
    }

    /// Removes the directory and everything in it, even while something still writes there.
    func removeAll() {
        for path in mounts.withLock({ $0 }) { unmount(path) }
        for _ in 0..<20 {
            remove(path)
            if !FileManager.default.fileExists(atPath: path) { break }
            usleep(10_000)
        }
        if let createdParent { rmdir(createdParent) }
    }
}
