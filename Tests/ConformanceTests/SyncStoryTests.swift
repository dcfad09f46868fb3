import SegmentBackend
import Testing
import WALProtocol

@testable import Conformance

/// What syncs leave on stable storage, and what they must not promise.
@Suite struct SyncStoryTests {
    /// After a clean close a power cut took a segment's footer, and the store was called corrupt.
    ///
    /// A sync that lets segments go writes its watermark at once. Where that began another segment,
    /// the footer of the one before was not synced yet, and `close()` synced the active one only.
    @Test func closeSyncsTheSegmentThatTheLastSyncSealed() throws {
        // With some of these sizes there is no room for the watermark in the segment.
        for byteCount in stride(from: 0, to: 4000, by: 8) {
            let disk = SimulatedDisk()
            let store = try written(on: disk, DeferredExecutor())
            let last = LogPosition(term: 1, index: 17)
            try store.append([UInt8](repeating: 2, count: byteCount), at: last)
            try store.sync()
            // With it goes the watermark of that sync, and the room that was kept for it.
            try store.compact(through: LogPosition(term: 1, index: 12))
            try store.close()
            let again = try SegmentStore(
                at: "/store", options: .simulated(disk.afterPowerCut(.losesEverything)))
            #expect(again.recoveryReport.stoppedCleanly, "\(byteCount) bytes")
            #expect(again.state.last == last, "\(byteCount) bytes")
        }
    }

    /// A sync in the background failed, which nobody heard of, and the writer's next one succeeded.
    ///
    /// The kernel reports the failure once, drops the pages and calls them clean: what the writer's
    /// sync then called durable, a power cut took.
    @Test func syncAfterOneThatFailedInTheBackgroundIsRefused() throws {
        let disk = SimulatedDisk()
        let executor = DeferredExecutor()
        let store = try written(on: disk, executor)
        let acknowledged = LogPosition(term: 1, index: 16)
        // Before a segment is removed, a sync in the background makes durable that it may be.
        try store.compact(through: LogPosition(term: 1, index: 12))
        try store.sync()
        let lost = LogPosition(term: 1, index: 17)
        try store.append([UInt8](repeating: 3, count: 1000), at: lost)
        try store.flush()
        disk.fault = SimulatedFault(
            at: disk.operationCount, .error(5), isLasting: true, calls: [.sync])
        executor.drain()
        disk.fault = nil
        #expect(disk.faultCount > 0)

        let error = #expect(throws: LogStoreError.self) { try store.sync() }
        #expect(error?.code == .poisoned)
        #expect(error?.cause?.errno == 5)
        #expect(throws: LogStoreError.self) { try store.append([4], at: lost) }
        #expect(store.state.durable == acknowledged)
        let again = try SegmentStore(
            at: "/store", options: .simulated(disk.afterPowerCut(.losesEverything)))
        #expect(again.state.last == acknowledged)
    }

    /// A crash was called corruption, after the sync of a clean mark had failed.
    ///
    /// What a failed sync drops can be anything on the disk; the next opening saw the mark in the
    /// page cache, and took it back in the other slot only. A damaged slot beside a torn tail is
    /// something that no crash leaves.
    @Test func cleanMarkThatFailedToReachTheDiskIsWrittenOver() throws {
        func closed(failing operation: Int?) throws -> SimulatedDisk {
            let disk = SimulatedDisk()
            let store = try written(on: disk)
            disk.fault = operation.map { SimulatedFault(at: $0, .error(5)) }
            try? store.close()
            return disk
        }
        let lastSync = try #require(closed(failing: nil).calls.lastIndex { $0.name == .sync })
        let disk = try closed(failing: lastSync).afterProcessDeath()
        let store = try SegmentStore(at: "/store", options: .simulated(disk))
        #expect(store.recoveryReport.stoppedCleanly)
        let last = try #require(store.state.last)
        for index in last.index + 1...last.index + 12 {
            try store.append(
                [UInt8](repeating: 4, count: 400), at: LogPosition(term: 1, index: index))
        }
        let undecided = disk.state.undecided.count
        #expect(undecided > 8)
        for mask in [0, .max, 0x5555_5555, 0xaaaa_aaaa] as [UInt64] {
            for place in 0..<undecided {
                let cut = PowerCut.chosen(.init(mask: mask, special: (place, .junk(1))))
                let again = try SegmentStore(
                    at: "/store", options: .simulated(disk.afterPowerCut(cut)))
                let found = try #require(again.state.last)
                #expect(found >= last, "\(mask) \(place)")
            }
        }
    }

    /// Sixteen entries in two segments.
    private func written(
        on disk: SimulatedDisk, _ executor: any BackgroundExecutor = InlineExecutor()
    ) throws -> SegmentStore {
        let store = try SegmentStore(at: "/store", options: .simulated(disk, executor))
        for index in 1...16 as ClosedRange<LogIndex> {
            try store.append(
                [UInt8](repeating: 1, count: 400), at: LogPosition(term: 1, index: index))
        }
        return store
    }
}
