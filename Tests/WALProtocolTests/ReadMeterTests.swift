import Synchronization
import Testing
import WALProtocol

/// The limit and the reports of a verification, without waiting for any clock.
@Suite struct ReadMeterTests {
    /// Collects what a meter asks for.
    private final class Log: Sendable {
        let pauses = Mutex<[Duration]>([])
        let reports = Mutex<[VerificationProgress]>([])
    }

    private func meter(limit: UInt64?, _ log: Log) -> ReadMeter {
        let options = VerificationOptions(byteLimitPerSecond: limit) { report in
            log.reports.withLock { $0.append(report) }
        }
        return ReadMeter(options) { pause in log.pauses.withLock { $0.append(pause) } }
    }

    @Test func whatWasReadIsPaidForWithTime() {
        let log = Log()
        let meter = meter(limit: 1 << 20, log)
        meter.note(1 << 20)
        meter.note(1 << 20)
        let pauses = log.pauses.withLock { $0 }
        #expect(pauses.count == 2)
        // A read may come a little early, to make up for pauses that took too long.
        #expect(pauses.first.map { $0 >= .milliseconds(950) && $0 <= .seconds(1) } == true)
        // The second read begins after the first one was paid for, or later.
        #expect(pauses.last.map { $0 >= .milliseconds(950) && $0 <= .seconds(2) } == true)
    }

    @Test func withoutALimitNobodyWaits() {
        let log = Log()
        let meter = meter(limit: nil, log)
        for _ in 0..<100 { meter.note(1 << 20) }
        #expect(log.pauses.withLock { $0.isEmpty })
    }

    @Test func theFirstReadIsReportedAndNoReportGoesBeyondTheTotal() {
        let log = Log()
        let meter = meter(limit: nil, log)
        meter.expect(10)
        meter.note(25)
        #expect(
            log.reports.withLock { $0 }
                == [VerificationProgress(readByteCount: 10, totalByteCount: 10)])
    }

    @Test(arguments: [0, 1, UInt64.max], [0, 1, Int.max])
    func extremeNumbersAreHarmless(limit: UInt64, count: Int) {
        let log = Log()
        let meter = meter(limit: limit, log)
        meter.expect(.max)
        meter.note(count)
        meter.note(count)
        #expect(log.pauses.withLock { $0.allSatisfy { $0 > .zero && $0 <= .seconds(121) } })
    }
}
