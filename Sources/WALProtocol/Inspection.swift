/// What checking every byte of a store found.
///
/// Made without changing anything.
public struct VerificationReport: Sendable {
    /// Where the log begins and ends, as far as it can be known.
    public var state = LogState()
    /// The bytes that were read and checked.
    public var checkedByteCount: UInt64 = 0
    /// The bytes at the end that a writer would cut when it opens the store.
    public var tornByteCount: UInt64 = 0
    /// Everything that is wrong, file by file; empty if nothing is.
    public var findings: [Finding] = []

    /// Makes the report of an empty store.
    public init() {}

    /// Every damage found, each with file, offset and, where known, index; empty if there is none.
    public var damages: [LogStoreError] { findings.map(\.error) }
}

extension VerificationReport {
    /// One thing that is wrong with a store.
    public struct Finding: Equatable, Sendable {
        /// What is concerned, and so what can be done about it.
        public enum Kind: String, Hashable, Sendable, CaseIterable {
            /// Records of the log, or bytes between them, are not what was written.
            case records
            /// The index at the end of a sealed segment; the records that it names are there.
            case footer
            /// Something stands behind the end of a log that was closed cleanly.
            case tail
            /// A file's header or checkpoint.
            case header
            /// The parts of the log are valid, each for itself, and do not fit together.
            case structure
            /// A file that holds a part of the log is not there.
            case missing
            /// A file belongs to another store, or elsewhere in this one.
            case foreign
            /// The file that says which store this is.
            case identity
            /// The metadata: the term, the vote and whatever else a program keeps there.
            case metadata
            /// A page of the backend's data file.
            case page
            /// The file was written by another version.
            case version
            /// The operating system could not read the file.
            case unreadable
        }

        /// What is concerned.
        public var kind: Kind
        /// What was found: file, offset and, where known, index and term.
        public var error: LogStoreError
        /// The entries that cannot be read because of it, as far as that is known.
        public var lost: Range<LogIndex>?

        /// Makes a finding.
        public init(_ kind: Kind, _ error: LogStoreError, lost: Range<LogIndex>? = nil) {
            self.kind = kind
            self.error = error
            self.lost = lost
        }
    }
}

/// What a store's directory holds, for people and tools.
///
/// Made without changing anything.
public struct StoreDescription: Sendable {
    /// One segment file, or the one data file of a backend that has no segments.
    public struct Segment: Sendable {
        /// The file's name in the directory.
        public var file: String
        /// The sequence number; 0 for a backend without segments.
        public var sequence: UInt64
        /// `open`, `clean`, `sealed`, `prepared`, `leftover`, `damaged`, `missing` or `foreign`.
        public var state: String
        /// The first live entry in it; `nil` if it has none.
        public var first: LogIndex?
        /// The number of live entries in it.
        public var entryCount: UInt64
        /// Bytes of live entries, with their headers and the file's.
        public var liveByteCount: UInt64
        /// Bytes of records that nothing needs any more.
        public var deadByteCount: UInt64
        /// Bytes in which nothing stands yet.
        public var freeByteCount: UInt64 = 0
        /// Bytes that are not what was written.
        public var damagedByteCount: UInt64 = 0
        /// The size of the file.
        public var fileByteCount: UInt64

        /// The last live entry in it; `nil` if it has none.
        public var last: LogIndex? {
            guard let first, entryCount > 0 else { return nil }
            let (last, overflow) = first.addingReportingOverflow(entryCount - 1)
            return overflow ? nil : last
        }

        /// Describes a file.
        public init(
            file: String, sequence: UInt64, state: String, first: LogIndex?, entryCount: UInt64,
            liveByteCount: UInt64, deadByteCount: UInt64, freeByteCount: UInt64 = 0,
            damagedByteCount: UInt64 = 0, fileByteCount: UInt64
        ) {
            self.file = file
            self.sequence = sequence
            self.state = state
            self.first = first
            self.entryCount = entryCount
            self.liveByteCount = liveByteCount
            self.deadByteCount = deadByteCount
            self.freeByteCount = freeByteCount
            self.damagedByteCount = damagedByteCount
            self.fileByteCount = fileByteCount
        }
    }

    /// The backend: `segment` or `lmdb`.
    public var backend: String
    /// The version of the on-disk format.
    public var formatVersion: UInt32
    /// The store's identity, in hexadecimal; empty if damage hides it.
    public var storeID: String
    /// Positions; `durable` is the watermark that the files prove.
    public var state = LogState()
    /// The metadata keys that have a value.
    public var metadataKeys: [MetadataKey] = []
    /// The files, oldest first.
    public var segments: [Segment] = []
    /// What opening the store for writing would find; for one that cannot be opened, what can
    /// still be salvaged.
    public var recovery = RecoveryReport()
    /// Everything that is wrong; empty if nothing is.
    ///
    /// Of a damaged store the rest of the description says what can still be told.
    public var findings: [VerificationReport.Finding] = []

    /// Describes a store.
    public init(backend: String, formatVersion: UInt32, storeID: String) {
        self.backend = backend
        self.formatVersion = formatVersion
        self.storeID = storeID
    }
}
