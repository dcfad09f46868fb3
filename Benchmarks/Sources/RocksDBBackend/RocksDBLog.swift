#if RocksDB
    import CRocksDB
    import Synchronization
    import WALProtocol

    /// The database and the log's state: what a store and its readers share.
    ///
    /// One owner writes. The state changes after the database, and together with it, as reads see
    /// it, where entries are taken away.
    final class RocksDBLog: Sendable {
        let capabilities: LogStoreCapabilities
        let database: Database
        private let status: Mutex<Status>

        private struct Status {
            var state: LogState
            /// The bytes of each metadata key and its value.
            var metadataByteCounts: [MetadataKey: Int]
            /// Why nothing can be written any more.
            var obstacle: LogStoreError?
            /// Batches written, those that took entries away, and how many a sync has covered.
            var writeCount: UInt64 = 0
            var removalCount: UInt64 = 0
            var syncedWriteCount: UInt64 = 0
        }

        /// What a sync that begins now covers.
        struct SyncPoint: Sendable {
            fileprivate var last: LogPosition?
            fileprivate var writeCount: UInt64
            fileprivate var removalCount: UInt64
        }

        /// Opens the log in a directory, and makes it if there is none.
        init(
            at path: String, _ options: RocksDBStore.Options, _ capabilities: LogStoreCapabilities
        ) throws(LogStoreError) {
            self.capabilities = capabilities
            try options.validate()
            database = try Database(at: StoreDirectory.make(path), options)
            try database.prepare()
            status = Mutex(
                Status(
                    state: try database.storedState(),
                    metadataByteCounts: try database.metadataByteCounts()))
        }

        var state: LogState { status.withLock { $0.state } }

        // MARK: - Writing

        /// Appends one entry.
        func append(
            _ payload: RawSpan, at position: LogPosition, kind: EntryKind, _ changes: Changes
        ) throws(LogStoreError) {
            guard payload.byteCount <= capabilities.maximumEntryByteCount else {
                throw .entryTooLarge(
                    index: position.index, byteCount: payload.byteCount,
                    limit: capabilities.maximumEntryByteCount)
            }
            var changed = try writable()
            try changed.state.checkAppend(at: position, capabilities)
            changes.removeAll()
            changes.put(payload, at: position, kind: kind)
            if changed.state.first == nil { changed.state.first = position.index }
            changed.state.last = position
            try write(changes, alone: false, &changed)
        }

        /// Applies a batch as one unit.
        func write(_ batch: WriteBatch, _ changes: Changes) throws(LogStoreError) {
            var changed = try writable()
            let old = changed.state
            let plan = try batch.plan(on: old, capabilities: capabilities) {
                (index) throws(LogStoreError) in try term(of: index)
            }
            changes.removeAll()
            try put(batch.metadataChanges, into: changes, &changed)
            if plan.resets, let first = old.first, let last = old.last {
                changes.removeEntries(first...last.index)
            } else if let first = plan.truncatesFrom, let last = old.last {
                changes.removeEntries(first...last.index)
            }
            batch.visitEntries { changes.put($1, at: $0.position, kind: $0.kind) }
            if let through = plan.compactsThrough { compact(through, batch, plan, old, changes) }
            if plan.resets || plan.compactsThrough != nil {
                if let compacted = plan.state.compacted {
                    changes.put(PositionRecord.encode(compacted), for: Keys.compacted)
                } else {
                    changes.remove(Keys.compacted)
                }
            }
            let removes =
                plan.resets || plan.truncatesFrom != nil || plan.compactsThrough != nil
            if plan.resets || plan.truncatesFrom != nil { changed.removalCount += 1 }
            changed.state = plan.state
            try write(changes, alone: removes, &changed)
        }

        /// Removes what a compaction drops of the log as it was, and of the batch itself.
        private func compact(
            _ through: LogPosition, _ batch: WriteBatch, _ plan: WritePlan, _ old: LogState,
            _ changes: Changes
        ) {
            var indexes =
                plan.resets ? nil : old.first.flatMap { first in old.last.map { first...$0.index } }
            if batch.entryCount > 0 {
                let first = batch.entryHeader(at: 0).position.index
                let last = batch.entryHeader(at: batch.entryCount - 1).position.index
                indexes =
                    min(
                        first, indexes?.lowerBound ?? first)...max(
                        last, indexes?.upperBound ?? last)
            }
            guard let indexes, indexes.lowerBound <= through.index else { return }
            changes.removeEntries(indexes.lowerBound...min(indexes.upperBound, through.index))
        }

        private func put(
            _ list: [WriteBatch.MetadataChange], into changes: Changes, _ changed: inout Status
        ) throws(LogStoreError) {
            guard !list.isEmpty else { return }
            for change in list {
                let key = Keys.metadata(change.key)
                if let value = change.value {
                    changes.put(value, for: key)
                    changed.metadataByteCounts[change.key] = key.count - 1 + value.count
                } else {
                    changes.remove(key)
                    changed.metadataByteCounts[change.key] = nil
                }
            }
            let byteCount = changed.metadataByteCounts.values.reduce(0, +)
            guard byteCount <= capabilities.maximumMetadataTotalByteCount else {
                throw .metadataTooLarge(
                    "all metadata together", byteCount: byteCount,
                    limit: capabilities.maximumMetadataTotalByteCount)
            }
        }

        private func write(
            _ changes: Changes, alone: Bool, _ changed: inout Status
        ) throws(LogStoreError) {
            guard let batch = changes.pointer, !changes.isEmpty else { return }
            changed.writeCount += 1
            let done = changed
            try poisoning { () throws(LogStoreError) in
                try database.write(batch, alone: alone) { status.withLock { $0 = done } }
            }
        }

        /// Hands everything written to the operating system.
        func flush() throws(LogStoreError) {
            _ = try writable()
            try poisoning { () throws(LogStoreError) in try database.flushLog() }
        }

        /// Brings everything written to stable storage.
        func sync() throws(LogStoreError) {
            let now = try writable()
            guard now.writeCount > now.syncedWriteCount else { return }
            let point = syncPoint
            try poisoning { () throws(LogStoreError) in try database.syncLog() }
            finishSync(point)
        }

        var syncPoint: SyncPoint {
            status.withLock {
                SyncPoint(
                    last: $0.state.last, writeCount: $0.writeCount, removalCount: $0.removalCount)
            }
        }

        /// Records a sync that succeeded.
        func finishSync(_ point: SyncPoint) {
            status.withLock {
                $0.syncedWriteCount = max($0.syncedWriteCount, point.writeCount)
                // What was last then may have gone since, or be another entry now.
                guard point.removalCount == $0.removalCount, let last = point.last,
                    let first = $0.state.first, last.index >= first,
                    last.index >= $0.state.durable?.index ?? 0
                else { return }
                $0.state.durable = last
            }
        }

        /// Ends writing after a failed sync.
        func poison(_ cause: LogStoreError) -> LogStoreError {
            let error = LogStoreError(
                .poisoned, LogStoreError.poisoned(by: nil).message + " (\(cause.message))",
                context: cause.context, cause: cause.cause)
            status.withLock { if $0.obstacle == nil { $0.obstacle = error } }
            return error
        }

        func checkWritable() throws(LogStoreError) { _ = try writable() }

        /// Runs what may fail and then leaves nobody knowing what was written.
        ///
        /// RocksDB itself refuses to write after that, until it is opened again.
        private func poisoning(_ body: () throws(LogStoreError) -> Void) throws(LogStoreError) {
            do throws(LogStoreError) {
                try body()
            } catch {
                guard error.code != .closed else { throw error }
                let poisoned = poison(error)
                throw error.code == .noSpace ? error : poisoned
            }
        }

        private func writable() throws(LogStoreError) -> Status {
            let now = status.withLock { $0 }
            if let obstacle = now.obstacle { throw obstacle }
            return now
        }

        /// Syncs, and gives the directory up; closing twice is no error.
        func close() throws(LogStoreError) {
            var failure: LogStoreError?
            do throws(LogStoreError) {
                try sync()
                database.writeOutTable()
            } catch {
                failure = error
            }
            release()
            if let failure, failure.code != .closed { throw failure }
        }

        /// Gives the directory up, with what was not synced.
        func release() {
            database.close()
            status.withLock { $0.obstacle = .closed }
        }
    }
#endif
