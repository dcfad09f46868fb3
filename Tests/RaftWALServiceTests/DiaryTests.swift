#if Service
    import AsyncWAL
    import Conformance
    import InMemoryLogging
    import Logging
    @testable import RaftWALService
    import Testing
    import WALProtocol

    @Suite struct DiaryTests {
        private func inline(
            _ change: (inout LogService.Options) -> Void = { _ in }
        ) throws -> Fixture {
            try Fixture {
                $0.log.worker = .inline
                change(&$0)
            }
        }

        // MARK: - Opening

        @Test func aCleanLifeIsThreeLines() async throws {
            let fixture = try inline()
            for _ in 0..<10 { _ = try await fixture.log.append([1], term: 1) }
            let running = Task { try await fixture.service.run() }
            running.cancel()
            try await running.value
            #expect(fixture.lines.entries.map(\.level) == [.info, .info, .info])
            #expect(fixture.messages(.info) == ["opened", "closing", "closed"])
            #expect(fixture.metadata(.info).allSatisfy { $0["log"] == "raft" })
        }

        @Test func anOpeningAfterACrashIsANotice() async throws {
            let before = try inline()
            _ = try await before.log.append([1], term: 1)
            let fixture = try Fixture(on: before.disk.afterProcessDeath())
            #expect(fixture.messages(.notice) == ["opened after a crash"])
            #expect(fixture.metadata(.notice).first?["entries"] == "1")
            #expect(fixture.messages(.info).isEmpty)
        }

        /// The one line about an opening with this report.
        private func line(_ change: (inout RecoveryReport) -> Void) -> InMemoryLogHandler.Entry? {
            let lines = InMemoryLogHandler()
            let diary = LogDiary(
                Logger(label: "test") { _ in lines }, named: "raft",
                repetitionInterval: .seconds(1), now: { .now })
            var report = RecoveryReport()
            change(&report)
            diary.noteOpening(report)
            #expect(lines.entries.count == 1)
            return lines.entries.first
        }

        @Test func aTornTailIsANoticeThatSaysWhatWasCut() {
            let line = line {
                $0.stoppedCleanly = false
                $0.verdict = .provablyUnacknowledged
                $0.tornByteCount = 77
                $0.tornFromIndex = 5
                $0.findings = [.init(.tornTail, file: "000001.seg")]
                $0.quarantined = ["quarantine/x"]
            }
            #expect(line?.level == .notice)
            #expect(line?.message == "opened after a crash; a torn tail was cut")
            #expect(line?.metadata["cut_bytes"] == "77")
            #expect(line?.metadata["cut_from"] == "5")
            #expect(line?.metadata["findings"] == .array(["tornTail 000001.seg"]))
            #expect(line?.metadata["quarantined"] == .array(["quarantine/x"]))
            #expect(line?.metadata["must_catch_up_before_voting"] == nil)
        }

        @Test func anAmbiguousCutIsAWarning() {
            let line = line {
                $0.stoppedCleanly = false
                $0.verdict = .ambiguous
            }
            #expect(line?.level == .warning)
            #expect(line?.metadata["verdict"] == "ambiguous")
            #expect(line?.metadata["must_catch_up_before_voting"] == "true")
        }

        @Test func aLossIsAnErrorThatNamesIt() {
            let line = line { $0.lostRanges = [LostRange(indexes: 3..<9)] }
            #expect(line?.level == .error)
            #expect(line?.metadata["lost"] == .array(["3..<9"]))
        }

        /// What is written when opening throws.
        private func line(failing error: LogStoreError) -> InMemoryLogHandler.Entry? {
            let lines = InMemoryLogHandler()
            #expect(throws: error) {
                _ = try LogService(named: "raft", logger: Logger(label: "test") { _ in lines }) {
                    throw error
                }
            }
            #expect(lines.entries.count == 1)
            return lines.entries.first
        }

        @Test func damageIsCritical() {
            let line = line(failing: .corrupt("a checksum", file: "/store/000001.seg", index: 4))
            #expect(line?.level == .critical)
            #expect(line?.metadata["code"] == "corrupt")
            #expect(line?.metadata["file"] == "/store/000001.seg")
        }

        @Test func aStoreThatIsLockedIsAnError() {
            #expect(line(failing: LogStoreError(.locked, "in use"))?.level == .error)
        }

        // MARK: - Running

        @Test func aFailedSyncIsLoggedOnce() async throws {
            let fixture = try inline()
            fixture.disk.fail([.sync], with: 5)
            for _ in 0..<3 {
                await #expect(throws: LogStoreError.self) {
                    _ = try await fixture.log.append([1], term: 1)
                }
            }
            #expect(fixture.messages(.critical).count == 1)
            #expect(fixture.metadata(.critical).first?["code"] == "poisoned")
            #expect(fixture.messages(.error).isEmpty)
        }

        @Test func syncsThatFailForNowAreLoggedUntilTheyWorkAgain() async throws {
            let fixture = try inline { $0.repetitionInterval = .seconds(10) }
            fixture.disk.fail([.write], with: 28)
            for _ in 0..<4 {
                await #expect(throws: LogStoreError.self) {
                    _ = try await fixture.log.append([1], term: 1)
                }
            }
            #expect(fixture.messages(.error) == ["a sync failed and will be tried again"])
            #expect(fixture.metadata(.error).first?["code"] == "noSpace")
            // An append that finds the last sync failed may try more than once.
            let failed = try fixture.counter("failed_syncs")
            #expect(failed >= 4)
            fixture.clock.advance(by: .seconds(10))
            await #expect(throws: LogStoreError.self) {
                _ = try await fixture.log.append([1], term: 1)
            }
            #expect(fixture.metadata(.error).map { $0["left_out"] } == [nil, "\(failed - 1)"])
            fixture.disk.fault = nil
            for _ in 0..<2 { _ = try await fixture.log.append([1], term: 1) }
            #expect(fixture.messages(.notice) == ["syncs work again"])
            #expect(try fixture.gauge("poisoned") == 0)
        }

        @Test func slowSyncsAreLoggedOnceInAnInterval() async throws {
            let fixture = try inline {
                $0.log.slowSyncThreshold = .zero
                $0.repetitionInterval = .seconds(10)
            }
            for _ in 0..<5 { _ = try await fixture.log.append([1], term: 1) }
            #expect(fixture.messages(.warning) == ["a slow sync"])
            fixture.clock.advance(by: .seconds(10))
            for _ in 0..<2 { _ = try await fixture.log.append([1], term: 1) }
            #expect(fixture.metadata(.warning).map { $0["left_out"] } == [nil, "4"])
        }

        @Test func writersThatAreHeldBackAreLoggedOnceInAnInterval() async throws {
            let fixture = try inline {
                $0.log.strategy = .manual
                $0.log.maximumPendingByteCount = 10
            }
            for _ in 0..<4 {
                _ = try await fixture.log.submit([UInt8](repeating: 1, count: 10), term: 1)
            }
            #expect(
                fixture.messages(.warning) == ["a writer waits because too much is not durable yet"]
            )
            #expect(fixture.metadata(.warning).first?["pending_bytes"] == "10")
            #expect(try fixture.counter("writers_held_back") == 3)
        }

        // MARK: - Options

        @Test func intervalsThatMakeNoSenseAreRefused() {
            #expect(throws: LogStoreError(.invalidArgument, "")) {
                try Fixture { $0.statisticsInterval = .zero }
            }
            #expect(throws: LogStoreError(.invalidArgument, "")) {
                try Fixture { $0.repetitionInterval = .seconds(-1) }
            }
        }
    }
#endif
