import AsyncWAL
import Conformance
import SegmentBackend
import Testing
import WALProtocol

/// What a call waits for, and when what was accepted becomes durable.
@Suite struct StrategyTests {
    private func options(_ strategy: FlushStrategy) -> AsyncLog.Options {
        var options = AsyncLog.Options()
        options.strategy = strategy
        return options
    }

    @Test(arguments: [FlushStrategy.background, .interval(.milliseconds(1)), .manual])
    func weakStrategiesAcknowledgeBeforeTheSync(strategy: FlushStrategy) async throws {
        try await withGatedLog(options(strategy)) { log, disk in
            disk.shut()
            let position = try await log.append([1], term: 1)
            #expect(position.index == 1 && log.state.durable == nil)
        }
    }

    @Test func theBackgroundStrategySyncsAtOnce() async throws {
        try await withGatedLog(options(.background)) { log, disk in
            _ = try await log.append([1], term: 1)
            while log.state.durable == nil { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    /// The worker slept until somebody would tell it of work, and a write that was to be synced later
    /// told it nothing: what was acknowledged never became durable.
    @Test func theIntervalStrategySyncsByItself() async throws {
        try await withGatedLog(options(.interval(.milliseconds(20)))) { log, disk in
            try await Task.sleep(for: .milliseconds(50))
            let clock = ContinuousClock()
            let began = clock.now
            _ = try await log.append([1], term: 1)
            while log.state.durable == nil, clock.now - began < .seconds(20) {
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(log.state.durable?.index == 1)
            #expect(clock.now - began >= .milliseconds(20))
            #expect(log.statistics.syncCount == 1)
        }
    }

    @Test func theManualStrategySyncsWhenItIsTold() async throws {
        try await withGatedLog(options(.manual)) { log, disk in
            let receipt = try await log.submit([1], term: 1)
            try await Task.sleep(for: .milliseconds(30))
            #expect(!receipt.isDurable && log.statistics.syncCount == 0)
            try await log.sync()
            #expect(receipt.isDurable && log.statistics.syncCount == 1)
            // Nothing new, nothing to do.
            try await log.sync()
            #expect(log.statistics.syncCount == 1)
        }
    }

    @Test(arguments: [FlushStrategy.everyWrite, .background, .interval(.seconds(60)), .manual])
    func metadataIsDurableOnReturn(strategy: FlushStrategy) async throws {
        try await withGatedLog(options(strategy)) { log, disk in
            _ = try await log.submit([1], term: 1)
            let state = HardState(currentTerm: 7, votedFor: [3])
            try await log.setHardState(state)
            let again = try openStore(on: disk.disk.afterPowerCut(.losesEverything))
            #expect(try again.hardState() == state)
            #expect(again.state.last?.index == 1)
            let key = MetadataKey("applied")
            try await log.setMetadata([9], for: key)
            #expect(try log.reader().metadata(for: key) == [9])
            try await log.removeMetadata(for: key)
            let third = try openStore(on: disk.disk.afterPowerCut(.losesEverything))
            #expect(try third.metadata(for: key) == nil)
        }
    }

    @Test func thePendingBytesAreBoundedAndWritersWaitInOrder() async throws {
        var options = AsyncLog.Options()
        options.maximumPendingByteCount = 1000
        try await withGatedLog(options) { log, disk in
            disk.shut()
            for _ in 0..<3 { _ = try await log.submit([UInt8](repeating: 1, count: 300), term: 1) }
            // Ten more cannot be accepted before a sync.
            var writers: [Task<LogPosition, any Error>] = []
            for number in 0..<10 as Range<UInt8> {
                writers.append(
                    Task { try await log.append([UInt8](repeating: number, count: 300), term: 1) })
                while log.statistics.queueDepth < writers.count {
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
            #expect(log.statistics.pendingByteCount <= 1000 && log.state.last?.index == 3)
            #expect(log.statistics.heldBackCount == 10)
            disk.open()
            for (index, writer) in zip((4 as LogIndex)..., writers) {
                #expect(try await writer.value.index == index)
                #expect(try log.reader().entry(at: index).payload.first == UInt8(index - 4))
            }
        }
    }

    @Test func aWriteLargerThanTheBoundIsAcceptedAlone() async throws {
        var options = AsyncLog.Options()
        options.maximumPendingByteCount = 10
        try await withGatedLog(options) { log, _ in
            for _ in 0..<3 { _ = try await log.append([UInt8](repeating: 1, count: 500), term: 1) }
            #expect(log.state.durable?.index == 3)
        }
    }

    /// Without a sync of its own nobody would ever be let in again.
    @Test func theManualStrategySyncsWhenTooMuchIsPending() async throws {
        var options = options(.manual)
        options.maximumPendingByteCount = 1000
        try await withGatedLog(options) { log, _ in
            for _ in 0..<50 { _ = try await log.append([UInt8](repeating: 1, count: 300), term: 1) }
            #expect(log.statistics.syncCount > 10)
        }
    }

    @Test func optionsThatMakeNoSenseAreRefused() throws {
        let error = #expect(throws: LogStoreError.self) {
            try AsyncLog(try openStore(on: SimulatedDisk()), options: options(.interval(.zero)))
        }
        #expect(error?.code == .invalidArgument)
    }
}
