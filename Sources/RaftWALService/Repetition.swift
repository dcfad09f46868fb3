#if Service
    /// Lets one of the things through that come again and again, in an interval, and counts the rest.
    struct Repetition {
        private let interval: Duration
        private var next: ContinuousClock.Instant?
        private var leftOut = 0

        init(interval: Duration) { self.interval = interval }

        /// How many were left out since the last one that was let through; `nil` to leave this out.
        mutating func admit(at now: ContinuousClock.Instant) -> Int? {
            if let next, now < next {
                leftOut += 1
                return nil
            }
            defer { leftOut = 0 }
            next = now + interval
            return leftOut
        }
    }
#endif
