import AsyncWAL
import Conformance
import SegmentBackend
import Synchronization
import Testing
import WALProtocol

@Suite struct AcknowledgementTimeTests {
    /// Counts what a log with a simulated disk and these options tells.
    private func count(
        _ options: AsyncLog.Options = .init(), _ body: (AsyncLog) async throws -> Void
    ) async throws -> Int {
        let times = Mutex<[Duration]>([])
        var options = options
        options.worker = .inline
        options.onAcknowledged = { time in times.withLock { $0.append(time) } }
        var store = SegmentStore.Options()
        store.fileSystem = SimulatedDisk()
        let log = try AsyncLog(SegmentStore(at: "/store", options: store), options: options)
        try await body(log)
        try await log.close()
        return times.withLock { times in
            #expect(times.allSatisfy { $0 > .zero })
            return times.count
        }
    }

    @Test func everyCallThatWaitsIsTimed() async throws {
        let count = try await count { log in
            _ = try await log.append([1], term: 1)
            try await log.append(Entry(position: LogPosition(term: 1, index: 2), payload: [2]))
            try await log.truncate(from: 2)
            try await log.setHardState(HardState(currentTerm: 1))
        }
        #expect(count == 4)
    }

    @Test func metadataIsTimedUnderEveryStrategy() async throws {
        var options = AsyncLog.Options()
        options.strategy = .manual
        let count = try await count(options) { log in
            try await log.setMetadata([1], for: MetadataKey("key"))
        }
        #expect(count == 1)
    }

    @Test func submittedAndRefusedWritesAreNotTimed() async throws {
        let count = try await count { log in
            try await log.submit([1], term: 1).durable()
            await #expect(throws: LogStoreError.self) {
                try await log.append(Entry(position: LogPosition(term: 1, index: 7), payload: [2]))
            }
        }
        #expect(count == 0)
    }
}
