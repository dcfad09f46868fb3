#if LMDB
    import CLMDB
    import WALProtocol

    extension LogCore {
        /// An entry that was found: its header and where its payload is.
        struct Found {
            var header: EntryHeader
            var payload: UnsafeRawBufferPointer
            /// Keeps a pending payload in memory; `nil` if it is in the read buffer.
            var chunk: PayloadChunk?
        }

        // MARK: State

        /// Throws if this is not the process or the time to read.
        func checkReadable() throws(LogStoreError) {
            if guardian.isInChild { throw .locked(path: directory) }
        }

        /// The log as it is now.
        ///
        /// A read-only core that cannot look answers with what it saw last.
        var currentState: LogState {
            if guardian.isInChild { return state }
            guard isReadOnly, !lock.withLock({ isClosed }) else { return lock.withLock { state } }
            let fresh = try? environment.read { (transaction, databases) throws(LogStoreError) in
                try readOnlyRecord(in: transaction, databases)
            }
            return fresh?.logState ?? lock.withLock { snapshot.record.logState }
        }

        /// The state record of a transaction, read again only if there was a commit since.
        func readOnlyRecord(
            in transaction: OpaquePointer, _ databases: Databases
        ) throws(LogStoreError) -> StateRecord {
            let number = mdb_txn_id(transaction)
            let known = lock.withLock { snapshot }
            if known.transaction == number { return known.record }
            let record = try StateRecord.get(
                in: transaction, databases, file: environment.file)
            lock.withLock { if number > snapshot.transaction { snapshot = (number, record) } }
            return record
        }

        // MARK: One entry

        func term(at index: LogIndex) throws(LogStoreError) -> Term {
            try checkReadable()
            let state = currentState
            if lock.withLock({ isClosed }) { throw .closed }
            if let compacted = state.compacted, compacted.index == index { return compacted.term }
            let buffer = ReadBuffer()
            return try find(index, buffer).header.position.term
        }

        /// Looks an entry up, in memory or in the database.
        ///
        /// - Throws: `compacted`, `unavailable`, `corrupt`, `io`, `closed`.
        func find(_ index: LogIndex, _ buffer: ReadBuffer) throws(LogStoreError) -> Found {
            try checkReadable()
            while true {
                let before: UInt64
                switch try look(for: index) {
                case .pending(let found): return found
                case .stored(let commitCount): before = commitCount
                }
                let found = try environment.read {
                    (transaction, databases) throws(LogStoreError) in
                    try readEntry(index, in: transaction, databases, buffer)
                }
                if let found { return found }
                // The entry was there when we looked, so it went with a commit since, or it is
                // damage.
                if isReadOnly || lock.withLock({ commitCount }) == before {
                    throw .corrupt("an entry is missing", file: environment.file, index: index)
                }
            }
        }

        private enum Place {
            case pending(Found)
            case stored(commitCount: UInt64)
        }

        private func look(for index: LogIndex) throws(LogStoreError) -> Place {
            try lock.withLock { () throws(LogStoreError) in
                if isClosed { throw .closed }
                // What a read-only core may read, the transaction tells.
                if isReadOnly { return .stored(commitCount: 0) }
                try state.checkRead(at: index)
                guard pending.indexes.contains(index) else {
                    return .stored(commitCount: commitCount)
                }
                return .pending(pending.entry(at: index))
            }
        }

        private func readEntry(
            _ index: LogIndex, in transaction: OpaquePointer, _ databases: Databases,
            _ buffer: ReadBuffer
        ) throws(LogStoreError) -> Found? {
            if isReadOnly {
                try readOnlyRecord(in: transaction, databases).logState.checkRead(at: index)
            }
            if let leafGuard = databases.leafGuard {
                _ = try leafGuard.check(index, in: transaction)
            }
            let value: UnsafeRawBufferPointer?
            do throws(LMDBFailure) {
                value = try Transaction.value(at: index, in: databases.entries, transaction)
            } catch {
                throw error.meaning(file: environment.file, index: index)
            }
            guard let value else { return nil }
            let header = try EntryRecord.decode(value, at: index, file: environment.file)
            let payload = UnsafeRawBufferPointer(
                rebasing: value[EntryRecord.headerByteCount...])
            let start = buffer.append(payload)
            return Found(header: header, payload: buffer.view(start, payload.count))
        }

        // MARK: Metadata

        func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
            try checkReadable()
            let name = Array(key.name.utf8)
            // LMDB has no name for these, and neither can they have been set.
            guard (1...MetadataKey.maximumByteCount).contains(name.count) else { return nil }
            while true {
                let (pendingValue, before) = try lock.withLock { () throws(LogStoreError) in
                    if isClosed { throw .closed }
                    return (pending.metadata[name], commitCount)
                }
                if let pendingValue { return pendingValue }
                let value = try storedMetadata(name)
                // A commit may have moved the value from memory to the database in between.
                if value != nil || lock.withLock({ commitCount }) == before { return value }
            }
        }

        private func storedMetadata(_ name: [UInt8]) throws(LogStoreError) -> [UInt8]? {
            let file = environment.file
            return try environment.read { (transaction, databases) throws(LogStoreError) in
                try name.span.bytes.withUnsafeBytes { (key) throws(LogStoreError) in
                    let stored: UnsafeRawBufferPointer?
                    do throws(LMDBFailure) {
                        stored = try Transaction.value(
                            of: key, in: databases.metadata, transaction)
                    } catch {
                        throw error.meaning(file: file)
                    }
                    guard let stored else { return nil }
                    return try MetadataRecord.decode(stored, for: key, file: file)
                }
            }
        }

        func metadataKeys() throws(LogStoreError) -> [MetadataKey] {
            try checkReadable()
            while true {
                let (changes, before) = try lock.withLock { () throws(LogStoreError) in
                    if isClosed { throw .closed }
                    return (pending.metadata, commitCount)
                }
                var names: Set<[UInt8]> = []
                let file = environment.file
                try environment.read { (transaction, databases) throws(LogStoreError) in
                    try Transaction.forEach(in: databases.metadata, transaction, file: file) {
                        (key, _) in
                        names.insert([UInt8](key))
                        return true
                    }
                }
                for (name, value) in changes {
                    if value == nil { names.remove(name) } else { names.insert(name) }
                }
                if lock.withLock({ commitCount }) != before { continue }
                return names.map { MetadataKey(String(decoding: $0, as: UTF8.self)) }.sorted()
            }
        }
    }

    extension PendingLog {
        /// A pending entry.
        ///
        /// Its payload lives as long as the chunk.
        func entry(at index: LogIndex) -> LogCore.Found {
            let slot = slots[Int(index - firstIndex)]
            return LogCore.Found(
                header: EntryHeader(
                    position: LogPosition(term: slot.term, index: index), kind: slot.kind,
                    payloadByteCount: slot.payload.count),
                payload: slot.payload, chunk: chunks[Int(slot.chunk)])
        }
    }
#endif
