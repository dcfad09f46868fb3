import GRDB
import WALProtocol

/// The tables, and what stands in them.
enum Schema {
    static let version: UInt32 = 1

    /// Makes the tables of a new database.
    ///
    /// - Throws: `unsupportedFormat` for a database of a later version.
    static func prepare(_ database: Database, file: String) throws {
        let found = try UInt32.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard found <= version else {
            throw LogStoreError.unsupportedFormat(
                "a later version wrote this database", file: file, found: UInt64(found),
                supported: UInt64(version))
        }
        guard found == 0 else { return }
        try database.inTransaction(.immediate) {
            try database.execute(
                sql: """
                    CREATE TABLE entry (
                        place INTEGER PRIMARY KEY, term INTEGER NOT NULL, kind INTEGER NOT NULL,
                        payload BLOB NOT NULL);
                    CREATE TABLE metadata (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
                    CREATE TABLE compacted (place INTEGER NOT NULL, term INTEGER NOT NULL);
                    PRAGMA user_version = \(version);
                    """)
            return .commit
        }
    }

    /// The log as the tables have it; all of it is durable.
    static func state(_ database: Database) throws -> LogState {
        var state = LogState()
        if let row = try Row.fetchOne(database, sql: "SELECT place, term FROM compacted") {
            state.compacted = position(row)
            state.last = state.compacted
        }
        if let first = try Int64.fetchOne(database, sql: "SELECT min(place) FROM entry"),
            let last = try Row.fetchOne(
                database, sql: "SELECT place, term FROM entry ORDER BY place DESC LIMIT 1")
        {
            state.first = LogIndex(place: first)
            state.last = position(last)
            state.durable = state.last
        }
        return state
    }

    static func position(_ row: Row) -> LogPosition {
        LogPosition(term: Term(place: row[1]), index: LogIndex(place: row[0]))
    }
}

extension UInt64 {
    /// SQLite's integers have a sign: this keeps the order.
    var place: Int64 { Int64(bitPattern: self ^ (1 << 63)) }

    init(place: Int64) { self = UInt64(bitPattern: place) ^ (1 << 63) }
}
