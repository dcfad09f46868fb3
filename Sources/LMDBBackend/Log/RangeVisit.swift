#if LMDB
    import CLMDB
    import WALProtocol

    /// A range being read, in steps of one transaction each.
    ///
    /// The writer tells it of truncations, so that entries of one history are never followed by
    /// entries of another: the visit then ends where the truncation fell, because there the log
    /// ended.
    final class RangeVisit {
        /// The lowest index that was truncated since the visit began.
        var floor = LogIndex.max

        private let core: LogCore
        private let end: LogIndex
        private var next: LogIndex
        private var remainingByteCount: Int
        private var hasDelivered = false
        /// A read-only core hears of no truncation: it counts them, and looks at the last entry
        /// again when the number changed.
        private var truncationCount: UInt64?
        private var lastChecksum: UInt32 = 0

        private static let stepByteCount = 1 << 20
        private static let stepEntryCount = 4096

        init(_ core: LogCore, _ range: Range<LogIndex>, maxByteCount: Int) {
            self.core = core
            next = range.lowerBound
            end = range.upperBound
            remainingByteCount = maxByteCount
        }

        /// One entry of a step; its payload is in the step's buffer, or in a pending chunk.
        private struct Item {
            var header: EntryHeader
            var start: Int
            var chunk: PayloadChunk?
            var payload: UnsafeRawBufferPointer?
        }

        /// Whether the limit or the log ended the visit during the step that was read last.
        private var isDone = false

        /// Visits the range.
        ///
        /// - Returns: the index to continue from.
        func run(
            _ buffer: ReadBuffer,
            _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
        ) throws(LogStoreError) -> LogIndex {
            guard next < end else { return next }
            core.lock.withLock { core.visits.append(self) }
            defer { core.lock.withLock { core.visits.removeAll { $0 === self } } }
            var items: [Item] = []
            while !isDone {
                items.removeAll(keepingCapacity: true)
                buffer.removeAll()
                guard try readStep(&items, buffer) else { return next }
                for item in items {
                    let payload =
                        item.payload ?? buffer.view(item.start, item.header.payloadByteCount)
                    try withExtendedLifetime(item.chunk) { () throws(LogStoreError) in
                        try body(item.header, payload.bytes)
                    }
                    next = item.header.position.index + 1
                    hasDelivered = true
                }
            }
            return next
        }

        /// Reads a step.
        ///
        /// Returns false if the visit ends before it.
        private func readStep(
            _ items: inout [Item], _ buffer: ReadBuffer
        ) throws(LogStoreError) -> Bool {
            while true {
                var commitCount: UInt64 = 0
                var storedEnd = end
                if !core.isReadOnly {
                    let lookup = try core.lock.withLock { () throws(LogStoreError) in
                        try look(&items)
                    }
                    switch lookup {
                    case .ended: return false
                    case .pending: return true
                    case .stored(let end, let count): (storedEnd, commitCount) = (end, count)
                    }
                } else if core.lock.withLock({ core.isClosed }) {
                    throw .closed
                }
                let byteLimit = remainingByteCount
                let failure = try core.environment.read {
                    (transaction, databases) throws(LogStoreError) in
                    // A read may be repeated.
                    items.removeAll(keepingCapacity: true)
                    buffer.removeAll()
                    remainingByteCount = byteLimit
                    isDone = false
                    return try copy(upTo: storedEnd, in: transaction, databases, &items, buffer)
                }
                if core.isReadOnly {
                    if let failure { throw failure }
                    return !(items.isEmpty && isDone)
                }
                if core.lock.withLock({ floor < next }) { return false }
                guard let failure else { return true }
                // Missing entries went with a commit since, or are damage.
                if core.lock.withLock({ core.commitCount }) == commitCount { throw failure }
                remainingByteCount = byteLimit
            }
        }

        private enum Lookup {
            case ended
            case pending
            case stored(end: LogIndex, commitCount: UInt64)
        }

        /// Finds out where the next entries are, under the lock; takes those in memory.
        private func look(_ items: inout [Item]) throws(LogStoreError) -> Lookup {
            if core.isClosed { throw .closed }
            if floor < next { return .ended }
            let range = try core.state.readableRange(next..<end)
            guard !range.isEmpty else { return .ended }
            let pending = core.pending.indexes
            guard pending.contains(next) else {
                let storedEnd =
                    pending.isEmpty
                    ? range.upperBound : min(range.upperBound, pending.lowerBound)
                return .stored(end: storedEnd, commitCount: core.commitCount)
            }
            for index in range.prefix(Self.stepEntryCount) {
                let found = core.pending.entry(at: index)
                guard admits(found.header) else { break }
                items.append(
                    Item(
                        header: found.header, start: 0, chunk: found.chunk,
                        payload: found.payload))
            }
            return .pending
        }

        /// Counts an entry towards the limit, or ends the visit at it.
        private func admits(_ header: EntryHeader) -> Bool {
            let isFirst = !hasDelivered && header.position.index == next
            guard isFirst || header.payloadByteCount <= remainingByteCount else {
                isDone = true
                return false
            }
            remainingByteCount = max(0, remainingByteCount - header.payloadByteCount)
            return true
        }

        /// Copies a step's entries out of the database.
        ///
        /// - Returns: what is wrong if not all of them are there.
        private func copy(
            upTo limit: LogIndex, in transaction: OpaquePointer, _ databases: Databases,
            _ items: inout [Item], _ buffer: ReadBuffer
        ) throws(LogStoreError) -> LogStoreError? {
            var limit = limit
            let file = core.environment.file
            if core.isReadOnly {
                guard let end = try readOnlyEnd(in: transaction, databases) else {
                    isDone = true
                    return nil
                }
                limit = min(limit, end)
                if next >= limit {
                    isDone = true
                    return nil
                }
            }
            var index = next
            let leafGuard = databases.leafGuard
            var checkedEnd = try leafGuard?.check(index, in: transaction) ?? .max
            try Transaction.forEach(
                in: databases.entries, from: next, transaction, file: file
            ) { (key, value) throws(LogStoreError) in
                guard key.count == MemoryLayout<LogIndex>.size,
                    key.loadUnaligned(as: LogIndex.self) == index
                else { return false }
                let header = try EntryRecord.decode(value, at: index, file: file)
                guard admits(header) else { return false }
                let payload = value[EntryRecord.headerByteCount...]
                let start = buffer.append(UnsafeRawBufferPointer(rebasing: payload))
                items.append(Item(header: header, start: start, chunk: nil, payload: nil))
                lastChecksum = value.loadUnaligned(as: UInt32.self)
                index += 1
                // Before the cursor moves on to the next leaf.
                if let leafGuard, index >= checkedEnd, index < limit {
                    checkedEnd = try leafGuard.check(index, in: transaction)
                }
                return index < limit && items.count < Self.stepEntryCount
                    && buffer.usedByteCount < Self.stepByteCount
            }
            let isWhole =
                isDone || index == limit || items.count >= Self.stepEntryCount
                || buffer.usedByteCount >= Self.stepByteCount
            return isWhole ? nil : .corrupt("an entry is missing", file: file, index: index)
        }

        /// Where a read-only visit ends in this transaction; `nil` if it has ended already.
        private func readOnlyEnd(
            in transaction: OpaquePointer, _ databases: Databases
        ) throws(LogStoreError) -> LogIndex? {
            let record = try core.readOnlyRecord(in: transaction, databases)
            let count = record.truncationCount
            if hasDelivered, let truncationCount, truncationCount != count {
                let last = next - 1
                guard record.indexes.contains(last),
                    try checksum(of: last, in: transaction, databases) == lastChecksum
                else { return nil }
            }
            truncationCount = count
            let range = try record.logState.readableRange(next..<end)
            return range.isEmpty ? nil : range.upperBound
        }

        private func checksum(
            of index: LogIndex, in transaction: OpaquePointer, _ databases: Databases
        ) throws(LogStoreError) -> UInt32? {
            if let leafGuard = databases.leafGuard {
                _ = try leafGuard.check(index, in: transaction)
            }
            do throws(LMDBFailure) {
                let value = try Transaction.value(at: index, in: databases.entries, transaction)
                guard let value, value.count >= 4 else { return nil }
                return value.loadUnaligned(as: UInt32.self)
            } catch {
                throw error.meaning(file: core.environment.file, index: index)
            }
        }
    }
#endif
