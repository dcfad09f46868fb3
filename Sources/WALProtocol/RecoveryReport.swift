/// What opening a store found and did, for a program to act on.
public struct RecoveryReport: Hashable, Sendable {
    /// One thing that recovery noticed, with the file concerned.
    public struct Finding: Hashable, Sendable {
        /// What it was: the labels of the recovery table in DESIGN.md.
        public enum Kind: String, Hashable, Sendable, CaseIterable {
            /// Everything was as a clean close leaves it, or valid to the end mark.
            case clean
            /// A record at the end was incomplete, and nothing proved it durable: it was cut.
            case tornTail
            /// The newest segment held nothing yet: it was made anew.
            case emptyTail
            /// A crash fell between two steps of a rotation: the rotation was finished.
            case rotationInterrupted
            /// A segment lacked its footer, or it was damaged: it was rebuilt from the records.
            case footerRebuilt
            /// A file that holds nothing live: it was removed.
            case leftover
            /// Records that no watermark proves durable were copied to a new segment and synced.
            case copiedForward
        }

        /// What it was.
        public var kind: Kind
        /// The file's name in the store's directory.
        public var file: String

        /// Makes a finding.
        public init(_ kind: Kind, file: String) {
            self.kind = kind
            self.file = file
        }
    }

    /// Whether bytes that were cut may have been acknowledged.
    public enum CutVerdict: String, Hashable, Sendable {
        /// Nothing was cut.
        case nothingCut
        /// What was cut cannot have been acknowledged.
        case provablyUnacknowledged
        /// The last sync left no later witness: on a disk that honours flushes nothing
        /// acknowledged was cut, but the file alone does not prove it. A replica that must be
        /// certain catches up before it votes.
        case ambiguous
    }

    /// Whether the last writer closed the store.
    public var stoppedCleanly = true
    /// The entries present after recovery.
    public var entryCount: UInt64 = 0
    /// The bytes of records that were read to recover.
    public var scannedByteCount: UInt64 = 0
    /// The bytes cut from the end.
    public var tornByteCount: UInt64 = 0
    /// The index that the first entry cut would have had, if anything was cut.
    public var tornFromIndex: LogIndex?
    /// Whether what was cut may have been acknowledged.
    public var verdict: CutVerdict = .nothingCut
    /// The index ranges that are gone, under a policy that accepts loss.
    public var lostRanges: [Range<LogIndex>] = []
    /// Everything noticed, in the order of discovery.
    public var findings: [Finding] = []
    /// The files that hold what was cut, relative to the store's directory.
    public var quarantined: [String] = []
    /// How long opening took.
    public var duration: Duration = .zero

    /// Makes the report of a clean, empty store.
    public init() {}

    /// The number of segments whose footer was rebuilt.
    public var rebuiltSegmentCount: Int {
        findings.count { $0.kind == .footerRebuilt }
    }
}

/// What to do about damage when a store is opened.
public enum RecoveryPolicy: Hashable, Sendable {
    /// Refuse damage to acknowledged data; cut only what was never acknowledged.
    case strict
    /// Accept the loss of every entry from this index on, if that is what it takes to open.
    ///
    /// What is dropped goes to the quarantine directory.
    case truncateTail(acceptingLossFrom: LogIndex)
    /// Open for reading only, with everything that is still readable; lost ranges are listed.
    case salvage
}
