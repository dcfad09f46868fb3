#if Service
    internal import AsyncWAL
    internal import CoreMetrics
    internal import Synchronization
    internal import WALProtocol

    /// The metrics of a log; ``LogService`` has the table.
    final class LogMetrics: Sendable {
        let recoveryDuration: Timer
        let appendDuration: Timer
        private let queueingDuration: Timer
        private let syncDuration: Timer
        private let groupSize: Recorder
        private let syncs: Counter
        private let slowSyncs: Counter
        private let failedSyncs: Counter
        private let durableWrites: Counter
        private let durableBytes: Counter
        private let writersHeldBack: Counter
        private let acceptedWrites: Counter
        private let acceptedBytes: Counter
        private let refusedWrites: Counter
        private let pendingBytes: Gauge
        private let queueDepth: Gauge
        private let waiters: Gauge
        private let memoryBytes: Gauge
        private let entries: Gauge
        private let segments: Gauge
        private let reads: Counter
        private let fileReads: Counter
        private let fileReadBytes: Counter
        private let poisoned: Gauge

        /// What the counters say that are sampled.
        private let recorded = Mutex(LogStatistics())

        init(named name: String, by factory: any MetricsFactory) {
            let dimensions = [("log", name)]
            func timer(_ label: String) -> Timer {
                Timer(label: label, dimensions: dimensions, factory: factory)
            }
            func counter(_ label: String) -> Counter {
                Counter(label: label, dimensions: dimensions, factory: factory)
            }
            func gauge(_ label: String) -> Gauge {
                Gauge(label: label, dimensions: dimensions, factory: factory)
            }
            recoveryDuration = timer("raft_wal_recovery_duration")
            appendDuration = timer("raft_wal_append_duration")
            queueingDuration = timer("raft_wal_queueing_duration")
            syncDuration = timer("raft_wal_sync_duration")
            groupSize = Recorder(
                label: "raft_wal_group_size", dimensions: dimensions, aggregate: true,
                factory: factory)
            syncs = counter("raft_wal_syncs")
            slowSyncs = counter("raft_wal_slow_syncs")
            failedSyncs = counter("raft_wal_failed_syncs")
            durableWrites = counter("raft_wal_durable_writes")
            durableBytes = counter("raft_wal_durable_bytes")
            writersHeldBack = counter("raft_wal_writers_held_back")
            acceptedWrites = counter("raft_wal_accepted_writes")
            acceptedBytes = counter("raft_wal_accepted_bytes")
            refusedWrites = counter("raft_wal_refused_writes")
            pendingBytes = gauge("raft_wal_pending_bytes")
            queueDepth = gauge("raft_wal_queue_depth")
            waiters = gauge("raft_wal_waiters")
            memoryBytes = gauge("raft_wal_memory_bytes")
            entries = gauge("raft_wal_entries")
            segments = gauge("raft_wal_segments")
            reads = counter("raft_wal_reads")
            fileReads = counter("raft_wal_file_reads")
            fileReadBytes = counter("raft_wal_file_read_bytes")
            poisoned = gauge("raft_wal_poisoned")
            poisoned.record(0)
        }

        func note(_ event: LogEvent) {
            switch event {
            case .synced(let sync):
                syncs.increment()
                if sync.isSlow { slowSyncs.increment() }
                durableWrites.increment(by: sync.writeCount)
                durableBytes.increment(by: sync.byteCount)
                groupSize.record(sync.writeCount)
                queueingDuration.record(sync.queueing)
                syncDuration.record(sync.duration)
            case .syncFailed:
                failedSyncs.increment()
            case .poisoned:
                failedSyncs.increment()
                poisoned.record(1)
            case .writerHeldBack:
                writersHeldBack.increment()
            case .closed:
                break
            }
        }

        /// Brings what is sampled up to date.
        func record(_ log: AsyncLog) {
            recorded.withLock { last in
                // Taken under the lock, so that counters never have to go back.
                let now = log.statistics
                acceptedWrites.increment(by: now.acceptedWriteCount - last.acceptedWriteCount)
                acceptedBytes.increment(by: now.acceptedByteCount - last.acceptedByteCount)
                refusedWrites.increment(by: now.refusedWriteCount - last.refusedWriteCount)
                pendingBytes.record(now.pendingByteCount)
                queueDepth.record(now.queueDepth)
                waiters.record(now.waiterCount)
                memoryBytes.record(now.store.memoryFootprint)
                segments.record(now.store.segmentCount)
                reads.increment(from: last.store.readCount, to: now.store.readCount)
                fileReads.increment(from: last.store.fileReadCount, to: now.store.fileReadCount)
                fileReadBytes.increment(
                    from: last.store.fileReadByteCount, to: now.store.fileReadByteCount)
                entries.record(log.state.count)
                last = now
            }
        }
    }

    extension Counter {
        /// Counts what somebody else counted meanwhile, if anybody does.
        func increment(from old: UInt64?, to new: UInt64?) {
            if let new { increment(by: new - min(new, old ?? 0)) }
        }
    }

    extension Timer {
        func record(_ duration: Duration) {
            let (seconds, attoseconds) = duration.components
            let (nanoseconds, isOver) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
            recordNanoseconds(isOver ? .max : nanoseconds + attoseconds / 1_000_000_000)
        }
    }

    extension MetricsFactory {
        /// Whether it makes metrics that nobody will see.
        var isNothing: Bool { self is NOOPMetricsHandler }
    }
#endif
