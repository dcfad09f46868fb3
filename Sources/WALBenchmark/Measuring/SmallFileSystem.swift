import Foundation
import Synchronization
import WALProtocol

/// An ext4 file system of its own in a file of the scratch directory: a disk that can be filled.
///
/// Only root can mount one, and only Linux has loop devices.
final class SmallFileSystem: Sendable {
    /// Where it is mounted.
    let path: String
    private let image: String
    private let scratch: Scratch

    /// Makes and mounts it.
    ///
    /// - Throws: `NotMeasurable` where that cannot be done; it says why.
    init(byteCount: Int, in scratch: Scratch) throws {
        #if os(Linux)
            guard geteuid() == 0 else { throw NotMeasurable("only root can mount a small disk") }
            self.scratch = scratch
            image = scratch.fresh("disk")
            path = scratch.fresh("mounted")
            // A file that is as long as the disk and takes no room yet.
            let descriptor = open(image, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            let isMade = descriptor >= 0 && ftruncate(descriptor, off_t(byteCount)) == 0
            close(descriptor)
            guard isMade, mkdir(path, 0o700) == 0 else {
                throw NotMeasurable("the image of a small disk cannot be made")
            }
            // Nothing is left to be initialised behind the back of whoever is measured.
            let options = ["-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0"]
            try Self.run("mkfs.ext4", options + [image])
            scratch.mounts.withLock { _ = $0.insert(path) }
            do {
                try Self.run("mount", ["-o", "loop", image, path])
            } catch {
                scratch.mounts.withLock { _ = $0.remove(path) }
                throw error
            }
        #else
            throw NotMeasurable("only Linux mounts files")
        #endif
    }

    /// Takes it away with everything on it.
    func remove() {
        scratch.unmount(path)
        scratch.remove(path)
        scratch.remove(image)
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        let messages = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = messages
        // Root's programs, wherever the caller looks for his own.
        process.environment = [
            "PATH": "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
        ]
        do { try process.run() } catch { throw NotMeasurable("\(program) does not start") }
        let complaint = messages.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let line = String(decoding: complaint, as: UTF8.self)
                .split(separator: "\n").first.map(String.init)
            throw NotMeasurable("\(program) fails: \(line ?? "it does not say why")")
        }
    }
}
