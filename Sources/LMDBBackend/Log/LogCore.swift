#if LMDB
    import CLMDB
    import WALProtocol

    /// What a store and its readers share.
    ///
    /// Concurrency: ``state`` and ``pending`` are changed by the writer alone, under the lock;
    /// readers look at them under the lock, the writer without. The lock is never held while
    /// LMDB or the user's code runs.
    final class LogCore: @unchecked Sendable {
        let directory: String
        let environment: Environment
        let capabilities: LogStoreCapabilities
        let isReadOnly: Bool
        let guardian = ForkGuard()
        private let pendingByteLimit: Int
        private let syncsCommits: Bool

        let lock = ThreadLock()
        // All of the following under the lock.
        private(set) var state: LogState
        private(set) var pending: PendingLog
        /// Counts commits, so that a reader knows that the database changed under it.
        private(set) var commitCount: UInt64 = 0
        private(set) var isClosed = false
        /// Ranges being visited, told of truncations.
        var visits: [RangeVisit] = []
        /// What a read-only core read last, and in which transaction.
        var snapshot: (transaction: Int, record: StateRecord)

        // The writer's own.
        private var record: StateRecord
        private let earlierTruncationCount: UInt64
        private var writerLock: WriterLock?
        private var poison: LogStoreError?
        private var metadataSizes: [[UInt8]: Int]

        init(
            directory: String, options: LMDBStore.Options, environment: Environment,
            lock writerLock: WriterLock?
        ) throws(LogStoreError) {
            self.directory = directory
            self.environment = environment
            self.writerLock = writerLock
            capabilities = LMDBStore.capabilities(options)
            isReadOnly = options.access == .readOnly
            pendingByteLimit = options.pendingByteLimit
            syncsCommits = options.durability == .full
            let contents = try Contents(environment)
            record = contents.record
            earlierTruncationCount = contents.record.truncationCount
            metadataSizes = contents.metadataSizes
            snapshot = (contents.transaction, contents.record)
            state = contents.record.logState
            pending = PendingLog(stored: contents.record.indexes)
            if !isReadOnly {
                // A process that died in the middle of a commit may have left it in the page
                // cache alone, and so does a store that does not wait for the disk.
                if syncsCommits {
                    do throws(LMDBFailure) {
                        try environment.sync()
                    } catch {
                        throw error.meaning(file: environment.file)
                    }
                }
                state.durable = syncsCommits ? state.last : nil
            }
        }

        deinit {
            release()
        }

        // MARK: Writing

        /// Why nothing can be written now, if there is a reason.
        func checkWritable() throws(LogStoreError) {
            if guardian.isInChild { throw .locked(path: directory) }
            if isClosed { throw .closed }
            if isReadOnly { throw .readOnly(path: directory) }
            if let poison { throw .poisoned(by: poison.cause) }
        }

        @inline(__always)
        func append(
            _ payload: UnsafeRawBufferPointer, at position: LogPosition, kind: EntryKind
        ) throws(LogStoreError) {
            try checkWritable()
            try state.checkAppend(at: position, capabilities)
            guard payload.count <= capabilities.maximumEntryByteCount else {
                throw .entryTooLarge(
                    index: position.index, byteCount: payload.count,
                    limit: capabilities.maximumEntryByteCount)
            }
            try makeRoom(for: payload.count)
            lock.lock()
            pending.append(payload, at: position, kind: kind)
            if state.first == nil { state.first = position.index }
            state.last = position
            lock.unlock()
        }

        func write(_ batch: WriteBatch) throws(LogStoreError) {
            try checkWritable()
            let plan = try batch.plan(on: state, capabilities: capabilities) {
                (index) throws(LogStoreError) in try term(at: index)
            }
            let metadataSizes = try metadataSizes(after: batch)
            try makeRoom(for: batch.byteCount)
            self.metadataSizes = metadataSizes
            lock.withLock { apply(batch, plan) }
        }

        /// Commits what is pending if there would be too much of it.
        ///
        /// Before anything is changed, so that a failure refuses the new write and nothing else,
        /// and no batch is split.
        private func makeRoom(for byteCount: Int) throws(LogStoreError) {
            let pendingByteCount = pending.writtenByteCount
            guard pendingByteCount > 0, pendingByteCount + byteCount > pendingByteLimit else {
                return
            }
            try commit()
        }

        private func apply(_ batch: WriteBatch, _ plan: WritePlan) {
            if plan.resets {
                pending.reset()
                pending.changesState = true
                for visit in visits { visit.floor = 0 }
            }
            if let index = plan.truncatesFrom {
                pending.truncate(from: index)
                for visit in visits { visit.floor = min(visit.floor, index) }
            }
            batch.visitEntries { (header, payload) in
                payload.withUnsafeBytes {
                    pending.append($0, at: header.position, kind: header.kind)
                }
            }
            if let position = plan.compactsThrough {
                pending.compact(through: position.index)
                pending.changesState = true
            }
            for change in batch.metadataChanges {
                pending.set(change.value, for: Array(change.key.name.utf8))
            }
            state = plan.state
        }

        /// The size of each metadata key and value once the batch is applied.
        private func metadataSizes(
            after batch: WriteBatch
        ) throws(LogStoreError) -> [[UInt8]: Int] {
            guard !batch.metadataChanges.isEmpty else { return metadataSizes }
            var sizes = metadataSizes
            for change in batch.metadataChanges {
                let key = Array(change.key.name.utf8)
                sizes[key] = change.value.map { key.count + $0.count }
            }
            let total = sizes.values.reduce(0, +)
            guard total <= capabilities.maximumMetadataTotalByteCount else {
                throw .metadataTooLarge(
                    "all metadata together", byteCount: total,
                    limit: capabilities.maximumMetadataTotalByteCount)
            }
            return sizes
        }

        // MARK: Committing

        /// Commits everything pending in one transaction.
        ///
        /// - Throws: `noSpace` and `io`, with everything still pending; `poisoned` from then on if
        ///   it is not known what reached the disk.
        func commit() throws(LogStoreError) {
            try checkWritable()
            if guardian.isInChildForCertain { throw .locked(path: directory) }
            if pending.isEmpty { return }
            try checkLeavesToChange()
            var next = record
            next.adopt(state)
            next.isUnsynced = !syncsCommits
            next.truncationCount = earlierTruncationCount &+ pending.truncationCount
            next.metadataKeyCount = UInt32(metadataSizes.count)
            next.metadataByteCount = UInt64(metadataSizes.values.reduce(0, +))
            do throws(LogStoreError) {
                try putPending(next)
            } catch {
                guard error.code == .noSpace, poison == nil, makeFreedPagesUsable() else {
                    throw error
                }
                try putPending(next)
            }
            record = next
            lock.withLock {
                pending.didCommit()
                commitCount &+= 1
                if syncsCommits { state.durable = state.last }
            }
        }

        /// Has the leaves checked that the commit is going to change.
        private func checkLeavesToChange() throws(LogStoreError) {
            guard let leafGuard = environment.leafGuard, !leafGuard.isDone else { return }
            let (stored, kept) = (pending.stored, pending.kept)
            try environment.read { (transaction, _) throws(LogStoreError) in
                try leafGuard.checkAround(
                    kept.isEmpty
                        ? [stored]
                        : [
                            stored.lowerBound..<kept.lowerBound,
                            kept.upperBound..<stored.upperBound,
                        ],
                    in: transaction)
            }
        }

        private func putPending(_ next: StateRecord) throws(LogStoreError) {
            let byteCount = pending.writtenByteCount
            do throws(LMDBFailure) {
                try environment.write(byteCount: byteCount) {
                    (transaction, databases) throws(LMDBFailure) in
                    try pending.carryOut(in: transaction, databases)
                    try next.put(in: transaction, databases)
                }
            } catch {
                throw judge(error, byteCount)
            }
        }

        /// Commits a transaction that changes nothing.
        ///
        /// LMDB does not reuse what the transaction before freed, but what the one before that
        /// did. On a full disk the pages that a compaction freed would stay out of reach, because
        /// nothing larger than the few pages of this one can be committed.
        private func makeFreedPagesUsable() -> Bool {
            do throws(LMDBFailure) {
                try environment.write(byteCount: 0) {
                    (transaction, databases) throws(LMDBFailure) in
                    try record.put(in: transaction, databases)
                }
                return true
            } catch {
                // The judgement is wanted for what it does: a failed sync poisons.
                _ = judge(error, 0)
                return false
            }
        }

        /// Decides what a failed commit means: whether it may be repeated (law L10).
        private func judge(_ failure: LMDBFailure, _ byteCount: Int) -> LogStoreError {
            var error = failure.meaning(file: environment.file)
            if failure.call == "mdb_txn_commit" {
                if environment.isPanicked {
                    // The write of a meta page failed: either of two states may be on the disk.
                    poison = error
                } else if error.code == .io {
                    // LMDB answers a short write with EIO, which a failed sync gives as well.
                    // A disk that has no room for the transaction tells them apart.
                    if let cause = SpaceProbe.failure(in: directory, byteCount: byteCount) {
                        error = LogStoreError(cause)
                    } else {
                        poison = error
                    }
                }
            } else if failure.code == MDB_PANIC {
                poison = error
            }
            return error
        }

        // MARK: Closing

        /// Commits, then gives the directory up, whatever the commit did.
        func close() throws(LogStoreError) {
            if isClosed { return }
            if guardian.isInChild { throw .locked(path: directory) }
            defer { release() }
            if isReadOnly { return }
            try commit()
            if syncsCommits { return }
            do throws(LMDBFailure) {
                try environment.sync()
            } catch {
                throw error.meaning(file: environment.file)
            }
        }

        /// Gives the directory up; what was not committed is lost.
        func release() {
            if guardian.isInChild { return }
            let wasClosed = lock.withLock {
                defer { isClosed = true }
                return isClosed
            }
            if wasClosed { return }
            EnvironmentRegistry.release(environment)
            writerLock = nil
        }
    }
#endif
