import AsyncWAL
import Conformance
import Foundation
import SegmentBackend
import WALProtocol

/// A disk whose syncs wait until a test lets them through.
final class GatedDisk: @unchecked Sendable {
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

    private func pass() {
        condition.withLock {
            waiting += 1
            while !isOpen { condition.wait() }
            waiting -= 1
        }
    }

    /// The disk as a store sees it.
    var fileSystem: any FileSystem {
        SyncInterceptor(disk) { [self] (file) throws(SystemCallError) in
            pass()
            try file.sync()
        }
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
    let log = try AsyncLog(try openStore(on: disk.fileSystem), options: options)
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
