import AsyncWAL
import Conformance
import Foundation
import SegmentBackend
import WALProtocol

/// A disk whose syncs wait until a test lets them through.
final class GatedDisk: FileSystem, @unchecked Sendable {
    let disk = SimulatedDisk()
    private let condition = NSCondition()
    private var isOpen = true
    private var waiting = 0

    /// Syncs wait from now on.
    func shut() { condition.withLock { isOpen = false } }

    /// Lets all through.
    func open() {
        condition.withLock {
            isOpen = true
            condition.broadcast()
        }
    }

    /// Whether a sync is waiting.
    var isHolding: Bool { condition.withLock { waiting > 0 } }

    /// Suspends until a sync is waiting.
    func untilHolding() async throws {
        while !isHolding { try await Task.sleep(for: .milliseconds(1)) }
    }

    fileprivate func pass() {
        condition.withLock {
            waiting += 1
            while !isOpen { condition.wait() }
            waiting -= 1
        }
    }

    func open(_ path: String, _ mode: FileOpenMode) throws(SystemCallError) -> any File {
        GatedFile(try disk.open(path, mode), self)
    }
    func list(_ directory: String) throws(SystemCallError) -> [String] { try disk.list(directory) }
    func kind(of path: String) throws(SystemCallError) -> FileKind? { try disk.kind(of: path) }
    func createDirectory(_ path: String) throws(SystemCallError) { try disk.createDirectory(path) }
    func syncDirectory(_ path: String) throws(SystemCallError) { try disk.syncDirectory(path) }
    func rename(_ path: String, to newPath: String) throws(SystemCallError) {
        try disk.rename(path, to: newPath)
    }
    func remove(_ path: String) throws(SystemCallError) { try disk.remove(path) }
    func lock(_ path: String) throws(SystemCallError) -> (any FileLock)? { try disk.lock(path) }
}

private final class GatedFile: File {
    private let file: any File
    private let gate: GatedDisk

    init(_ file: any File, _ gate: GatedDisk) {
        self.file = file
        self.gate = gate
    }

    var path: String { file.path }
    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Int { try file.read(into: buffer, at: offset) }
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemCallError) -> Int {
        try file.write(bytes, at: offset)
    }
    func size() throws(SystemCallError) -> UInt64 { try file.size() }
    func setSize(_ byteCount: UInt64) throws(SystemCallError) { try file.setSize(byteCount) }
    func reserve(_ byteCount: UInt64) throws(SystemCallError) { try file.reserve(byteCount) }
    func sync() throws(SystemCallError) {
        gate.pass()
        try file.sync()
    }
}

/// Opens a segment store on a disk of a test; what it does in the background is done at once.
func openStore(on disk: any FileSystem) throws -> sending SegmentStore {
    var options = SegmentStore.Options()
    options.fileSystem = disk
    options.executor = InlineExecutor()
    options.minimumSegmentByteCount = 64 << 10
    options.maximumSegmentByteCount = 64 << 10
    return try SegmentStore(at: "/store", options: options)
}

/// Runs `body` with a log on a gated disk whose gate is open.
func withGatedLog(
    _ options: AsyncLog.Options = .init(), _ body: (AsyncLog, GatedDisk) async throws -> Void
) async throws {
    let disk = GatedDisk()
    let log = try AsyncLog(try openStore(on: disk), options: options)
    do {
        try await body(log, disk)
    } catch {
        disk.open()
        try? await log.close()
        throw error
    }
    disk.open()
    try? await log.close()
}
