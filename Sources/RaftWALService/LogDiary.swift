#if Service
    internal import AsyncWAL
    internal import Logging
    internal import Synchronization
    internal import WALProtocol

    /// The lines that a log writes to the program's logger; ``LogService`` has the table.
    final class LogDiary: Sendable {
        /// What was written, as far as it decides what is written next.
        private struct Memory {
            var slowSyncs: Repetition
            var failedSyncs: Repetition
            var heldBack: Repetition
            var isFailing = false
        }

        private let logger: Logger
        private let now: @Sendable () -> ContinuousClock.Instant
        private let memory: Mutex<Memory>

        init(
            _ logger: Logger, named name: String, repetitionInterval: Duration,
            now: @escaping @Sendable () -> ContinuousClock.Instant
        ) {
            var logger = logger
            logger[metadataKey: "log"] = "\(name)"
            self.logger = logger
            self.now = now
            let repetition = Repetition(interval: repetitionInterval)
            memory = Mutex(
                Memory(slowSyncs: repetition, failedSyncs: repetition, heldBack: repetition))
        }

        // MARK: - Opening

        func noteOpening(_ report: RecoveryReport) {
            let metadata = Self.metadata(of: report)
            if report.isLossy {
                logger.error(
                    "opened, but entries or metadata that were acknowledged are gone",
                    metadata: metadata)
            } else if report.verdict == .ambiguous {
                logger.warning(
                    "opened after a crash; what was cut may have been acknowledged",
                    metadata: metadata)
            } else if !report.stoppedCleanly {
                logger.notice(
                    report.verdict == .nothingCut
                        ? "opened after a crash" : "opened after a crash; a torn tail was cut",
                    metadata: metadata)
            } else {
                logger.info("opened", metadata: metadata)
            }
        }

        func noteFailedOpening(_ error: any Error) {
            let known = error as? LogStoreError
            if let known, known.code == .corrupt {
                logger.critical(
                    "could not be opened: what was acknowledged is damaged",
                    metadata: Self.metadata(of: known))
            } else {
                logger.error(
                    "could not be opened",
                    metadata: known.map(Self.metadata(of:)) ?? ["error": "\(error)"])
            }
        }

        // MARK: - Running

        func note(_ event: AsyncWAL.LogEvent) {
            switch event {
            case .synced(let sync): note(sync)
            case .syncFailed(let error):
                let repetition = memory.withLock { memory in
                    memory.isFailing = true
                    return memory.failedSyncs.admit(at: now())
                }
                write(
                    .error, "a sync failed and will be tried again", Self.metadata(of: error),
                    repetition)
            case .poisoned(let error):
                logger.critical(
                    "a sync failed for good; nothing is accepted until the log is opened again",
                    metadata: Self.metadata(of: error))
            case .writerHeldBack(let pendingByteCount):
                let repetition = memory.withLock { $0.heldBack.admit(at: now()) }
                write(
                    .warning, "a writer waits because too much is not durable yet",
                    ["pending_bytes": "\(pendingByteCount)"], repetition)
            case .closed(nil):
                logger.info("closed")
            case .closed(let error?):
                logger.error(
                    "closed; what was accepted last may be lost", metadata: Self.metadata(of: error)
                )
            }
        }

        func noteClosing(_ statistics: LogStatistics) {
            logger.info(
                "closing", metadata: ["pending_bytes": "\(statistics.pendingByteCount)"])
        }

        private func note(_ sync: SyncEvent) {
            let (works, repetition) = memory.withLock { memory in
                defer { memory.isFailing = false }
                return (memory.isFailing, sync.isSlow ? memory.slowSyncs.admit(at: now()) : nil)
            }
            if works { logger.notice("syncs work again") }
            write(
                .warning, "a slow sync",
                [
                    "duration": "\(sync.duration)", "writes": "\(sync.writeCount)",
                    "bytes": "\(sync.byteCount)", "waiters": "\(sync.waiterCount)",
                ], repetition)
        }

        /// Writes a line that may come often, unless it is to be left out.
        private func write(
            _ level: Logger.Level, _ message: Logger.Message,
            _ metadata: @autoclosure () -> Logger.Metadata, _ leftOut: Int?
        ) {
            guard let leftOut else { return }
            var metadata = metadata()
            if leftOut > 0 { metadata["left_out"] = "\(leftOut)" }
            logger.log(level: level, message, metadata: metadata)
        }

        // MARK: - Metadata

        private static func metadata(of error: LogStoreError) -> Logger.Metadata {
            var metadata: Logger.Metadata = [
                "code": "\(error.code)", "error": "\(error)",
            ]
            if let file = error.context.file { metadata["file"] = "\(file)" }
            return metadata
        }

        private static func metadata(of report: RecoveryReport) -> Logger.Metadata {
            var metadata: Logger.Metadata = [
                "entries": "\(report.entryCount)", "duration": "\(report.duration)",
                "stopped_cleanly": "\(report.stoppedCleanly)",
            ]
            if report.verdict != .nothingCut {
                metadata["cut_bytes"] = "\(report.tornByteCount)"
                metadata["verdict"] = "\(report.verdict.rawValue)"
                if let index = report.tornFromIndex { metadata["cut_from"] = "\(index)" }
            }
            if report.mustCatchUpBeforeVoting { metadata["must_catch_up_before_voting"] = "true" }
            if !report.lostRanges.isEmpty {
                metadata["lost"] = .array(report.lostRanges.map { "\($0.indexes)" })
            }
            if !report.quarantined.isEmpty {
                metadata["quarantined"] = .array(report.quarantined.map { "\($0)" })
            }
            let noticed = report.findings.filter { $0.kind != .clean }
            if !noticed.isEmpty {
                metadata["findings"] = .array(noticed.map { "\($0.kind.rawValue) \($0.file)" })
            }
            return metadata
        }
    }

    extension RecoveryReport {
        /// Whether something is known to be gone, or may be, that was acknowledged and damaged.
        var isLossy: Bool { !lostRanges.isEmpty || isEndLost || isMetadataUncertain }
    }
#endif
