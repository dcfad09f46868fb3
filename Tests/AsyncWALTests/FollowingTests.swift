import AsyncWAL
import Conformance
import SegmentBackend
import Synchronization
import Testing
import WALProtocol

/// Tasks that follow the log: its entries, and how far it is durable.
@Suite struct FollowingTests {
    @Test func aFollowerGetsWhatIsThereAndThenWhatComes() async throws {
        try await withGatedLog { log, _ in
            for number in 0..<500 { _ = try await log.submit([UInt8(number % 251)], term: 1) }
            let follower = Task { () -> [LogIndex] in
                var seen: [LogIndex] = []
                for try await entry in log.entries(from: 1, maxByteCount: 64) {
                    #expect(entry.payload == [UInt8((entry.position.index - 1) % 251)])
                    seen.append(entry.position.index)
                    if seen.count == 1000 { break }
                }
                return seen
            }
            for number in 500..<1000 {
                _ = try await log.submit([UInt8(number % 251)], term: 1)
                if number % 50 == 0 { try await Task.sleep(for: .milliseconds(1)) }
            }
            #expect(try await follower.value == Array(1...1000))
        }
    }

    /// It gave both followers 20 ms to get the entry, which a busy machine made too short.
    @Test func aFollowerEndsWhenTheLogIsClosedOrItsTaskIsCancelled() async throws {
        try await withGatedLog { log, _ in
            _ = try await log.append([1], term: 1)
            let seenCount = Mutex(0)
            let count = { @Sendable () async throws -> Int in
                var count = 0
                for try await _ in log.entries(from: 1) {
                    count += 1
                    seenCount.withLock { $0 += 1 }
                }
                return count
            }
            let cancelled = Task(operation: count)
            let closed = Task(operation: count)
            while seenCount.withLock({ $0 }) < 2 { try await Task.sleep(for: .milliseconds(1)) }
            cancelled.cancel()
            #expect(try await cancelled.value == 1)
            try await log.close()
            #expect(try await closed.value == 1)
        }
    }

    @Test func aFollowerIsToldThatWhatItReadWasTruncated() async throws {
        try await withGatedLog { log, _ in
            for _ in 0..<5 { _ = try await log.append([1], term: 1) }
            var iterator = log.entries(from: 1).makeAsyncIterator()
            for index in 1...5 as ClosedRange<LogIndex> {
                #expect(try await iterator.next()?.position.index == index)
            }
            try await log.truncate(from: 4)
            _ = try await log.append([2], term: 2)
            _ = try await log.append([2], term: 2)
            _ = try await log.append([2], term: 2)
            do throws(LogStoreError) {
                _ = try await iterator.next()
                Issue.record("the follower went on")
            } catch {
                #expect(error.code == .positionConflict && error.context.index == 5)
            }
        }
    }

    @Test func aFollowerIsToldThatTheNextEntryWasCompacted() async throws {
        try await withGatedLog { log, _ in
            for _ in 0..<20 { _ = try await log.append([1], term: 1) }
            try await log.compact(through: LogPosition(term: 1, index: 10))
            var iterator = log.entries(from: 5).makeAsyncIterator()
            do throws(LogStoreError) {
                _ = try await iterator.next()
                Issue.record("the follower went on")
            } catch {
                #expect(error.code == .compacted)
            }
            var rest = log.entries(from: 11).makeAsyncIterator()
            #expect(try await rest.next()?.position.index == 11)
        }
    }

    /// A compaction of what was given out already does not matter.
    @Test func aFollowerGoesOnBehindACompaction() async throws {
        try await withGatedLog { log, _ in
            for _ in 0..<20 { _ = try await log.append([1], term: 1) }
            var iterator = log.entries(from: 1, maxByteCount: 1).makeAsyncIterator()
            for _ in 0..<12 { _ = try await iterator.next() }
            try await log.compact(through: LogPosition(term: 1, index: 12))
            #expect(try await iterator.next()?.position.index == 13)
        }
    }

    @Test func theDurablePositionIsFollowed() async throws {
        try await withGatedLog { log, disk in
            var iterator = log.durablePositions.makeAsyncIterator()
            #expect(try await iterator.next() == .some(nil))
            _ = try await log.append([1], term: 1)
            #expect(try await iterator.next() == .some(LogPosition(term: 1, index: 1)))
            disk.shut()
            let receipt = try await log.submit([1], term: 1)
            var another = log.durablePositions.makeAsyncIterator()
            #expect(try await another.next() == .some(LogPosition(term: 1, index: 1)))
            let next = Task { [another] () -> LogPosition?? in
                var iterator = another
                return try await iterator.next()
            }
            try await disk.untilHolding()
            #expect(!receipt.isDurable)
            disk.open()
            #expect(try await next.value == .some(LogPosition(term: 1, index: 2)))
            try await log.close()
            while let position = try await iterator.next() { #expect(position?.index == 2) }
        }
    }
}
