/// A moment after which nothing new is begun.
struct Deadline: Sendable {
    private let end: ContinuousClock.Instant?

    /// - Parameter seconds: From now; infinite for never.
    init(seconds: Double) {
        end = seconds.isFinite ? ContinuousClock.now + .seconds(seconds) : nil
    }

    var hasPassed: Bool { end.map { ContinuousClock.now >= $0 } ?? false }
}
