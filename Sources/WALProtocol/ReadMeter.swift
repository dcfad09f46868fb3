internal import Synchronization

/// Counts the bytes that a verification reads on all its threads, says so, and slows them down.
package final class ReadMeter: Sendable {
    /// What passes between two reports, in nanoseconds.
    private static let reportInterval: Int64 = 100_000_000
    /// Nobody waits longer for one read, whatever the limit is, in nanoseconds.
    private static let longestPause: UInt64 = 60_000_000_000
    /// By so much a read may come early, in nanoseconds.
    private static let allowance: UInt64 = 50_000_000

    private let options: VerificationOptions
    private let pause: @Sendable (Duration) -> Void
    private let start = ContinuousClock.now
    private let readByteCount = Atomic<UInt64>(0)
    private let totalByteCount = Atomic<UInt64>(0)
    /// When the next read may begin, in nanoseconds from the start.
    private let nextRead = Atomic<UInt64>(0)
    private let nextReport = Atomic<Int64>(0)
    private let isReporting = Atomic<Bool>(false)

    /// Makes a meter.
    ///
    /// - Parameter pause: Blocks the calling thread.
    package init(_ options: VerificationOptions, pause: @escaping @Sendable (Duration) -> Void) {
        self.options = options
        self.pause = pause
    }

    /// Says how many bytes are still to be read.
    package func expect(_ byteCount: UInt64) {
        let (total, overflow) = readByteCount.load(ordering: .relaxed)
            .addingReportingOverflow(byteCount)
        totalByteCount.store(overflow ? 0 : total, ordering: .relaxed)
    }

    /// Notes that so many bytes were read, and returns when more may be.
    package func note(_ byteCount: Int) {
        let count = UInt64(clamping: byteCount)
        let read = readByteCount.wrappingAdd(count, ordering: .relaxed).newValue
        if options.progress != nil { report(read) }
        if let limit = options.byteLimitPerSecond { wait(count, limit) }
    }

    private func report(_ read: UInt64) {
        let now = nanoseconds
        guard now >= nextReport.load(ordering: .relaxed),
            isReporting.compareExchange(
                expected: false, desired: true, ordering: .acquiring
            ).exchanged
        else { return }
        nextReport.store(now + Self.reportInterval, ordering: .relaxed)
        let total = totalByteCount.load(ordering: .relaxed)
        options.progress?(
            VerificationProgress(
                readByteCount: total > 0 ? min(read, total) : read,
                totalByteCount: total > 0 ? total : nil))
        isReporting.store(false, ordering: .releasing)
    }

    /// All threads draw from one account: what was read has to be paid for with time.
    private func wait(_ count: UInt64, _ limit: UInt64) {
        let share = count.multipliedFullWidth(by: 1_000_000_000)
        let limit = max(limit, 1)
        let cost =
            share.high < limit
            ? min(limit.dividingFullWidth(share).quotient, Self.longestPause) : Self.longestPause
        var place = nextRead.load(ordering: .relaxed)
        while true {
            let now = UInt64(clamping: nanoseconds)
            // Time in which nothing was read is not saved up, beyond what a pause takes too long.
            let begin = max(place, now - min(now, Self.allowance))
            let end = begin.addingReportingOverflow(cost).partialValue
            let result = nextRead.compareExchange(
                expected: place, desired: end, ordering: .relaxed)
            if result.exchanged {
                if end > now { pause(.nanoseconds(Int64(clamping: end - now))) }
                return
            }
            place = result.original
        }
    }

    private var nanoseconds: Int64 {
        let passed = (ContinuousClock.now - start).components
        return passed.seconds * 1_000_000_000 + passed.attoseconds / 1_000_000_000
    }
}
