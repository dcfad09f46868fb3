/// A log in another store's format, read and never written.
///
/// - `raftWAL` is the format of the Rust crate raft-wal, versions 0 and 1: segment files whose
///   entries have a CRC-32C, an index and a length, and a file of metadata.
/// - `hiqlite` is that of the Rust crate hiqlite-wal, version 1: files with a header that says what
///   they hold, whose records have an id, a CRC-32/CKSUM and a length, and a file with the vote and
///   the last position that was purged.
public struct ForeignLog: Sendable {
    /// The formats there are.
    public enum Format: String, CaseIterable, Hashable, Sendable {
        /// raft-wal, a Rust crate.
        case raftWAL = "raft-wal"
        /// hiqlite-wal, a Rust crate.
        case hiqlite
    }

    /// What reading all of it found.
    public struct Survey: Sendable {
        /// The indexes of the entries, up to the damage if there is any.
        public internal(set) var indexes: Range<LogIndex> = 0..<0
        /// The bytes of their payloads.
        public internal(set) var payloadByteCount: UInt64 = 0
        /// The position that was compacted last, if the format tells.
        public internal(set) var compacted: LogPosition?
        /// Whether every payload begins with its position, as openraft's entries in hiqlite do, so
        /// that the terms are known.
        public internal(set) var hasTerms = false
        /// The metadata, under keys that begin with the name of the format.
        public internal(set) var metadata: [MetadataKey: [UInt8]] = [:]
        /// The first thing that is wrong; `nil` if nothing is.
        public internal(set) var damage: LogStoreError?
        /// The files behind the damage, which were not read.
        public internal(set) var unreadFiles: [String] = []
        /// What is worth knowing and no damage.
        public internal(set) var notes: [String] = []

        /// The number of entries.
        public var entryCount: UInt64 { indexes.upperBound - indexes.lowerBound }
    }

    /// The directory.
    public let path: String
    /// Its format.
    public let format: Format

    /// Names a log; nothing is read yet.
    public init(at path: String, _ format: Format) {
        self.path = path
        self.format = format
    }

    /// Reads and checks everything.
    ///
    /// - Returns: what is there; damage is told, not thrown.
    /// - Throws: `unavailable` if there is no such log; `unsupportedFormat`, `io`.
    /// - Complexity: O(bytes).
    public func survey() throws(LogStoreError) -> Survey {
        try read { (_, _, _) in }
    }

    /// Reads everything up to the first damage.
    ///
    /// - Parameter body: Called with index, term if it is known, and payload of each entry.
    /// - Throws: as ``survey()``, and what `body` throws.
    func read(
        _ body: (LogIndex, Term?, [UInt8]) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> Survey {
        switch format {
        case .raftWAL:
            var reader = RaftWALReader(path)
            return try reader.read { (index, payload) throws(LogStoreError) in
                try body(index, nil, payload)
            }
        case .hiqlite:
            var reader = HiqliteReader(path)
            return try reader.read(body)
        }
    }
}
