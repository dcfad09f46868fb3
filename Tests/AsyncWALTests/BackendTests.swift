import AsyncWAL
import Conformance
import Foundation
import LMDBBackend
import SegmentBackend
import Synchronization
import Testing
import WALProtocol

/// What holds over any backend, one that splits its syncs and one that does not.
@Suite struct BackendTests {
    #if LMDB
        static let backends = ["segment", "lmdb"]
    #else
        static let backends = ["segment"]
    #endif

    private func withLog(
        _ backend: String, _ options: AsyncLog.Options = .init(),
        _ body: (AsyncLog, String) async throws -> Void
    ) async throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("async-\(UInt64.random(in: 0...(.max)))").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(try AsyncLog(try Self.open(backend, path), options: options), path)
    }

    static func open(_ backend: String, _ path: String) throws -> sending any LogStore {
        #if LMDB
            if backend == "lmdb" { return try LMDBStore(at: path) }
        #endif
        return try SegmentStore(at: path)
    }

    @Test(arguments: backends) func whatManyTasksAppendIsThereAfterReopening(
        backend: String
    ) async throws {
        try await withLog(backend) { log, path in
            let acknowledged = Acknowledged()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<16 as Range<UInt8> {
                    group.addTask {
                        for _ in 0..<25 {
                            let position = try await log.append([task], term: 1)
                            await acknowledged.note(position.index, task)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let statistics = log.statistics
            #expect(statistics.durableWriteCount == 400 && statistics.syncCount <= 400)
            try await log.close()
            let store = try Self.open(backend, path)
            let found = await acknowledged.entries
            #expect(found.count == 400)
            for (index, task) in found { #expect(try store.entry(at: index).payload == [task]) }
        }
    }

    @Test(arguments: backends) func writesOfOneTaskAreInOrder(backend: String) async throws {
        try await withLog(backend) { log, _ in
            for index in 1...50 as ClosedRange<LogIndex> {
                let receipt = try await log.submit([1], term: 1)
                #expect(receipt.last?.index == index && receipt.number == index)
            }
            try await log.truncate(from: 41)
            let receipt = try await log.submit([2], term: 2)
            #expect(receipt.last == LogPosition(term: 2, index: 41))
            try await log.compact(through: LogPosition(term: 1, index: 10))
            try await log.reset(to: LogPosition(term: 9, index: 100))
            let position = try await log.append([3], term: 9)
            #expect(position.index == 101)
            try await log.close()
        }
    }

    /// Two threads of the pool, 512 writers and a slow disk: nobody but the worker waits for it.
    @Test(arguments: backends) func noThreadOfThePoolIsBlocked(backend: String) async throws {
        try await withLog(backend) { log, _ in
            let isDone = Flag()
            let heartbeat = Task { () -> Duration in
                let clock = ContinuousClock()
                var longest = Duration.zero
                while !isDone.isSet {
                    let began = clock.now
                    await Task.yield()
                    longest = max(longest, clock.now - began)
                }
                return longest
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<512 {
                    group.addTask { for _ in 0..<4 { _ = try await log.append([1], term: 1) } }
                }
                try await group.waitForAll()
            }
            isDone.set()
            _ = await heartbeat.value
            #expect(log.state.durable?.index == 2048)
            #expect(log.statistics.syncCount < 1024)
            try await log.close()
        }
    }
}

private actor Acknowledged {
    private(set) var entries: [LogIndex: UInt8] = [:]

    func note(_ index: LogIndex, _ task: UInt8) { entries[index] = task }
}

private final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
}
