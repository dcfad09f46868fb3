#if Service
    public import AsyncWAL
    public import CoreMetrics
    public import Logging
    public import ServiceLifecycle
    internal import Synchronization
    public import WALProtocol

    /// An ``AsyncLog`` as a service: it is closed when the program ends, measured and logged.
    ///
    /// Make it before the services that write to its ``log``, and list it before them in the
    /// `ServiceGroup`: a group shuts its services down from the last to the first, so that the log
    /// goes on accepting until nobody writes any more. If the group is *cancelled* there is no such
    /// order, and who still writes then gets `closed`.
    ///
    /// Metrics are made by the factory that is there when the service is: bootstrap first. Each has
    /// the dimension `log`, the name of the log.
    ///
    /// | metric | kind | what | when |
    /// |---|---|---|---|
    /// | `raft_wal_recovery_duration` | timer | how long opening the store took | once |
    /// | `raft_wal_append_duration` | timer | calls of `append`, `write` and the like that went well | each call |
    /// | `raft_wal_queueing_duration` | timer | from the first write that a sync covers to its beginning | each sync |
    /// | `raft_wal_sync_duration` | timer | syncs that went well | each sync |
    /// | `raft_wal_group_size` | recorder | writes that one sync made durable | each sync |
    /// | `raft_wal_syncs` | counter | syncs that went well | each sync |
    /// | `raft_wal_slow_syncs` | counter | those that took longer than `slowSyncThreshold` | each sync |
    /// | `raft_wal_failed_syncs` | counter | syncs that failed, for now or for good | each failure |
    /// | `raft_wal_durable_writes` | counter | writes that became durable | each sync |
    /// | `raft_wal_durable_bytes` | counter | their payloads, keys and values | each sync |
    /// | `raft_wal_writers_held_back` | counter | callers that waited because too much was pending | each one |
    /// | `raft_wal_accepted_writes` | counter | writes that were accepted | sampled |
    /// | `raft_wal_accepted_bytes` | counter | their payloads, keys and values | sampled |
    /// | `raft_wal_refused_writes` | counter | writes that the store refused | sampled |
    /// | `raft_wal_pending_bytes` | gauge | bytes accepted and not durable | sampled |
    /// | `raft_wal_queue_depth` | gauge | callers that wait to be accepted | sampled |
    /// | `raft_wal_waiters` | gauge | callers that wait for durability | sampled |
    /// | `raft_wal_segments` | gauge | files that hold the log | sampled |
    /// | `raft_wal_reads` | counter | entries that were read, by all readers | sampled |
    /// | `raft_wal_file_reads` | counter | reads from a file: what is left of the reads came from memory | sampled |
    /// | `raft_wal_file_read_bytes` | counter | their bytes | sampled |
    /// | `raft_wal_memory_bytes` | gauge | entries and indexes that the store holds in memory | sampled |
    /// | `raft_wal_entries` | gauge | entries in the log | sampled |
    /// | `raft_wal_poisoned` | gauge | 1 once a sync failed for good | at the start and then |
    ///
    /// What is logged, each with the metadata `log`:
    ///
    /// | level | what |
    /// |---|---|
    /// | info | opened after a clean stop; closing; closed |
    /// | notice | opened after a crash; syncs work again |
    /// | warning | opened with an ambiguous cut; a slow sync; a writer that was held back |
    /// | error | opened with a loss; could not be opened; a sync that failed for now; a close that failed |
    /// | critical | could not be opened because what was acknowledged is damaged; poisoned |
    ///
    /// What can come again and again (slow syncs, writers held back, syncs that fail for now) is
    /// logged once in ``Options/repetitionInterval``, with the number of lines that were left out.
    public final class LogService: Service {
        /// The log, for whoever writes and reads.
        public let log: AsyncLog
        /// The name of the log in metrics and log lines.
        public let name: String

        private let options: Options
        private let observer: LogObserver
        private let hasRun = Atomic<Bool>(false)

        /// Opens a store and takes it over.
        ///
        /// - Parameters:
        ///   - name: The name of the log in metrics and log lines.
        ///   - options: How the log is driven and watched. The hooks in ``Options/log`` are called,
        ///     too, after those of the service.
        ///   - logger: Where lines go.
        ///   - metrics: Who makes the metrics; the present factory of the program if `nil`.
        ///   - open: Opens the store; what it throws is logged.
        /// - Throws: what `open` throws; `invalidArgument` for options that make no sense; `io` if
        ///   there is no thread.
        public convenience init(
            named name: String, options: Options = Options(), logger: Logger,
            metrics: (any MetricsFactory)? = nil,
            opening open: () throws -> sending any LogStore
        ) throws {
            try self.init(
                named: name, options: options, logger: logger, metrics: metrics,
                now: { .now }, opening: open)
        }

        /// Opens a store by a clock of the caller's choosing.
        package init(
            named name: String, options: Options, logger: Logger,
            metrics: (any MetricsFactory)?, now: @escaping @Sendable () -> ContinuousClock.Instant,
            opening open: () throws -> sending any LogStore
        ) throws {
            try options.validate()
            self.name = name
            self.options = options
            let factory = metrics ?? MetricsSystem.factory
            let observer = LogObserver(
                LogMetrics(named: name, by: factory),
                LogDiary(
                    logger, named: name, repetitionInterval: options.repetitionInterval, now: now),
                endsWhenPoisoned: options.endsWhenPoisoned)
            self.observer = observer
            do {
                log = try AsyncLog(
                    try open(), options: observer.watching(options.log, timed: !factory.isNothing))
            } catch {
                observer.diary.noteFailedOpening(error)
                throw error
            }
            observer.noteOpening(log.recoveryReport)
        }

        /// Runs until the program shuts down gracefully, the task is cancelled, or the log comes to
        /// an end; then closes the log: what was accepted becomes durable.
        ///
        /// It runs once. With ``Options/endsWhenPoisoned`` a sync that fails for good is such an
        /// end: the group then goes down as its configuration says, and whoever starts the program
        /// again opens the log anew.
        ///
        /// - Throws: what ``AsyncLog/close()`` throws: what was accepted last may be lost.
        ///   `invalidArgument` if it ran before.
        public func run() async throws {
            guard !hasRun.exchange(true, ordering: .relaxed) else {
                throw LogStoreError(.invalidArgument, "a log service runs once")
            }
            let end = observer.end
            await withTaskCancellationOrGracefulShutdownHandler {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await self.recordRepeatedly() }
                    for await _ in end.stream {}
                    group.cancelAll()
                }
            } onCancelOrGracefulShutdown: {
                end.continuation.finish()
            }
            observer.diary.noteClosing(log.statistics)
            defer { recordStatistics() }
            try await log.close()
        }

        /// Brings what is sampled up to date: before metrics are read, say.
        ///
        /// While the service runs this happens every ``Options/statisticsInterval``.
        public func recordStatistics() { observer.metrics.record(log) }

        private func recordRepeatedly() async {
            while !Task.isCancelled {
                recordStatistics()
                try? await Task.sleep(for: options.statisticsInterval)
            }
        }
    }
#endif
