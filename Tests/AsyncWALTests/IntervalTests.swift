import AsyncWAL
import Testing

@Suite struct IntervalTests {
    /// With the interval strategy a write to an idle log stayed in memory until somebody wrote again.
    ///
    /// The worker slept without an end, because nothing had been pending, and the first write did
    /// not wake it: a power cut hours later would have taken it. Now the first pending write wakes
    /// the worker, which then knows how long to sleep.
    @Test func aWriteToAnIdleLogBecomesDurableByItself() async throws {
        var options = AsyncLog.Options()
        options.strategy = .interval(.milliseconds(1))
        try await withGatedLog(options) { log, _ in
            for index in 1...10 as ClosedRange<UInt64> {
                // Long enough for the worker to go to sleep.
                try await Task.sleep(for: .milliseconds(5))
                let receipt = try await log.submit([1], term: 1)
                for _ in 0..<2000 where !receipt.isDurable {
                    try await Task.sleep(for: .milliseconds(1))
                }
                try #require(receipt.isDurable, "write \(index) stays in memory")
            }
        }
    }
}
