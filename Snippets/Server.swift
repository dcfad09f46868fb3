// The log as a service of a server: measured, logged, and closed after whoever writes to it.

#if Service
    import AsyncWAL
    import CoreMetrics
    import Logging
    import RaftWALService
    import SegmentBackend
    import ServiceLifecycle
    import Synchronization

    /// A service that writes, and ends when it has written or is asked to.
    struct Writer: Service {
        let log: AsyncLog

        func run() async throws {
            for number in 1...100 where !Task.isShuttingDownGracefully {
                _ = try await log.append(Array("command \(number)".utf8), term: 1)
            }
        }
    }

    /// Adds up what it is told; a real server bootstraps a client of Prometheus or StatsD here.
    final class Totals: MetricsFactory {
        final class Total: CounterHandler, RecorderHandler, TimerHandler {
            private let amount = Mutex(0.0)
            private let isLatest: Bool

            init(isLatest: Bool = false) { self.isLatest = isLatest }

            var value: Double { amount.withLock { $0 } }

            func record(_ value: Double) { amount.withLock { $0 = isLatest ? value : $0 + value } }
            func record(_ value: Int64) { record(Double(value)) }
            func increment(by amount: Int64) { record(Double(amount)) }
            func recordNanoseconds(_ duration: Int64) { record(Double(duration)) }
            func reset() {}
        }

        private let totals = Mutex<[String: Total]>([:])

        var values: [String: Double] { totals.withLock { $0.mapValues(\.value) } }

        private func make(_ label: String, isLatest: Bool = false) -> Total {
            totals.withLock { totals in
                let total = totals[label] ?? Total(isLatest: isLatest)
                totals[label] = total
                return total
            }
        }

        func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
            make(label)
        }
        func makeRecorder(
            label: String, dimensions: [(String, String)], aggregate: Bool
        ) -> any RecorderHandler { make(label, isLatest: !aggregate) }
        func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
            make(label)
        }
        func destroyCounter(_ handler: any CounterHandler) {}
        func destroyRecorder(_ handler: any RecorderHandler) {}
        func destroyTimer(_ handler: any TimerHandler) {}
    }

    let totals = Totals()
    MetricsSystem.bootstrap(totals)
    let logger = Logger(label: "server")

    let service = try LogService(named: "raft", logger: logger) {
        try SegmentStore(at: "server-log")
    }
    // Shut down from the last to the first: the writer, then the log.
    let group = ServiceGroup(
        configuration: .init(
            services: [
                .init(service: service),
                .init(
                    service: Writer(log: service.log),
                    successTerminationBehavior: .gracefullyShutdownGroup),
            ],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger))
    try await group.run()

    for (name, value) in totals.values.sorted(by: { $0.key < $1.key }) { print(name, value) }
    let reopened = try SegmentStore(at: "server-log")
    precondition(reopened.recoveryReport.stoppedCleanly && reopened.state.last?.index == 100)
    precondition(totals.values["raft_wal_durable_writes"] == 100)
    try reopened.close()
#endif
