#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

package import WALProtocol

/// Another file system, read only, with every change above it in memory.
///
/// What runs on it goes as it would on the disk, and leaves no trace: no file, no lock. Paths are
/// compared as they are written. Memory: the blocks that were written, and not all zeros.
package final class OverlayFileSystem: FileSystem, @unchecked Sendable {
    private let base: any FileSystem
    private let mutex = Lock()
    // All of these only with the mutex.
    private var files: [String: OverlayFile.Contents] = [:]
    private var directories: Set<String> = []
    private var removed: Set<String> = []

    /// Puts an empty layer above a file system.
    package init(over base: any FileSystem) { self.base = base }

    package func open(
        _ path: String, _ mode: FileOpenMode
    ) throws(SystemCallError) -> any File {
        try mutex.withLock { () throws(SystemCallError) in
            if mode == .create {
                guard try kindUnlocked(of: path) == nil else {
                    throw SystemCallError(call: "open", errno: EEXIST, path: path)
                }
                let contents = OverlayFile.Contents(above: nil, byteCount: 0)
                files[path] = contents
                return OverlayFile(path: path, contents)
            }
            return OverlayFile(path: path, try contents(of: path, "open"))
        }
    }

    package func list(_ directory: String) throws(SystemCallError) -> [String] {
        try mutex.withLock { () throws(SystemCallError) in
            // What changed is little; what is there may be a million names.
            let prefix = directory + "/"
            func names(_ paths: some Sequence<String>) -> Set<String> {
                var names: Set<String> = []
                for path in paths where path.hasPrefix(prefix) {
                    let name = path.dropFirst(prefix.count)
                    if !name.contains("/") { names.insert(String(name)) }
                }
                return names
            }
            let added = names(files.keys).union(names(directories))
            let hidden = names(removed).union(added)
            let below = directories.contains(directory) ? [] : try base.list(directory)
            return below.filter { !hidden.contains($0) } + added.sorted()
        }
    }

    package func kind(of path: String) throws(SystemCallError) -> FileKind? {
        try mutex.withLock { () throws(SystemCallError) in try kindUnlocked(of: path) }
    }

    package func createDirectory(_ path: String) throws(SystemCallError) {
        try mutex.withLock { () throws(SystemCallError) in
            guard try kindUnlocked(of: path) == nil else {
                throw SystemCallError(call: "mkdir", errno: EEXIST, path: path)
            }
            directories.insert(path)
        }
    }

    package func syncDirectory(_ path: String) throws(SystemCallError) {}

    package func rename(_ path: String, to newPath: String) throws(SystemCallError) {
        try mutex.withLock { () throws(SystemCallError) in
            files[newPath] = try contents(of: path, "rename")
            removed.remove(newPath)
            files[path] = nil
            removed.insert(path)
        }
    }

    package func link(_ path: String, to newPath: String) throws(SystemCallError) -> Bool {
        try mutex.withLock { () throws(SystemCallError) in
            guard try kindUnlocked(of: newPath) == nil else {
                throw SystemCallError(call: "link", errno: EEXIST, path: newPath)
            }
            files[newPath] = try contents(of: path, "link")
            return true
        }
    }

    package func remove(_ path: String) throws(SystemCallError) {
        try mutex.withLock { () throws(SystemCallError) in
            guard try kindUnlocked(of: path) != nil else {
                throw SystemCallError(call: "unlink", errno: ENOENT, path: path)
            }
            files[path] = nil
            removed.insert(path)
        }
    }

    package func lock(_ path: String) throws(SystemCallError) -> (any FileLock)? { OverlayLock() }

    /// The file's contents, shared by all its names; only with the mutex.
    private func contents(
        of path: String, _ call: String
    ) throws(SystemCallError) -> OverlayFile.Contents {
        if let known = files[path] { return known }
        guard !removed.contains(path) else {
            throw SystemCallError(call: call, errno: ENOENT, path: path)
        }
        let file = try base.open(path, .read)
        let contents = OverlayFile.Contents(above: file, byteCount: try file.size())
        files[path] = contents
        return contents
    }

    private func kindUnlocked(of path: String) throws(SystemCallError) -> FileKind? {
        if files[path] != nil { return .file }
        if directories.contains(path) { return .directory }
        return removed.contains(path) ? nil : try base.kind(of: path)
    }
}

/// A lock that nobody else sees.
private final class OverlayLock: FileLock {
    var isHeld: Bool { true }
    func release() {}
}
