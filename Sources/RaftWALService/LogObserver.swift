#if Service
    internal import AsyncWAL
    internal import WALProtocol

    /// Hears what happens in a log, and tells metrics, the logger and the service.
    struct LogObserver: Sendable {
        let metrics: LogMetrics
        let diary: LogDiary
        /// Ends when the service should.
        let end = AsyncStream<Void>.makeStream()
        private let endsWhenPoisoned: Bool

        init(_ metrics: LogMetrics, _ diary: LogDiary, endsWhenPoisoned: Bool) {
            self.metrics = metrics
            self.diary = diary
            self.endsWhenPoisoned = endsWhenPoisoned
        }

        /// Options that make a log tell this observer, and then whom they told before.
        func watching(_ options: AsyncLog.Options, timed isTimed: Bool) -> AsyncLog.Options {
            var watched = options
            let (onEvent, onAcknowledged) = (options.onEvent, options.onAcknowledged)
            watched.onEvent = { event in
                note(event)
                onEvent?(event)
            }
            if isTimed {
                watched.onAcknowledged = { duration in
                    metrics.appendDuration.record(duration)
                    onAcknowledged?(duration)
                }
            }
            return watched
        }

        func noteOpening(_ report: RecoveryReport) {
            metrics.recoveryDuration.record(report.duration)
            diary.noteOpening(report)
        }

        private func note(_ event: LogEvent) {
            metrics.note(event)
            diary.note(event)
            switch event {
            case .poisoned where endsWhenPoisoned: end.continuation.finish()
            case .closed: end.continuation.finish()
            default: break
            }
        }
    }
#endif
