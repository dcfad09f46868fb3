import SegmentBackend
import Synchronization
import Testing
import WALProtocol

/// Segments that nobody needs any more are removed one at a time.
@Suite struct RemovalTests {
    /// Keeps what is submitted, and how long it has to wait, until it is told to run the next.
    private final class SteppedExecutor: BackgroundExecutor {
        private typealias Job = (pause: Int, work: @Sendable () -> Void)
        private let jobs = Mutex<[Job]>([])

        func submit(_ work: @escaping @Sendable () -> Void) {
            submit(afterMilliseconds: 0, work)
        }

        func submit(afterMilliseconds: Int, _ work: @escaping @Sendable () -> Void) {
            jobs.withLock { $0.append((afterMilliseconds, work)) }
        }

        /// Runs the oldest job; returns its pause, or `nil` if there is none.
        func step() -> Int? {
            let job = jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            job?.work()
            return job?.pause
        }

        /// As the real one: what has to wait is not waited for.
        func drain() {
            let due = jobs.withLock { jobs in
                defer { jobs.removeAll { $0.pause == 0 } }
                return jobs.filter { $0.pause == 0 }
            }
            for job in due { job.work() }
        }
    }

    /// Sixteen segments of 64 MiB were removed in one go after a compaction: for a tenth of a
    /// second each sync had to wait for one of them.
    @Test func segmentsAreRemovedWithAPauseBetween() throws {
        try withTwentySegments { store, disk, executor in
            var pauses: [Int] = []
            while disk.tally["remove"] < 15 {
                let before = disk.tally["remove"]
                guard let pause = executor.step() else { break }
                let removed = disk.tally["remove"] - before
                #expect(removed <= 1)
                if removed == 1 { pauses.append(pause) }
            }
            #expect(pauses.count == 15)
            #expect(pauses.first == 0)
            #expect(pauses.dropFirst().allSatisfy { $0 > 0 })
        }
    }

    /// Closing does not wait for pauses, and leaves nothing behind.
    @Test func closingRemovesWhatIsLeft() throws {
        try withTwentySegments { store, disk, executor in
            let names = { try disk.list(store.directoryPath).filter { $0.hasSuffix(".wal") } }
            for _ in 0..<4 { _ = executor.step() }
            #expect(try names().count > 10)
            try store.store.close()
            #expect(try names().count <= 3)
            while executor.step() != nil {}
            #expect(try names().count <= 3)
        }
    }

    private func withTwentySegments(
        _ body: (
            (store: SegmentStore, directoryPath: String), CountingFileSystem, SteppedExecutor
        ) throws -> Void
    ) throws {
        try withTemporaryDirectory { path in
            let disk = CountingFileSystem(), executor = SteppedExecutor()
            var options = SegmentStore.Options()
            options.minimumSegmentByteCount = 64 << 10
            options.maximumSegmentByteCount = 64 << 10
            options.fileSystem = disk
            options.executor = executor
            let store = try SegmentStore(at: path, options: options)
            let payload = [UInt8](repeating: 7, count: 6_000)
            for index in 1...190 as ClosedRange<LogIndex> {
                try store.append(payload, at: LogPosition(term: 1, index: index))
            }
            try store.sync()
            executor.drain()
            try store.compact(through: LogPosition(term: 1, index: 185))
            try store.sync()
            try body((store, path), disk, executor)
        }
    }
}
