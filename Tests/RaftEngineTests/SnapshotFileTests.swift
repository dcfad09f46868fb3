import Conformance
import RaftEngine
import Testing
import WALProtocol

/// Snapshots are whole, or there is an error that names the file.
@Suite struct SnapshotFileTests {
    private let snapshot = Snapshot(
        position: LogPosition(term: 3, index: 10), configuration: [1, 2, 3],
        configurationIndex: 4, data: Array("the state".utf8))

    private func disk() throws -> (SimulatedDisk, SnapshotDirectory) {
        let disk = SimulatedDisk()
        try disk.createDirectory("/node")
        try disk.syncDirectory("/")
        return (disk, SnapshotDirectory(at: "/node", fileSystem: disk))
    }

    @Test func savedSnapshotComesBack() throws {
        let (disk, snapshots) = try disk()
        #expect(try snapshots.newest() == nil)
        try snapshots.save(snapshot)
        #expect(try snapshots.newest() == snapshot)
        let after = disk.afterPowerCut(.losesEverything)
        #expect(try SnapshotDirectory(at: "/node", fileSystem: after).newest() == snapshot)
    }

    @Test func newestCountsAndOlderOnesAreRemoved() throws {
        let (_, snapshots) = try disk()
        var newer = snapshot
        newer.position.index = 1_000
        try snapshots.save(newer)
        try snapshots.save(snapshot)
        #expect(try snapshots.newest() == newer)
        try snapshots.removeBefore(newer.position)
        #expect(try snapshots.positions() == [newer.position])
    }

    @Test func everyFlippedByteIsFound() throws {
        let (disk, snapshots) = try disk()
        try snapshots.save(snapshot)
        let name = try #require(try disk.list("/node").first)
        let file = try disk.open("/node/" + name, .readWrite)
        let bytes = try file.readBytes(at: 0, count: Int(file.size()))
        for offset in bytes.indices {
            try file.writeAll(bytes: [bytes[offset] ^ 0x40], at: UInt64(offset))
            let error = #expect(throws: LogStoreError.self, "byte \(offset)") {
                try snapshots.newest()
            }
            let code: LogStoreError.Code = (8..<12).contains(offset) ? .unsupportedFormat : .corrupt
            #expect(error?.code == code, "byte \(offset)")
            #expect(error?.context.file == "/node/" + name)
            try file.writeAll(bytes: [bytes[offset]], at: UInt64(offset))
        }
        try file.setSize(UInt64(bytes.count - 1))
        #expect(throws: LogStoreError.self) { try snapshots.newest() }
        try file.setSize(UInt64(bytes.count + 1))
        #expect(throws: LogStoreError.self) { try snapshots.newest() }
        try file.setSize(5)
        #expect(throws: LogStoreError.self) { try snapshots.newest() }
    }

    /// Whatever a power cut does to a save, the old snapshot or the new one is there.
    @Test func powerCutLeavesTheOldOrTheNew() throws {
        var newer = snapshot
        newer.position.index = 11
        newer.data = [UInt8](repeating: 7, count: 2_000)
        var sawOld = false
        for failing in 0..<20 {
            let (disk, snapshots) = try disk()
            try snapshots.save(snapshot)
            disk.fault = SimulatedFault(
                at: disk.operationCount + failing, .error(5), isLasting: true)
            let isSaved = (try? snapshots.save(newer)) != nil
            for seed in 0..<8 as Range<UInt64> {
                let after = disk.afterPowerCut(.random(seed: seed))
                let found = try SnapshotDirectory(at: "/node", fileSystem: after).newest()
                #expect(found == newer || (!isSaved && found == snapshot))
                sawOld = sawOld || found == snapshot
            }
        }
        #expect(sawOld)
    }

    @Test func fullDiskLeavesRoomForTheLog() throws {
        let (disk, snapshots) = try disk()
        try snapshots.save(snapshot)
        let used = disk.usedByteCount
        disk.capacity = used + 1_000
        var larger = snapshot
        larger.position.index = 11
        larger.data = [UInt8](repeating: 7, count: 5_000)
        let error = #expect(throws: LogStoreError.self) { try snapshots.save(larger) }
        #expect(error?.code == .noSpace)
        #expect(disk.usedByteCount == used)
        #expect(try snapshots.newest() == snapshot)
    }
}

extension File {
    func writeAll(bytes: [UInt8], at offset: UInt64) throws(SystemCallError) {
        try bytes.span.bytes.withUnsafeBytes { (bytes) throws(SystemCallError) in
            try writeAll(bytes, at: offset)
        }
    }
}
