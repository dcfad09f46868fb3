import Foundation
import GRDB
import Synchronization
import WALProtocol

/// The connection, and the log's state: what a store and its readers share.
///
/// The state changes only while the connection is held, together with the tables.
final class SQLiteLog: Sendable {
    private let file: String
    private let queue: DatabaseQueue
    private let lock: DirectoryLock
    private let status: Mutex<Status>

    private struct Status {
        var state: LogState
        var metadataByteCount: Int
        /// Why nothing can be written any more.
        var obstacle: LogStoreError?
        var isClosed = false
    }

    init(at path: String) throws(LogStoreError) {
        lock = try DirectoryLock(creating: path)
        let file = path + "/log.sqlite"
        self.file = file
        do {
            var configuration = Configuration()
            // The transaction stays open from one call to the next.
            configuration.allowsUnsafeTransactions = true
            configuration.journalMode = .wal
            queue = try DatabaseQueue(path: file, configuration: configuration)
            let found = try queue.inDatabase { database in
                // Afterwards: GRDB makes it NORMAL with a write-ahead log, and then no commit is
                // synced.
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try Schema.prepare(database, file: file)
                let byteCount = try Int.fetchOne(
                    database, sql: "SELECT total(length(key) + length(value)) FROM metadata")
                return Status(
                    state: try Schema.state(database), metadataByteCount: byteCount ?? 0)
            }
            status = Mutex(found)
        } catch {
            throw LogStoreError(error, file: file)
        }
    }

    var state: LogState { status.withLock { $0.state } }

    // MARK: - Writing

    func write(_ batch: WriteBatch, _ limits: LogStoreCapabilities) throws(LogStoreError) {
        try changing { database, status in
            let plan = try batch.plan(on: status.state, capabilities: limits) {
                (index) throws(LogStoreError) in
                do {
                    let term = try Int64.fetchOne(
                        database, sql: "SELECT term FROM entry WHERE place = ?",
                        arguments: [index.place])
                    guard let term else { throw missing(index) }
                    return Term(place: term)
                } catch {
                    throw LogStoreError(error, file: file)
                }
            }
            if !database.isInsideTransaction { try database.beginTransaction(.immediate) }
            var byteCount = status.metadataByteCount
            try database.inSavepoint {
                try apply(batch, plan, to: database)
                byteCount = try apply(batch.metadataChanges, to: database, byteCount)
                guard byteCount <= limits.maximumMetadataTotalByteCount else {
                    throw LogStoreError.metadataTooLarge(
                        "all metadata together", byteCount: byteCount,
                        limit: limits.maximumMetadataTotalByteCount)
                }
                return .commit
            }
            status.state = plan.state
            status.metadataByteCount = byteCount
        }
    }

    private func apply(_ batch: WriteBatch, _ plan: WritePlan, to database: Database) throws {
        if plan.resets { try database.execute(sql: "DELETE FROM entry; DELETE FROM compacted") }
        if let first = plan.truncatesFrom {
            try database.execute(
                sql: "DELETE FROM entry WHERE place >= ?", arguments: [first.place])
        }
        let insertion = try database.cachedStatement(
            sql: "INSERT INTO entry (place, term, kind, payload) VALUES (?, ?, ?, ?)")
        try batch.visitEntries { (header, payload) throws(any Error) in
            let position = header.position
            try insertion.execute(arguments: [
                position.index.place, position.term.place, Int64(header.kind.rawValue),
                payload.withUnsafeBytes { Data($0) },
            ])
        }
        if let through = plan.compactsThrough {
            try database.execute(
                sql: "DELETE FROM entry WHERE place <= ?", arguments: [through.index.place])
        }
        guard plan.resets || plan.compactsThrough != nil else { return }
        try database.execute(sql: "DELETE FROM compacted")
        if let compacted = plan.state.compacted {
            try database.execute(
                sql: "INSERT INTO compacted (place, term) VALUES (?, ?)",
                arguments: [compacted.index.place, compacted.term.place])
        }
    }

