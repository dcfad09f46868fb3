import AsyncWAL
import Conformance
import SegmentBackend
import Synchronization
import Testing
import WALProtocol

/// Every write completes exactly once: on success, failure, cancellation, closing and dropping.
@Suite struct CompletionTests {
    @Test func aSyncUnderWayHoldsUpNoAppend() async throws {
        try await withGatedLog { log, disk in
            _ = try await log.append([0], term: 1)
            disk.shut()
            let first = try await log.submit([1], term: 1)
            try await disk.untilHolding()
            for index in 3...50 as ClosedRange<LogIndex> {
                let receipt = try await log.submit([2], term: 1)
                #expect(receipt.last?.index == index && !receipt.isDurable)
                #expect(try log.reader().entry(at: index).payload == [2])
            }
            #expect(!first.isDurable && log.state.durable?.index == 1)
            disk.open()
            try await first.durable()
            try await log.sync()
            #expect(log.state.durable?.index == 50)
        }
    }

    /// Were a thread of the pool to wait for the disk, a few tasks would take them all, and neither
    /// the others nor this one would go on.
    @Test(.timeLimit(.minutes(10))) func aDiskThatStandsStillBlocksNoThreadOfThePool() async throws
    {
        try await withGatedLog { log, disk in
            disk.shut()
            let writers = (0..<512).map { _ in Task { try await log.append([1], term: 1) } }
            while log.statistics.waiterCount < 512 { await Task.yield() }
            let heartbeats = (0..<8).map { _ in
                Task {
                    for _ in 0..<10 { await Task.yield() }
                    return 10
                }
            }
            for heartbeat in heartbeats { #expect(await heartbeat.value == 10) }
            #expect(log.state.durable == nil)
            disk.open()
            for writer in writers { _ = try await writer.value }
            #expect(log.state.durable?.index == 512)
            #expect(log.statistics.syncCount <= 3)
        }
    }

    @Test func everyWaiterOfAFailedSyncIsToldAndNothingIsAcceptedAfterwards() async throws {
        try await withGatedLog { log, disk in
            _ = try await log.append([0], term: 1)
            disk.shut()
            var receipts: [Receipt] = []
            for _ in 0..<20 { receipts.append(try await log.submit([1], term: 1)) }
            try await disk.untilHolding()
            disk.disk.fault = SimulatedFault(
                at: disk.disk.operationCount, .error(5), isLasting: true, calls: [.sync])
            disk.open()
            for receipt in receipts {
                let error = await #expect(throws: LogStoreError.self) {
                    try await receipt.durable()
                }
                #expect(error?.code == .poisoned && error?.cause?.errno == 5)
            }
            let error = await #expect(throws: LogStoreError.self) {
                try await log.submit([1], term: 1)
            }
            #expect(error?.code == .poisoned)
            #expect(log.state.durable?.index == 1)
            #expect(try log.reader().entry(at: 21).payload == [1])
            let closing = await #expect(throws: LogStoreError.self) { try await log.close() }
            #expect(closing?.code == .poisoned)
        }
    }

    @Test func aFullDiskIsToldToWhoeverWaitsAndTheWriteIsNotLost() async throws {
        try await withGatedLog { log, disk in
            _ = try await log.append([0], term: 1)
            let capacity = disk.disk.capacity
            disk.disk.fault = SimulatedFault(
                at: disk.disk.operationCount, .error(28), isLasting: true, calls: [.write])
            let receipt = try await log.submit([1], term: 1)
            let error = await #expect(throws: LogStoreError.self) { try await receipt.durable() }
            #expect(error?.code == .noSpace)
            #expect(disk.disk.capacity == capacity)
            disk.disk.fault = nil
            try await receipt.durable()
            #expect(log.state.durable?.index == 2)
        }
    }

    @Test func aCancelledWaitLeavesTheWrite() async throws {
        try await withGatedLog { log, disk in
            disk.shut()
            let receipt = try await log.submit([1], term: 1)
            let waiting = Task { () -> LogStoreError.Code? in
                do throws(LogStoreError) { try await receipt.durable() } catch { return error.code }
                return nil
            }
            try await disk.untilHolding()
            waiting.cancel()
            #expect(await waiting.value == .cancelled)
            disk.open()
            try await receipt.durable()
            #expect(log.state.durable?.index == 1)
        }
    }

    @Test func aTaskThatIsCancelledAlreadyDoesNotWait() async throws {
        try await withGatedLog { log, disk in
            disk.shut()
            let task = Task { () -> LogStoreError.Code? in
                while !Task.isCancelled { await Task.yield() }
                do throws(LogStoreError) {
                    _ = try await log.append([1], term: 1)
                } catch {
                    return error.code
                }
                return nil
            }
            task.cancel()
            #expect(await task.value == .cancelled)
            #expect(log.state.last?.index == 1)
        }
    }

    @Test func aReceiptIsObservedOnceWhateverComesFirst() async throws {
        try await withGatedLog { log, disk in
            let count = Atomic<Int>(0)
            disk.shut()
            let receipt = try await log.submit([1], term: 1)
            receipt.whenDurable { if case .success = $0 { count.add(1, ordering: .relaxed) } }
            #expect(count.load(ordering: .relaxed) == 0)
            disk.open()
            try await log.sync()
            receipt.whenDurable { if case .success = $0 { count.add(10, ordering: .relaxed) } }
            #expect(count.load(ordering: .relaxed) == 11)
        }
    }

    @Test func closingMakesDurableWhatWasAccepted() async throws {
        for strategy in [FlushStrategy.everyWrite, .background, .interval(.seconds(60)), .manual] {
            var options = AsyncLog.Options()
            options.strategy = strategy
            let disk = GatedDisk()
            let log = try AsyncLog(try openStore(on: disk.fileSystem), options: options)
            var receipts: [Receipt] = []
            for _ in 0..<30 { receipts.append(try await log.submit([1], term: 1)) }
            let waiting = receipts.map { receipt in Task { try await receipt.durable() } }
            try await log.close()
            for task in waiting { try await task.value }
            let again = try openStore(on: disk.disk.afterPowerCut(.losesEverything))
            #expect(again.state.last?.index == 30, "\(strategy)")
            #expect(again.recoveryReport.stoppedCleanly)
            try await log.close()
            let error = await #expect(throws: LogStoreError.self) {
                try await log.submit([1], term: 1)
            }
            #expect(error?.code == .closed)
        }
    }

    @Test func droppingTheLogLosesNothingThatWasAccepted() async throws {
        for strategy in [FlushStrategy.everyWrite, .background, .interval(.seconds(60)), .manual] {
            var options = AsyncLog.Options()
            options.strategy = strategy
            let disk = GatedDisk()
            var log: AsyncLog? = try AsyncLog(try openStore(on: disk.fileSystem), options: options)
            for _ in 0..<30 { _ = try await log?.submit([1], term: 1) }
            log = nil
            let again = try openStore(on: disk.disk.afterPowerCut(.losesEverything))
            #expect(again.state.last?.index == 30, "\(strategy)")
        }
    }

    @Test func refusedWritesHaveNoEffect() async throws {
        try await withGatedLog { log, _ in
            _ = try await log.append([1], term: 5)
            let lower = await #expect(throws: LogStoreError.self) {
                try await log.append([1], term: 4)
            }
            #expect(lower?.code == .termRegression)
            let gap = await #expect(throws: LogStoreError.self) {
                try await log.append(
                    Entry(position: LogPosition(term: 5, index: 9), kind: .command, payload: [1]))
            }
            #expect(gap?.code == .notContiguous)
            #expect(log.state.last?.index == 1)
            #expect(log.statistics.refusedWriteCount == 2)
        }
    }
}
