import SegmentBackend
import Testing
import WALProtocol

@testable import Conformance

/// Stores damaged byte by byte: whatever is hit, a repair that may lose something ends with a store
/// that works, says exactly what is gone, and does what its plan said.
@Suite struct RepairSweepTests {
    private static let path = "/store"
    private static let count: LogIndex = 160

    private func entry(_ index: LogIndex) -> Entry {
        Entry(
            position: LogPosition(term: index / 7 + 1, index: index),
            payload: (0..<60).map { UInt8(truncatingIfNeeded: index &* 3 &+ $0) })
    }

    private func written(closing: Bool) throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        let store = try SegmentStore(at: Self.path, options: .simulated(disk))
        for index in 1...Self.count {
            try store.append(entry(index).payload, at: entry(index).position)
            if index == 100 { try store.setMetadata([7], for: "vote") }
            if index % 8 == 0 { try store.sync() }
        }
        if closing { try store.close() }
        return disk
    }

    /// The store's files that hold anything.
    private func files(_ disk: SimulatedDisk) -> [(path: String, number: Int, used: Int)] {
        disk.state.names.keys.sorted().compactMap { path in
            guard case .file(let number) = disk.state.node(at: path),
                let last = disk.state.files[number].shown.lastIndex(where: { $0 != 0 })
            else { return nil }
            return (path, number, last + 1)
        }
    }

    private func copy(_ disk: SimulatedDisk) -> SimulatedDisk { SimulatedDisk(disk.state) }

    private func repair(
        _ disk: SimulatedDisk, _ mode: RepairMode
    ) throws(LogStoreError) -> RepairReport {
        try SegmentStore.repair(at: Self.path, mode, options: .simulated(disk))
    }

    @Test(arguments: [true, false]) func everyFlippedByteIsRepaired(closing: Bool) throws {
        let original = try written(closing: closing)
        var (repaired, lossy) = (0, 0)
        for file in files(original) {
            for offset in stride(from: 5, to: file.used + 64, by: 61) {
                let disk = copy(original)
                let byteCount = disk.state.files[file.number].shown.count
                guard offset < byteCount else { continue }
                disk.state.files[file.number].damage { $0[offset] ^= 1 << UInt8(offset % 8) }
                let story = "\(file.path), offset \(offset), closed: \(closing)"
                do throws(LogStoreError) {
                    let report = try check(disk, story)
                    if !report.steps.isEmpty { repaired += 1 }
                    if report.losesAcknowledged { lossy += 1 }
                } catch {
                    #expect(error.code == .unsupportedFormat, "\(story): \(error)")
                }
            }
        }
        #expect(repaired > 60)
        #expect(lossy > 30 && lossy < repaired)
    }

    /// Plans, repairs, and looks whether what was said is true.
    private func check(
        _ disk: SimulatedDisk, _ story: String
    ) throws(LogStoreError) -> RepairReport {
        let plan = try repair(disk, .plan)
        let report = try repair(disk, .apply(acceptingLoss: true))
        #expect(report.isApplied && report.isVerified, "\(story): \(report)")
        #expect(plan.steps == report.steps && plan.givenUp == report.givenUp, "\(story)")
        #expect(plan.discarded == report.discarded && plan.damages == report.damages, "\(story)")
        #expect(plan.losesAcknowledged == report.losesAcknowledged, "\(story)")
        let store = try SegmentStore(at: Self.path, options: .simulated(disk))
        let last = store.state.isEmpty ? 0 : store.state.last?.index ?? 0
        for index in 1...Self.count {
            var isGone = (report.givenUp + report.discarded).contains {
                $0.indexes.contains(index)
            }
            if let first = report.doubtfulFrom, index >= first { isGone = true }
            #expect(isGone == (index > last), "\(story): \(index)")
            if index <= last {
                let found = try store.entry(at: index)
                #expect(found == entry(index), "\(story): \(index)")
            }
        }
        let vote = try store.metadata(for: "vote")
        #expect(vote == [7] || report.mustCatchUpBeforeVoting, "\(story): the vote is gone")
        let next = LogPosition(term: 99, index: last + 1)
        try store.append([1], at: next)
        try store.close()
        let again = try SegmentStore(at: Self.path, options: .simulated(disk))
        #expect(again.state.last == next, "\(story)")
        return report
    }

    /// A power cut after any operation of a repair leaves what can be repaired again, and loses
    /// nothing that the repair would have kept.
    @Test func interruptedRepairIsRepeated() throws {
        let disk = try written(closing: true)
        let segments = files(disk).filter { $0.path.hasSuffix(".wal") }
        disk.state.files[segments[1].number].damage { $0[4096 + 400] ^= 1 }
        let whole = copy(disk)
        let kept = try repair(whole, .apply(acceptingLoss: true)).after?.state.last
        let last = try #require(kept?.index)
        #expect(last > 10 && last < 100)
        disk.startRecording()
        _ = try repair(disk, .apply(acceptingLoss: true))
        let moments = disk.snapshots
        #expect(moments.count > 15)
        for (number, moment) in moments.enumerated() {
            let outcomes: [PowerCut] = [
                .losesEverything, .keepsEverything, .random(seed: UInt64(number)),
            ]
            for outcome in outcomes {
                let left = SimulatedDisk(moment.state.afterPowerCut(outcome))
                let story = "operation \(moment.operation), \(outcome)"
                let report = try repair(left, .apply(acceptingLoss: true))
                #expect(report.isVerified, "\(story)")
                #expect(report.after?.state.last?.index == last, "\(story)")
                let store = try SegmentStore(at: Self.path, options: .simulated(left))
                #expect(try store.entries(in: 1...last) == (1...last).map(entry), "\(story)")
                #expect(try store.metadata(for: "vote") == [7], "\(story)")
                try store.close()
            }
        }
    }
}