    /// Applies changes of metadata.
    ///
    /// - Returns: The bytes of all keys and values.
    private func apply(
        _ changes: [WriteBatch.MetadataChange], to database: Database, _ byteCount: Int
    ) throws -> Int {
        var byteCount = byteCount
        for change in changes {
            let key = change.key.bytes
            let old = try Int.fetchOne(
                database, sql: "SELECT length(value) FROM metadata WHERE key = ?",
                arguments: [key])
            byteCount -= old.map { $0 + key.count } ?? 0
            if let value = change.value {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO metadata (key, value) VALUES (?, ?)",
                    arguments: [key, Data(value)])
                byteCount += key.count + value.count
            } else {
                try database.execute(
                    sql: "DELETE FROM metadata WHERE key = ?", arguments: [key])
            }
        }
        return byteCount
    }

    func commit() throws(LogStoreError) {
        try changing { database, status in
            if database.isInsideTransaction { try database.commit() }
            if status.state.first != nil { status.state.durable = status.state.last }
        }
    }

    func close() throws(LogStoreError) {
        guard !status.withLock({ $0.isClosed }) else { return }
        var failure: LogStoreError?
        do throws(LogStoreError) { try commit() } catch { failure = error }
        release()
        if let failure { throw failure }
    }

    /// Gives up the connection, with what was not committed, and the directory.
    func release() {
        status.withLock { $0.isClosed = true }
        try? queue.close()
        lock.release()
    }

    /// Changes the tables and the state together.
    ///
    /// SQLite may answer a failure by rolling back everything that was not committed. What this store
    /// had accepted is lost then, so that it must accept nothing more.
    private func changing(
        _ body: (Database, inout Status) throws -> Void
    ) throws(LogStoreError) {
        try withDatabase { database in
            var changed = status.withLock { $0 }
            if let obstacle = changed.obstacle { throw obstacle }
            let hadPending = database.isInsideTransaction
            do {
                try body(database, &changed)
                status.withLock { $0 = changed }
            } catch {
                let error = LogStoreError(error, file: file)
                guard hadPending, !database.isInsideTransaction else { throw error }
                let poisoned = LogStoreError.poisoned(by: error.cause)
                status.withLock { $0.obstacle = poisoned }
                throw poisoned
            }
        }
    }

    // MARK: - Reading

    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        let entry = try withDatabase { database in
            try state.checkRead(at: index)
            let row = try Row.fetchOne(
                database.cachedStatement(
                    sql: "SELECT place, term, kind, payload FROM entry WHERE place = ?"),
                arguments: [index.place])
            guard let row else { throw missing(index) }
            return Entry(row)
        }
        // Not while the connection is held: the closure may use the store.
        return try body(entry.header, entry.payload.span.bytes)
    }

    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        let (entries, next) = try withDatabase { database in
            let present = try state.readableRange(range)
            var entries: [Entry] = []
            var rest = maxByteCount
            guard !present.isEmpty else { return (entries, present.upperBound) }
            let rows = try Row.fetchCursor(
                database.cachedStatement(
                    sql: """
                        SELECT place, term, kind, payload FROM entry
                        WHERE place >= ? AND place < ? ORDER BY place
                        """),
                arguments: [present.lowerBound.place, present.upperBound.place])
            while let row = try rows.next() {
                let entry = Entry(row)
                let index = present.lowerBound + LogIndex(entries.count)
                guard entry.index == index else { throw missing(index) }
                guard entries.isEmpty || entry.payload.count <= rest else {
                    return (entries, index)
                }
                rest -= min(rest, entry.payload.count)
                entries.append(entry)
            }
            let end = present.lowerBound + LogIndex(entries.count)
            guard end == present.upperBound else { throw missing(end) }
            return (entries, end)
        }
        for entry in entries { try body(entry.header, entry.payload.span.bytes) }
        return next
    }

    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        try withDatabase { database in
            try Data.fetchOne(
                database, sql: "SELECT value FROM metadata WHERE key = ?", arguments: [key.bytes]
            ).map { [UInt8]($0) }
        }
    }

    func metadataKeys() throws(LogStoreError) -> [MetadataKey] {
        try withDatabase { database in
            try Data.fetchAll(database, sql: "SELECT key FROM metadata ORDER BY key").map {
                MetadataKey(String(decoding: $0, as: UTF8.self))
            }
        }
    }

    // MARK: -

    private func withDatabase<R>(_ body: (Database) throws -> R) throws(LogStoreError) -> R {
        do {
            return try queue.inDatabase { database in
                if status.withLock({ $0.isClosed }) { throw LogStoreError.closed }
                return try body(database)
            }
        } catch {
            // The queue itself refuses once it is closed.
            if status.withLock({ $0.isClosed }) { throw .closed }
            throw LogStoreError(error, file: file)
        }
    }

    /// An entry that has to be there is not.
    private func missing(_ index: LogIndex) -> LogStoreError {
        .corrupt("an entry is missing from the database", file: file, index: index)
    }
}

extension MetadataKey {
    /// Keys are equal if their bytes are, and not if they look alike.
    fileprivate var bytes: Data { Data(name.utf8) }
}

extension Entry {
    fileprivate init(_ row: Row) {
        let payload: Data = row[3]
        self.init(
            position: Schema.position(row), kind: EntryKind(rawValue: row[2]),
            payload: [UInt8](payload))
    }

    fileprivate var header: EntryHeader {
        EntryHeader(position: position, kind: kind, payloadByteCount: payload.count)
    }
}
