import Foundation
import SegmentBackend
import Conformance
import Testing
import WALProtocol

@testable import WALBenchmark

@Suite struct ConcurrencyTests {
    /// Runs `body` on a thread of its own: those of the pool belong to the tasks.
    private func onThread<R: Sendable>(
        _ body: @escaping @Sendable () throws -> R
    ) async -> Result<R, any Error> {
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: Result { try body() }) }.start()
        }
    }

    private func measure(
        _ workload: some Workload & Sendable, times: Int = 1
    ) async throws -> [Sample] {
        try await onThread { try measureHere(workload, times: times) }.get()
    }

    private func measureHere(_ workload: some Workload, times: Int) throws -> [Sample] {
        let scratch = try Scratch(in: NSTemporaryDirectory())
        defer { scratch.removeAll() }
        let contestant = Contestant("segment", type: SegmentStore.self) {
            (path, _) throws(LogStoreError) in try SegmentStore(at: path)
        }
        let trial = try workload.trial(
            of: contestant,
            in: Bench(
                profile: .quick, scratch: scratch, executor: Threads.shared,
                // However slow the disk is.
                durableCalls: CallBudget(count: 40, nanoseconds: .max)))
        let samples = try (0..<times).map { _ in try trial.measure() }
        try trial.finish()
        return samples
    }

    @Test func everyAppendOfEveryTaskIsTimed() async throws {
        for sample in try await measure(ConcurrentAppend(taskCount: 3), times: 2) {
            #expect(sample.calls.count == 3 * 40)
            // The tasks wait side by side: together they take a third of the sum of their waits.
            let whole = sample.figure * Double(sample.calls.count)
            #expect(sample.calls.reduce(0, +) > whole)
        }
    }

    @Test func tasksShareSyncs() async throws {
        let alone = try #require(
            await measure(ConcurrentAppend(taskCount: 1, figure: .syncs)).first)
        #expect(alone.figure == 1)
        let many = try #require(
            await measure(ConcurrentAppend(taskCount: 64, figure: .syncs)).first)
        #expect(many.figure < 0.5 && many.figure >= 1.0 / 64)
    }

    @Test func theMixWritesBatchesBesideReadersAndCompactions() async throws {
        let samples = try await measure(RaftMix(), times: 3)
        for sample in samples {
            #expect(sample.calls.count == 40)
            #expect(sample.figure > 0)
        }
    }

    @Test func batchesHaveTheSizesThatAreSaid() {
        var batches = Batches(Payloads())
        let all = (0..<500).map { _ in batches.next() }
        #expect(Set(all.map(\.count)) == Set(1...64))
        let sizes = all.flatMap { $0 }.map(\.count).sorted()
        #expect((230...280).contains(sizes[sizes.count / 2]))
        #expect(sizes[0] < 30 && sizes[sizes.count - 1] > 4_000)
        #expect(sizes[sizes.count - 1] <= Batches.largestByteCount)
    }

    @Test func whatATaskThrowsReachesWhoWaitsForIt() async {
        let failure = await onThread {
            try waitFor { throw LogStoreError(.noSpace, "full") }
        }
        #expect(throws: LogStoreError.self) { try failure.get() }
    }
}

/// Threads for tasks that have a time to keep: other tests may block those of the pool for seconds.
private final class Threads: TaskExecutor {
    static let shared = Threads()

    private let queue = DispatchQueue(label: "tasks", attributes: .concurrent)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
