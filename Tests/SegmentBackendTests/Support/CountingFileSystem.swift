import SegmentBackend
import Synchronization
import WALProtocol

/// What a store asked of the disk: the system calls by name, and the bytes they moved.
struct DiskTally: Hashable, CustomStringConvertible {
    var calls: [String: Int] = [:]
    var writtenByteCount = 0
    var readByteCount = 0
    /// The files that are open.
    var openFileCount = 0

    /// The calls of one name.
    subscript(_ name: String) -> Int { calls[name, default: 0] }

    /// All calls.
    var callCount: Int { calls.values.reduce(0, +) }

    /// What was added since `earlier`.
    func since(_ earlier: DiskTally) -> DiskTally {
        DiskTally(
            calls: calls.merging(earlier.calls, uniquingKeysWith: -).filter { $0.value != 0 },
            writtenByteCount: writtenByteCount - earlier.writtenByteCount,
            readByteCount: readByteCount - earlier.readByteCount,
            openFileCount: openFileCount - earlier.openFileCount)
    }

    var description: String {
        let list = calls.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return (list + ["written \(writtenByteCount) B", "read \(readByteCount) B"])
            .joined(separator: ", ")
    }
}

/// A disk that counts what is asked of it, by any thread.
final class CountingFileSystem: FileSystem {
    private let real = POSIXFileSystem()
    private let contents = Mutex(DiskTally())

    /// Everything so far.
    var tally: DiskTally { contents.withLock { $0 } }

    /// What `body` asks for.
    func counting(_ body: () throws -> Void) rethrows -> DiskTally {
        let before = tally
        try body()
        return tally.since(before)
    }

    fileprivate func note(_ call: String, written: Int = 0, read: Int = 0) {
        contents.withLock {
            $0.calls[call, default: 0] += 1
            $0.writtenByteCount += written
            $0.readByteCount += read
        }
    }

    func open(_ path: String, _ mode: FileOpenMode) throws(SystemCallError) -> any File {
        note("open")
        return CountingFile(try real.open(path, mode), self)
    }

    fileprivate func noteOpenFiles(_ change: Int) {
        contents.withLock { $0.openFileCount += change }
    }

    func list(_ directory: String) throws(SystemCallError) -> [String] {
        note("list")
        return try real.list(directory)
    }

    func kind(of path: String) throws(SystemCallError) -> FileKind? {
        note("stat")
        return try real.kind(of: path)
    }

    func createDirectory(_ path: String) throws(SystemCallError) {
        note("mkdir")
        try real.createDirectory(path)
    }

    func syncDirectory(_ path: String) throws(SystemCallError) {
        note("syncDirectory")
        try real.syncDirectory(path)
    }

    func rename(_ path: String, to newPath: String) throws(SystemCallError) {
        note("rename")
        try real.rename(path, to: newPath)
    }

    func remove(_ path: String) throws(SystemCallError) {
        note("remove")
        try real.remove(path)
    }

    func lock(_ path: String) throws(SystemCallError) -> (any FileLock)? {
        note("lock")
        return try real.lock(path)
    }
}

/// A file of a ``CountingFileSystem``.
private final class CountingFile: File {
    private let real: any File
    private let system: CountingFileSystem

    init(_ real: any File, _ system: CountingFileSystem) {
        self.real = real
        self.system = system
        system.noteOpenFiles(1)
    }

    deinit { system.noteOpenFiles(-1) }

    var path: String { real.path }

    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Int {
        let count = try real.read(into: buffer, at: offset)
        system.note("read", read: count)
        return count
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemCallError) -> Int {
        let count = try real.write(bytes, at: offset)
        system.note("write", written: count)
        return count
    }

    func size() throws(SystemCallError) -> UInt64 {
        system.note("size")
        return try real.size()
    }

    func setSize(_ byteCount: UInt64) throws(SystemCallError) {
        system.note("setSize")
        try real.setSize(byteCount)
    }

    func reserve(_ byteCount: UInt64) throws(SystemCallError) {
        system.note("reserve")
        try real.reserve(byteCount)
    }

    func sync() throws(SystemCallError) {
        system.note("sync")
        try real.sync()
    }

    func startWriting(_ byteCount: Int, at offset: UInt64) throws(SystemCallError) {
        system.note("startWriting")
        try real.startWriting(byteCount, at: offset)
    }
}
