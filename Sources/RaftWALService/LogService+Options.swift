#if Service
    public import AsyncWAL
    internal import WALProtocol

    extension LogService {
        /// How a log is driven and watched.
        public struct Options: Sendable {
            /// How the log is driven.
            public var log = AsyncLog.Options()
            /// How often sampled metrics are brought up to date while the service runs.
            public var statisticsInterval: Duration = .seconds(10)
            /// How often the same thing is logged again; what comes meanwhile is counted.
            public var repetitionInterval: Duration = .seconds(10)
            /// Whether the service ends, with an error, when a sync failed for good.
            ///
            /// Nothing is accepted any more by then. Without it reads go on until somebody ends the
            /// program.
            public var endsWhenPoisoned = true

            /// The defaults.
            public init() {}

            func validate() throws(LogStoreError) {
                guard statisticsInterval > .zero, repetitionInterval >= .zero else {
                    throw LogStoreError(
                        .invalidArgument, "metrics cannot be brought up to date all the time")
                }
            }
        }
    }
#endif
