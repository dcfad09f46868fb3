#if Service
    import AsyncWAL
    import Conformance
    import CoreMetrics
    import Foundation
    import InMemoryLogging
    import Logging
    import MetricsTestKit
    import RaftWALService
    import SegmentBackend
    import Synchronization
    import Testing
    import WALProtocol

    @Suite struct MetricsTests {
        private func inline(
            _ strategy: FlushStrategy, _ change: (inout AsyncLog.Options) -> Void = { _ in }
        ) throws -> Fixture {
            try Fixture {
                $0.log.worker = .inline
                $0.log.strategy = strategy
                change(&$0.log)
            }
        }

        @Test func everyAppendIsTimed() async throws {
            let fixture = try inline(.everyWrite)
            for _ in 0..<3 { _ = try await fixture.log.append([1], term: 1) }
            #expect(try fixture.timer("append_duration").count == 3)
            #expect(try fixture.timer("append_duration").allSatisfy { $0 > 0 })
        }

        @Test func openingIsTimed() throws {
            let fixture = try inline(.everyWrite)
            let (seconds, attoseconds) = fixture.log.recoveryReport.duration.components
            let expected = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
            #expect(try fixture.timer("recovery_duration") == [expected])
            #expect(expected > 0)
        }

        @Test func syncsAreCountedWithWhatTheyMadeDurable() async throws {
            let events = Mutex<[SyncEvent]>([])
            let fixture = try inline(.manual) {
                $0.onEvent = { event in
                    if case .synced(let sync) = event { events.withLock { $0.append(sync) } }
                }
            }
            for _ in 0..<5 { _ = try await fixture.log.submit([1, 2, 3], term: 1) }
            #expect(try fixture.counter("syncs") == 0)
            try await fixture.log.sync()
            _ = try await fixture.log.submit([1, 2, 3, 4], term: 1)
            try await fixture.log.sync()
            #expect(try fixture.counter("syncs") == 2)
            #expect(try fixture.counter("durable_writes") == 6)
            #expect(try fixture.counter("durable_bytes") == 19)
            #expect(try fixture.counter("slow_syncs") == 0)
            let sizes = try fixture.metrics.expectRecorder("raft_wal_group_size", [("log", "raft")])
            #expect(sizes.aggregate && sizes.values == [5, 1])
            let told = events.withLock { $0 }
            #expect(
                try fixture.timer("sync_duration") == told.map { nanoseconds($0.duration) })
            #expect(
                try fixture.timer("queueing_duration") == told.map { nanoseconds($0.queueing) })
        }

        private func nanoseconds(_ duration: Duration) -> Int64 {
            Int64(duration / .nanoseconds(1))
        }

        @Test func slowSyncsAreCounted() async throws {
            let fixture = try inline(.everyWrite) { $0.slowSyncThreshold = .zero }
            for _ in 0..<3 { _ = try await fixture.log.append([1], term: 1) }
            #expect(try fixture.counter("slow_syncs") == 3)
        }

        @Test func failedSyncsAreCounted() async throws {
            let fixture = try inline(.everyWrite)
            #expect(try fixture.gauge("poisoned") == 0)
            fixture.disk.fail([.sync], with: 5)
            await #expect(throws: LogStoreError.self) {
                _ = try await fixture.log.append([1], term: 1)
            }
            #expect(try fixture.counter("failed_syncs") == 1)
            #expect(try fixture.counter("syncs") == 0)
            #expect(try fixture.gauge("poisoned") == 1)
        }

        @Test func whatIsSampledIsCountedOnce() async throws {
            let fixture = try inline(.manual)
            for _ in 0..<4 { _ = try await fixture.log.submit([1, 2, 3], term: 1) }
            await #expect(throws: LogStoreError.self) {
                _ = try await fixture.log.submit(
                    Entry(position: LogPosition(term: 1, index: 9), payload: [1]))
            }
            #expect(try fixture.counter("accepted_writes") == 0)
            fixture.service.recordStatistics()
            fixture.service.recordStatistics()
            #expect(try fixture.counter("accepted_writes") == 4)
            #expect(try fixture.counter("accepted_bytes") == 12)
            #expect(try fixture.counter("refused_writes") == 1)
            #expect(try fixture.gauge("pending_bytes") == 12)
            #expect(try fixture.gauge("entries") == 4)
            let footprint = fixture.log.statistics.store.memoryFootprint
            #expect(try footprint > 0 && fixture.gauge("memory_bytes") == Double(footprint))
            #expect(try fixture.gauge("segments") == 1 && fixture.counter("reads") == 0)
            for index in 1...4 as ClosedRange<LogIndex> {
                // A reader tells what it read when it goes.
                #expect(try fixture.log.reader().entry(at: index).payload == [1, 2, 3])
            }
            try await fixture.log.sync()
            fixture.service.recordStatistics()
            #expect(try fixture.counter("reads") == 4)
            #expect(try fixture.counter("file_reads") == 0)
            #expect(try fixture.counter("file_read_bytes") == 0)
            #expect(try fixture.counter("accepted_writes") == 4)
            #expect(try fixture.gauge("pending_bytes") == 0)
        }

        @Test func whoWaitsIsSampled() async throws {
            let fixture = try inline(.manual)
            let receipt = try await fixture.log.submit([1], term: 1)
            receipt.whenDurable { _ in }
            receipt.whenDurable { _ in }
            fixture.service.recordStatistics()
            #expect(try fixture.gauge("waiters") == 2)
        }

        @Test func writersThatAreHeldBackAreCounted() async throws {
            let depths = Mutex<[Int]>([])
            let service = Mutex<LogService?>(nil)
            let fixture = try inline(.manual) {
                $0.maximumPendingByteCount = 10
                $0.onEvent = { event in
                    guard case .writerHeldBack = event, let service = service.withLock({ $0 })
                    else { return }
                    // It stands in the queue at this moment.
                    service.recordStatistics()
                    depths.withLock { $0.append(service.log.statistics.queueDepth) }
                }
            }
            service.withLock { $0 = fixture.service }
            _ = try await fixture.log.submit([UInt8](repeating: 1, count: 10), term: 1)
            #expect(try fixture.counter("writers_held_back") == 0)
            _ = try await fixture.log.submit([UInt8](repeating: 1, count: 10), term: 1)
            #expect(try fixture.counter("writers_held_back") == 1)
            #expect(depths.withLock { $0 } == [1])
            #expect(try fixture.gauge("queue_depth") == 1)
            fixture.service.recordStatistics()
            #expect(try fixture.gauge("queue_depth") == 0)
            service.withLock { $0 = nil }
        }

        @Test func runningSamplesAtOnceAndAtTheEnd() async throws {
            let fixture = try Fixture { $0.statisticsInterval = .seconds(3600) }
            let running = Task { try await fixture.service.run() }
            while try fixture.gauge("pending_bytes") == nil { await Task.yield() }
            for _ in 0..<7 { _ = try await fixture.log.append([1], term: 1) }
            running.cancel()
            try await running.value
            #expect(try fixture.counter("accepted_writes") == 7)
            #expect(try fixture.gauge("entries") == 7)
        }

        @Test func logsAreToldApartByTheirNames() async throws {
            let metrics = TestMetrics()
            var options = LogService.Options()
            options.log.worker = .inline
            for name in ["a", "b"] {
                let service = try LogService(
                    named: name, options: options,
                    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                    metrics: metrics
                ) { try Fixture.store(on: SimulatedDisk()) }
                for _ in 0..<(name == "a" ? 1 : 2) {
                    _ = try await service.log.append([1], term: 1)
                }
            }
            #expect(try metrics.expectCounter("raft_wal_syncs", [("log", "a")]).totalValue == 1)
            #expect(try metrics.expectCounter("raft_wal_syncs", [("log", "b")]).totalValue == 2)
        }

        @Test func withoutMetricsNothingIsTimed() throws {
            let service = try LogService(
                named: "raft", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                metrics: NOOPMetricsHandler.instance
            ) { try Fixture.store(on: SimulatedDisk()) }
            #expect(service.log.options.onAcknowledged == nil)
        }

        @Test func hooksOfTheUserAreCalledToo() async throws {
            let events = Atomic(0)
            let times = Atomic(0)
            let fixture = try inline(.everyWrite) {
                $0.onEvent = { _ in events.wrappingAdd(1, ordering: .relaxed) }
                $0.onAcknowledged = { _ in times.wrappingAdd(1, ordering: .relaxed) }
            }
            _ = try await fixture.log.append([1], term: 1)
            _ = try await fixture.log.append([1], term: 1)
            try await fixture.log.close()
            #expect(events.load(ordering: .relaxed) == 3)
            #expect(times.load(ordering: .relaxed) == 2)
            #expect(try fixture.counter("syncs") == 2)
        }

        @Test func theTableNamesEveryMetric() throws {
            let fixture = try Fixture()
            let source = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../Sources/RaftWALService/LogService.swift")
            let rows = try String(contentsOf: source, encoding: .utf8)
                .matches(of: /\| `(raft_wal_[a-z_]+)` \| ([a-z]+) \|/)
            let documented = rows.map { "\($0.output.2) \($0.output.1)" }.sorted()
            var made = fixture.metrics.counters.map { "counter \($0.label)" }
            made += fixture.metrics.timers.map { "timer \($0.label)" }
            for recorder in fixture.metrics.recorders {
                made.append("\(recorder.aggregate ? "recorder" : "gauge") \(recorder.label)")
            }
            #expect(documented == made.sorted() && !made.isEmpty)
        }
    }
#endif
