import AsyncWAL
import Conformance
import SegmentBackend
import Synchronization
import Testing
import WALProtocol

@Suite struct AsyncLogTests {
    private func withLog(
        _ options: AsyncLog.Options = .init(),
        _ body: (AsyncLog, SimulatedDisk) async throws -> Void
    ) async throws {
        let disk = SimulatedDisk()
        let log = try AsyncLog(Self.store(on: disk), options: options)
        try await body(log, disk)
        try await log.close()
    }

    private static func store(on disk: SimulatedDisk) throws -> sending SegmentStore {
        var options = SegmentStore.Options()
        options.fileSystem = disk
        options.minimumSegmentByteCount = 64 << 10
        options.maximumSegmentByteCount = 64 << 10
        return try SegmentStore(at: "/store", options: options)
    }

    @Test func anAppendIsDurableWhenItReturns() async throws {
        try await withLog { log, disk in
            for index in 1...20 as ClosedRange<LogIndex> {
                let position = try await log.append([1, 2, 3], term: 1)
                #expect(position == LogPosition(term: 1, index: index))
                let again = try Self.store(on: disk.afterPowerCut(.losesEverything))
                #expect(again.state.last == position)
            }
        }
    }

    @Test func aSubmittedEntryIsVisibleAtOnce() async throws {
        try await withLog { log, _ in
            let reader = log.reader()
            for index in 1...100 as ClosedRange<LogIndex> {
                let receipt = try await log.submit([UInt8(index)], term: 1)
                #expect(receipt.last?.index == index)
                #expect(try reader.entry(at: index).payload == [UInt8(index)])
            }
        }
    }

    @Test func manyTasksShareSyncs() async throws {
        try await withLog { log, disk in
            let before = disk.calls.count { $0.name == .sync }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<64 {
                    group.addTask { for _ in 0..<20 { _ = try await log.append([7], term: 1) } }
                }
                try await group.waitForAll()
            }
            #expect(log.state.last?.index == 1280 && log.state.durable?.index == 1280)
            let statistics = log.statistics
            #expect(statistics.acceptedWriteCount == 1280 && statistics.durableWriteCount == 1280)
            #expect(statistics.syncCount < 1280)
            #expect(disk.calls.count { $0.name == .sync } > before)
        }
    }
}
