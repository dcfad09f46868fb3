#if Service
    import AsyncWAL
    import Conformance
    import Logging
    import RaftWALService
    import SegmentBackend
    import ServiceLifecycle
    import ServiceLifecycleTestKit
    import Testing
    import WALProtocol

    @Suite struct ShutdownTests {
        /// Accepts entries that nothing makes durable but closing.
        private func submit(_ count: Int, to fixture: Fixture) async throws {
            for number in 1...count { _ = try await fixture.log.submit([UInt8(number)], term: 1) }
            #expect(fixture.log.state.durable == nil)
        }

        /// What the next process finds after the power went.
        private func expectEntries(_ count: UInt64, on disk: SimulatedDisk) throws {
            let store = try Fixture.store(on: disk.afterPowerCut(.losesEverything))
            #expect(store.recoveryReport.stoppedCleanly)
            #expect(store.state.last == LogPosition(term: 1, index: count))
            #expect(store.state.count == count)
        }

        @Test func gracefulShutdownDrainsAndSyncs() async throws {
            let fixture = try Fixture { $0.log.strategy = .manual }
            try await testGracefulShutdown { trigger in
                async let running: Void = fixture.service.run()
                try await submit(100, to: fixture)
                trigger.triggerGracefulShutdown()
                try await running
            }
            try expectEntries(100, on: fixture.disk)
            await #expect(throws: LogStoreError.self) {
                try await fixture.log.submit([1], term: 1)
            }
        }

        @Test func cancellationDrainsAndSyncs() async throws {
            let fixture = try Fixture { $0.log.strategy = .manual }
            let running = Task { try await fixture.service.run() }
            try await submit(100, to: fixture)
            running.cancel()
            try await running.value
            try expectEntries(100, on: fixture.disk)
        }

        @Test func aTaskThatWasCancelledBeforeClosesTheLog() async throws {
            let fixture = try Fixture { $0.log.strategy = .manual }
            try await submit(3, to: fixture)
            let running = Task {
                while !Task.isCancelled { await Task.yield() }
                try await fixture.service.run()
            }
            running.cancel()
            try await running.value
            try expectEntries(3, on: fixture.disk)
        }

        /// Writes its last entry when it is told to shut down.
        private struct Writer: Service {
            let log: AsyncLog

            func run() async throws {
                _ = try await log.append([1], term: 1)
                try await gracefulShutdown()
                _ = try await log.append([2], term: 1)
            }
        }

        @Test func theLogOutlivesTheServicesListedAfterIt() async throws {
            let fixture = try Fixture()
            let group = ServiceGroup(
                services: [fixture.service, Writer(log: fixture.log)],
                logger: Logger(label: "group") { _ in SwiftLogNoOpLogHandler() })
            async let running: Void = group.run()
            while fixture.log.state.last == nil { await Task.yield() }
            await group.triggerGracefulShutdown()
            try await running
            try expectEntries(2, on: fixture.disk)
        }

        @Test func aGroupThatIsCancelledClosesTheLog() async throws {
            let fixture = try Fixture { $0.log.strategy = .manual }
            try await submit(5, to: fixture)
            let group = ServiceGroup(
                services: [fixture.service],
                logger: Logger(label: "group") { _ in SwiftLogNoOpLogHandler() })
            let running = Task { try await group.run() }
            while try fixture.gauge("pending_bytes") == nil { await Task.yield() }
            running.cancel()
            try await running.value
            try expectEntries(5, on: fixture.disk)
        }

        @Test func aLogThatIsClosedByOthersEndsTheService() async throws {
            let fixture = try Fixture()
            async let running: Void = fixture.service.run()
            try await fixture.log.close()
            try await running
        }

        @Test func itRunsOnce() async throws {
            let fixture = try Fixture()
            try await fixture.log.close()
            try await fixture.service.run()
            await #expect(throws: LogStoreError(.invalidArgument, "")) {
                try await fixture.service.run()
            }
        }

        @Test func aSyncThatFailsWhileClosingIsTheErrorOfTheService() async throws {
            let fixture = try Fixture { $0.log.strategy = .manual }
            try await submit(1, to: fixture)
            fixture.disk.fail([.sync], with: 5)
            let running = Task { try await fixture.service.run() }
            running.cancel()
            await #expect {
                try await running.value
            } throws: { error in
                (error as? LogStoreError)?.code == .poisoned
            }
            #expect(fixture.messages(.critical).count == 1)
            #expect(fixture.messages(.error) == ["closed; what was accepted last may be lost"])
        }

        @Test func aPoisonedLogEndsTheService() async throws {
            let fixture = try Fixture()
            let running = Task { try await fixture.service.run() }
            fixture.disk.fail([.sync], with: 5)
            await #expect(throws: LogStoreError.self) {
                _ = try await fixture.log.append([1], term: 1)
            }
            await #expect {
                try await running.value
            } throws: { error in
                (error as? LogStoreError)?.code == .poisoned
            }
        }

        @Test func aPoisonedLogGoesOnForReadersIfThatIsWanted() async throws {
            let fixture = try Fixture { $0.endsWhenPoisoned = false }
            _ = try await fixture.log.append([1], term: 1)
            fixture.disk.fail([.sync], with: 5)
            let running = Task { try await fixture.service.run() }
            await #expect(throws: LogStoreError.self) {
                _ = try await fixture.log.append([2], term: 1)
            }
            // The event comes before the line, and nothing after it would end the service.
            while fixture.messages(.critical).isEmpty { await Task.yield() }
            for _ in 0..<100 { await Task.yield() }
            #expect(fixture.messages(.info) == ["opened"])
            #expect(try fixture.log.reader().entry(at: 1).payload == [1])
            running.cancel()
            await #expect(throws: LogStoreError.self) { try await running.value }
        }
    }
#endif
