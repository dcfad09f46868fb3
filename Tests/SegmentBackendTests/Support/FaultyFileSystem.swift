import SegmentBackend
import WALProtocol

/// The real disk, with calls that fail on demand, and a count of those that matter.
final class FaultyFileSystem: FileSystem, @unchecked Sendable {
    /// What happens to a call.
    struct Fault {
        var call: String
        var errno: Int32
        /// Only for paths that end in this.
        var suffix = ""
        /// How many calls fail; then the fault is over.
        var times = Int.max
        /// How many calls succeed before.
        var after = 0
    }

    private let real = POSIXFileSystem()
    /// Set and read by the test's thread only; background work runs inline.
    var fault: Fault?
    private(set) var calls: [String] = []
    /// The calls with their paths, such as `create /a/b`.
    private(set) var paths: [String] = []

    func check(_ call: String, _ path: String) throws(SystemCallError) {
        calls.append(call)
        paths.append(call + " " + path)
        guard var found = fault, found.call == call, path.hasSuffix(found.suffix), found.times > 0
        else { return }
        guard found.after == 0 else {
            found.after -= 1
            fault = found
            return
        }
        found.times -= 1
        fault = found
        throw SystemCallError(call: call, errno: found.errno, path: path)
    }

    func count(_ call: String) -> Int { calls.count { $0 == call } }

    func open(_ path: String, _ mode: FileOpenMode) throws(SystemCallError) -> any File {
        try check(mode == .create ? "create" : "open", path)
        return FaultyFile(try real.open(path, mode), self)
    }

    func list(_ directory: String) throws(SystemCallError) -> [String] {
        try check("list", directory)
        return try real.list(directory)
    }

    func kind(of path: String) throws(SystemCallError) -> FileKind? {
        try check("stat", path)
        return try real.kind(of: path)
    }

    func createDirectory(_ path: String) throws(SystemCallError) {
        try check("mkdir", path)
        try real.createDirectory(path)
    }

    func syncDirectory(_ path: String) throws(SystemCallError) {
        try check("syncDirectory", path)
        try real.syncDirectory(path)
    }

    func rename(_ path: String, to newPath: String) throws(SystemCallError) {
        try check("rename", path)
        try real.rename(path, to: newPath)
    }

    func remove(_ path: String) throws(SystemCallError) {
        try check("unlink", path)
        try real.remove(path)
    }

    func lock(_ path: String) throws(SystemCallError) -> (any FileLock)? {
        try check("lock", path)
        guard let lock = try real.lock(path) else { return nil }
        return FaultyLock(lock, self)
    }

    /// Acts as if this process were a fork of the one that took the lock.
    var isForkedChild = false
}

/// A lock of a ``FaultyFileSystem``.
private final class FaultyLock: FileLock {
    private let real: any FileLock
    private let system: FaultyFileSystem

    init(_ real: any FileLock, _ system: FaultyFileSystem) {
        self.real = real
        self.system = system
    }

    var isHeld: Bool { real.isHeld && !system.isForkedChild }
    func release() { real.release() }
}

/// A file of a ``FaultyFileSystem``.
private final class FaultyFile: File, @unchecked Sendable {
    private let real: any File
    private let system: FaultyFileSystem

    init(_ real: any File, _ system: FaultyFileSystem) {
        self.real = real
        self.system = system
    }

    var path: String { real.path }

    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Int {
        try system.check("pread", path)
        return try real.read(into: buffer, at: offset)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemCallError) -> Int {
        try system.check("pwrite", path)
        return try real.write(bytes, at: offset)
    }

    func size() throws(SystemCallError) -> UInt64 {
        try system.check("fstat", path)
        return try real.size()
    }

    func setSize(_ byteCount: UInt64) throws(SystemCallError) {
        try system.check("ftruncate", path)
        try real.setSize(byteCount)
    }

    func reserve(_ byteCount: UInt64) throws(SystemCallError) {
        try system.check("fallocate", path)
        try real.reserve(byteCount)
    }

    func sync() throws(SystemCallError) {
        try system.check("fdatasync", path)
        try real.sync()
    }
}
