import CWALDisk
import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A second name for the bytes of a file, where the file system has such a thing.
extension POSIXFile {
    /// Makes a file that shares its blocks with this one until either of them is written.
    ///
    /// - Returns: whether the file system can; if not, there is no file.
    func clone(to path: String) -> Bool { wal_clone_file(descriptor, path) == 0 }

    /// Gives the file a second name, unless its first one stands for another file by now.
    ///
    /// - Returns: whether the file system can, and lets this process; if not, there is no file.
    func link(to path: String) -> Bool {
        guard linkFile(self.path, path) else { return false }
        var own = stat()
        var linked = stat()
        guard fstat(descriptor, &own) == 0, lstat(path, &linked) == 0,
            own.st_ino == linked.st_ino, own.st_dev == linked.st_dev
        else {
            unlink(path)
            return false
        }
        return true
    }

    /// Whether another name stands for this file.
    func isLinked(to path: String) -> Bool {
        var own = stat()
        var other = stat()
        return fstat(descriptor, &own) == 0 && lstat(path, &other) == 0
            && own.st_ino == other.st_ino && own.st_dev == other.st_dev
    }
}

// Outside the type, whose members hide the system call of the same name.

private func linkFile(_ path: String, _ newPath: String) -> Bool { link(path, newPath) == 0 }
