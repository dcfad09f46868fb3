#if Service
    import AsyncWAL
    import Conformance
    import CoreMetrics
    import InMemoryLogging
    import Logging
    import MetricsTestKit
    import RaftWALService
    import SegmentBackend
    import Synchronization
    import Testing
    import WALProtocol

    /// A service on a simulated disk, with a clock that stands still, and what it tells.
    struct Fixture {
        let disk: SimulatedDisk
        let metrics = TestMetrics()
        let lines = InMemoryLogHandler()
        let service: LogService
        let clock: Clock

        final class Clock: Sendable {
            private let instant = Mutex(ContinuousClock.now)

            var now: ContinuousClock.Instant { instant.withLock { $0 } }

            func advance(by duration: Duration) { instant.withLock { $0 += duration } }
        }

        init(
            on disk: SimulatedDisk = SimulatedDisk(),
            _ change: (inout LogService.Options) -> Void = { _ in }
        ) throws {
            self.disk = disk
            let clock = Clock()
            self.clock = clock
            let lines = lines
            var options = LogService.Options()
            // However busy the machine is.
            options.log.slowSyncThreshold = .seconds(3600)
            change(&options)
            service = try LogService(
                named: "raft", options: options, logger: Logger(label: "test") { _ in lines },
                metrics: metrics, now: { clock.now }
            ) { try Self.store(on: disk) }
        }

        var log: AsyncLog { service.log }

        static func store(on disk: SimulatedDisk) throws(LogStoreError) -> sending SegmentStore {
            var options = SegmentStore.Options()
            options.fileSystem = disk
            options.minimumSegmentByteCount = 64 << 10
            options.maximumSegmentByteCount = 64 << 10
            return try SegmentStore(at: "/store", options: options)
        }

        // MARK: - What it told

        func counter(_ name: String) throws -> Int64 {
            try metrics.expectCounter("raft_wal_\(name)", [("log", "raft")]).totalValue
        }

        func gauge(_ name: String) throws -> Double? {
            try metrics.expectRecorder("raft_wal_\(name)", [("log", "raft")]).lastValue
        }

        func timer(_ name: String) throws -> [Int64] {
            try metrics.expectTimer("raft_wal_\(name)", [("log", "raft")]).values
        }

        /// The lines of a level, in order.
        func messages(_ level: Logger.Level) -> [String] {
            lines.entries.filter { $0.level == level }.map { "\($0.message)" }
        }

        /// The metadata of the lines of a level, in order.
        func metadata(_ level: Logger.Level) -> [Logger.Metadata] {
            lines.entries.filter { $0.level == level }.map(\.metadata)
        }
    }

    extension SimulatedDisk {
        /// Makes operations fail from now on.
        func fail(_ calls: Set<SimulatedCall.Name>, with errno: Int32, isLasting: Bool = true) {
            fault = SimulatedFault(
                at: operationCount, .error(errno), isLasting: isLasting, calls: calls)
        }
    }
#endif
