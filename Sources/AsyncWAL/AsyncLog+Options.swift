internal import WALProtocol

extension AsyncLog {
    /// How a log is driven.
    public struct Options: Sendable {
        /// When writes become durable, and what calls wait for.
        public var strategy: FlushStrategy = .everyWrite
        /// The bytes that may be accepted and not durable yet; who comes with more waits.
        ///
        /// One write is always admitted, whatever its size.
        public var maximumPendingByteCount = 64 << 20
        /// How long a sync may be held up so that as many writers join it as the last time.
        ///
        /// Nothing is held up for a single writer.
        public var maximumLinger: Duration = .microseconds(50)
        /// A sync that takes longer than this is reported as slow.
        public var slowSyncThreshold: Duration = .milliseconds(100)
        /// Where syncs are performed.
        public var worker: Worker = .thread
        /// Told what happens, on the worker, outside of all locks; it should not take long.
        public var onEvent: (@Sendable (LogEvent) -> Void)?
        /// Told how long each call took that appends or changes something and waits as the strategy
        /// says, if it went well; on the task of the caller, just before it returns.
        ///
        /// No clock is read without it. A ``AsyncLog/submit(_:term:kind:)`` is not timed: how long
        /// it takes to become durable is in ``SyncEvent``.
        public var onAcknowledged: (@Sendable (Duration) -> Void)?

        /// The defaults: nothing acknowledged is ever lost.
        public init() {}

        func validate() throws(LogStoreError) {
            if case .interval(let interval) = strategy, interval <= .zero {
                throw .invalidArgument("the interval between syncs has to be longer than nothing")
            }
            guard maximumPendingByteCount > 0, maximumLinger >= .zero else {
                throw .invalidArgument("pending bytes and linger cannot be negative")
            }
        }
    }

    /// Where the slow half of the work is done.
    public enum Worker: Hashable, Sendable {
        /// On a thread of its own, which no task waits for on a thread of the cooperative pool.
        case thread
        /// By whoever calls, before the call returns: for simulations, where every run is the same.
        ///
        /// The interval strategy then syncs with the first call after an interval.
        case inline
    }
}
