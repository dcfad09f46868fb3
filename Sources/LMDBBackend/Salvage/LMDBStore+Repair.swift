#if LMDB
    public import WALProtocol

    extension LMDBStore {
        /// Repairs a damaged store in place, or says what that would do.
        ///
        /// Everything that ``LMDBSalvage`` reads, and what a replica has of the rest, is written to a
        /// new environment beside the damaged one. That goes to the directory `quarantine`, and the
        /// new one takes its name. What nobody has is let go of, if the caller accepts it: the log
        /// then ends before the first lost entry, because a log has no holes. Metadata is what is
        /// left of it. The store gets a new identity.
        ///
        /// - Parameters:
        ///   - path: The store's directory.
        ///   - mode: Whether to change anything. A plan takes no lock and writes nothing.
        ///   - replica: The same log on another replica, to take lost entries from.
        /// - Returns: what was done, if ``WALProtocol/RepairReport/isApplied``; otherwise what would
        ///   be, because that was asked for or because the loss was not accepted.
        /// - Throws: `unavailable`, `locked`, `corrupt` if no meta page is left, `positionConflict`
        ///   if the replica's log is another one; `unsupportedFormat`, `readOnly`, `noSpace`, `io`.
        ///   Nothing has changed then but names in `quarantine`.
        /// - Complexity: O(bytes), and space on the disk for a second copy.
        /// - Durability: the rename of the data file is the commit point; before it, the new file and
        ///   the second name of the damaged one were synced.
        public static func repair(
            at path: String, _ mode: RepairMode, from replica: (any LogReading)? = nil
        ) throws(LogStoreError) -> RepairReport {
            let plan = try Repair(at: path, try verify(at: path).damages, replica)
            guard case .apply(let acceptsLoss) = mode else { return plan.report }
            var repair = try apply(at: path, acceptingLoss: acceptsLoss, replica)
            if repair.report.isApplied { try repair.prove() }
            return repair.report
        }

        /// Repairs under the writer's lock, if the loss is accepted or there is none.
        private static func apply(
            at path: String, acceptingLoss: Bool, _ replica: (any LogReading)?
        ) throws(LogStoreError) -> Repair {
            let lock = try WriterLock(in: path)
            defer { withExtendedLifetime(lock) {} }
            // Only now nobody changes anything any more.
            var repair = try Repair(at: path, try verify(at: path).damages, replica)
            if acceptingLoss || !repair.report.losesAcknowledged { try repair.apply() }
            return repair
        }
    }

    /// A repair of an LMDB store: what is left, what is put back, and how it is written.
    private struct Repair {
        private static let quarantineName = "quarantine"
        private static let workName = ".repairing"

        private let path: String
        private let salvage: LMDBSalvage
        private let replica: (any LogReading)?
        /// The entries of the new store, in parts that one of the two logs holds.
        private var parts: [(range: Range<LogIndex>, isReplicas: Bool)] = []
        private(set) var report = RepairReport()

        /// Decides what to do, changing nothing.
        init(
            at path: String, _ damages: [LogStoreError], _ replica: (any LogReading)?
        ) throws(LogStoreError) {
            self.path = path
            self.replica = replica
            salvage = try LMDBSalvage(at: path)
            report.damages = damages
            report.isWhole = true
            guard !damages.isEmpty else {
                report.after = try LMDBStore.verify(at: path)
                return
            }
            report.before = salvage.recoveryReport
            try decide()
            let kept = try kept(DataFile.name)
            report.quarantined = [kept]
            report.repairedFiles = [DataFile.name]
            report.steps = [.init(.quarantine, file: DataFile.name, target: kept)]
            if let end = report.givenUp.first?.indexes.lowerBound {
                report.steps.append(.init(.endLog, file: DataFile.name, index: end))
            }
            report.steps.append(.init(.renew, file: DataFile.name))
            var after = VerificationReport()
            after.state = state
            report.after = after
        }

        /// The positions of the new store.
        private var state: LogState {
            var state = LogState(compacted: salvage.state.compacted, last: salvage.state.compacted)
            guard let last = parts.last?.range.upperBound, let first = parts.first?.range.lowerBound
            else { return state }
            state.first = first
            let source = parts.last?.isReplicas ?? false ? replica : salvage
            state.last = (try? source?.term(at: last - 1)).flatMap { $0 }.map {
                LogPosition(term: $0, index: last - 1)
            }
            return state
        }

        // MARK: - What the new store holds

        private mutating func decide() throws(LogStoreError) {
            report.isStateGivenUp = salvage.recoveryReport.isMetadataUncertain
            var next = salvage.state.indexes.lowerBound
            var hasEnded = false
            for lost in salvage.recoveryReport.lostRanges {
                let range = lost.indexes
                add(next..<min(range.lowerBound, salvage.state.indexes.upperBound), &hasEnded)
                let end = try replaced(range)
                if !hasEnded, end > range.lowerBound {
                    parts.append((range.lowerBound..<end, true))
                    report.restoredEntryCount += end - range.lowerBound
                }
                if end < range.upperBound {
                    let from = hasEnded ? range.lowerBound : end
                    report.givenUp.append(
                        LostRange(indexes: from..<range.upperBound, term: lost.term))
                    hasEnded = true
                }
                next = range.upperBound
            }
            add(next..<max(next, salvage.state.indexes.upperBound), &hasEnded)
        }

        /// Takes a run of entries that are there.
        private mutating func add(_ range: Range<LogIndex>, _ hasEnded: inout Bool) {
            guard !range.isEmpty else { return }
            if hasEnded {
                report.discarded.append(LostRange(indexes: range))
            } else {
                parts.append((range, false))
            }
        }

        /// How far the replica can put a lost range back.
        private func replaced(_ range: Range<LogIndex>) throws(LogStoreError) -> LogIndex {
            guard let replica, let first = replica.state.first, first <= range.lowerBound else {
                return range.lowerBound
            }
            try compare(range, with: replica)
            var end = range.lowerBound
            let limit = min(range.upperBound, replica.state.indexes.upperBound)
            while end < limit {
                do throws(LogStoreError) {
                    try replica.withEntry(at: end) { _, _ in }
                } catch {
                    // The replica may have damages of its own.
                    guard error.code == .corrupt else { throw error }
                    return end
                }
                end += 1
            }
            return end
        }

        /// The logs are the same up to an index if they agree on the term of what stands there.
        private func compare(
            _ range: Range<LogIndex>, with replica: any LogReading
        ) throws(LogStoreError) {
            let beside = [range.lowerBound &- 1, range.upperBound]
            for index in beside where replica.state.indexes.contains(index) {
                let ours: Term
                do throws(LogStoreError) {
                    ours = try salvage.term(at: index)
                } catch {
                    continue
                }
                let theirs = try replica.term(at: index)
                guard ours == theirs else {
                    throw .positionConflict(index: index, expected: ours, found: theirs)
                }
            }
        }

        // MARK: - Writing

        mutating func apply() throws(LogStoreError) {
            report.isApplied = true
            guard !report.steps.isEmpty else { return }
            let work = path + "/" + Self.workName
            do throws(LogStoreError) {
                try discardWork(work)
                try write(to: work)
                try exchange(work)
            } catch {
                // Half a store would only take the space that somebody has to free.
                try? discardWork(work)
                throw error
            }
        }

        /// Opens the store as its owner would, closes it and checks every byte.
        mutating func prove() throws(LogStoreError) {
            guard !report.steps.isEmpty else { return }
            try LMDBStore(at: path).close()
            report.after = try LMDBStore.verify(at: path)
        }

        private func write(to work: String) throws(LogStoreError) {
            let store = try LMDBStore(at: work)
            do throws(LogStoreError) {
                if let compacted = salvage.state.compacted { try store.reset(to: compacted) }
                for part in parts {
                    if part.isReplicas, let replica {
                        try store.copyEntries(part.range, of: replica)
                    } else {
                        try store.copyEntries(part.range, of: salvage)
                    }
                }
                var batch = WriteBatch()
                for (key, value) in try salvage.allMetadata() { batch.setMetadata(value, for: key) }
                try store.write(batch)
            } catch {
                do throws(LogStoreError) { try store.close() } catch {}
                throw error
            }
            try store.close()
            if let damage = try LMDBStore.verify(at: work).damages.first { throw damage }
        }

        /// Puts the new data file in the place of the damaged one, which keeps a second name.
        private func exchange(_ work: String) throws(LogStoreError) {
            do throws(SystemCallError) {
                let quarantine = path + "/" + Self.quarantineName
                try Disk.createDirectories(quarantine)
                let kept = report.quarantined[0]
                try Disk.keepFile(DataFile.path(in: path), as: path + "/" + kept)
                try Disk.syncDirectory(quarantine)
                try Disk.renameFile(DataFile.path(in: work), to: DataFile.path(in: path))
                // LMDB's notes about the old file.
                try Disk.removeFile(LockFile.path(in: path))
                try Disk.syncNames(upFrom: path)
            } catch {
                throw LogStoreError(error)
            }
            try discardWork(work)
        }

        private func discardWork(_ work: String) throws(LogStoreError) {
            do throws(SystemCallError) {
                for name in [DataFile.name, LockFile.name, WriterLock.fileName] {
                    if try Disk.isDirectory(work) { try Disk.removeFile(work + "/" + name) }
                }
                try Disk.removeDirectory(work)
            } catch {
                throw LogStoreError(error)
            }
        }

        /// A name in the quarantine that nothing has.
        private func kept(_ name: String) throws(LogStoreError) -> String {
            do throws(SystemCallError) {
                var number = 1
                while try Disk.status(
                    of: "\(path)/\(Self.quarantineName)/\(name).\(number).damaged") != nil
                {
                    number += 1
                }
                return "\(Self.quarantineName)/\(name).\(number).damaged"
            } catch {
                throw LogStoreError(error, writing: false)
            }
        }
    }
#endif
