import SegmentBackend
import Testing
import WALProtocol

@testable import Conformance

/// A repair that dies at any operation leaves the store as damaged as it was, or less.
@Suite struct RepairCrashTests {
    private static let path = "/store"
    private static let count: LogIndex = 160

    private func entry(_ index: LogIndex) -> Entry {
        Entry(
            position: LogPosition(term: index / 7 + 1, index: index),
            payload: (0..<60).map { UInt8(truncatingIfNeeded: index &* 3 &+ $0) })
    }

    /// A closed store of some segments.
    private func written() throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        let store = try SegmentStore(at: Self.path, options: .simulated(disk))
        for index in 1...Self.count {
            try store.append(entry(index).payload, at: entry(index).position)
            if index % 8 == 0 { try store.sync() }
        }
        try store.close()
        return disk
    }

    private func segment(_ number: Int) -> String { "\(Self.path)/000000000000000\(number).wal" }

    private func damage(_ disk: SimulatedDisk, _ path: String, _ body: (inout [UInt8]) -> Void) {
        guard case .file(let file) = disk.state.node(at: path) else { return }
        disk.state.files[file].damage(body)
    }

    /// An entry of the first segment, the whole second one, a checkpoint, and the newest one's
    /// clean mark.
    private func damaged() throws -> SimulatedDisk {
        let disk = try written()
        damage(disk, segment(1)) { $0[4096 + 104 + 40] ^= 1 }
        try disk.remove(segment(2))
        try disk.syncDirectory(Self.path)
        damage(disk, segment(3)) { $0[4096 + 40] ^= 1 }
        let newest = disk.state.names.keys.filter { path in
            guard path.hasSuffix(".wal"), case .file(let file) = disk.state.node(at: path) else {
                return false
            }
            return disk.state.files[file].shown.first != 0
        }.max()
        damage(disk, newest ?? "") { bytes in
            let last = bytes.lastIndex { $0 != 0 } ?? 0
            bytes[last] ^= 1
        }
        return disk
    }

    private func lost(_ disk: SimulatedDisk) throws -> Set<LogIndex> {
        var options = SegmentStore.Options.simulated(disk)
        options.access = .readOnly
        options.policy = .salvage
        let store = try SegmentStore(at: Self.path, options: options)
        #expect(store.state.last == entry(Self.count).position)
        var lost: Set<LogIndex> = []
        for index in 1...Self.count {
            do {
                let found = try store.entry(at: index)
                #expect(found == entry(index))
            } catch {
                #expect(error.code == .corrupt && error.context.index == index)
                lost.insert(index)
            }
        }
        return lost
    }

    private func repair(_ disk: SimulatedDisk) throws -> RepairReport {
        try SegmentStore.repair(
            at: Self.path, options: .simulated(disk), with: (1...Self.count).map(entry))
    }

    private func expectWhole(_ disk: SimulatedDisk) throws {
        let store = try SegmentStore(at: Self.path, options: .simulated(disk))
        #expect(try store.entries(in: 1...Self.count) == (1...Self.count).map(entry))
        let next = entry(Self.count + 1)
        try store.append(next.payload, at: next.position)
        try store.close()
    }

    @Test func anInterruptedRepairIsRepeated() throws {
        let disk = try damaged()
        let before = try lost(disk)
        #expect(before.count > 20 && before.contains(1) && !before.contains(Self.count))
        disk.startRecording()
        let report = try repair(disk)
        #expect(report.isWhole && report.repairedFiles.count >= 3)
        #expect(report.restoredEntryCount == UInt64(before.count))
        let moments = disk.snapshots
        #expect(moments.count > 20)
        var seen: Set<Set<LogIndex>> = []
        for (number, moment) in moments.enumerated() {
            let outcomes: [PowerCut] = [
                .losesEverything, .keepsEverything, .random(seed: UInt64(number)),
            ]
            for outcome in outcomes {
                let left = SimulatedDisk(moment.state.afterPowerCut(outcome))
                let remaining = try lost(left)
                #expect(remaining.isSubset(of: before), "operation \(moment.operation)")
                seen.insert(remaining)
                guard number % 3 == 0 else { continue }
                #expect(try repair(left).isWhole, "operation \(moment.operation), \(outcome)")
                try expectWhole(left)
            }
        }
        // There were moments between: two segments each bring their entries back.
        #expect(seen.count == 3)
        try expectWhole(disk.afterPowerCut(.losesEverything))
    }

    /// What an operation of the repair throws is thrown, and it may be repeated.
    @Test func aFailedRepairIsRepeated() throws {
        let disk = try damaged()
        let before = try lost(disk)
        let start = disk.state
        let first = disk.operationCount
        _ = try repair(disk)
        let end = disk.operationCount
        for number in stride(from: first, to: end, by: 5) {
            let disk = SimulatedDisk(start)
            disk.fault = SimulatedFault(at: number - first, .error(5))
            let report = try? repair(disk)
            disk.fault = nil
            let left = SimulatedDisk(disk.state.afterPowerCut(.losesEverything))
            let remaining = try lost(left)
            #expect(remaining.isSubset(of: before))
            if report?.isWhole != true { #expect(try repair(left).isWhole) }
            try expectWhole(left)
        }
    }
}
