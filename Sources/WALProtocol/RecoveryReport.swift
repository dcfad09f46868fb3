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
            /// Something in the file is damaged that was durable; ``lostRanges`` says what of the
            /// log is gone with it, if anything is.
            case damaged
            /// A file with live entries, or with the end of the log, is missing.
            case missing
            /// A file belongs to another store, or to another place in this one.
            case foreign
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
    /// The acknowledged entries that are gone, ascending, under a policy that accepts loss.
    ///
    /// Under ``RecoveryPolicy/salvage`` reading one of them throws `corrupt`; under
    /// ``RecoveryPolicy/truncateTail(acceptingLossFrom:)`` the log ends before them.
    public var lostRanges: [LostRange] = []
    /// Whether the loss reaches the end of the log: what was last may be gone.
    public var isEndLost = false
    /// Whether damage may hide metadata, truncations, compactions or resets: what ``LogStore``
    /// says of them is what was last known, and there may have been something newer.
    public var isMetadataUncertain = false
    /// Everything noticed, in the order of discovery.
    public var findings: [Finding] = []
    /// The files that hold what was cut, relative to the store's directory.
    public var quarantined: [String] = []
    /// How long opening took.
    public var duration: Duration = .zero

    /// Makes the report of a clean, empty store.
    public init() {}

    /// Whether something acknowledged may be gone that a vote depends on.
    ///
    /// A Raft replica votes by its last position, its term and its vote. It must not vote, nor
    /// acknowledge on the strength of its log, before a leader has brought it up to date, if
    ///
    /// - the end of the log may be gone (``isEndLost``): it could elect a candidate that lacks an
    ///   entry which it acknowledged itself;
    /// - metadata may be gone (``isMetadataUncertain``): it could vote twice in a term;
    /// - something was cut that the files do not prove unacknowledged
    ///   (``verdict-swift.property`` is ``CutVerdict/ambiguous``). On disks that honour flushes an
    ///   ambiguous cut has lost nothing, so that an engine which trusts them may vote if this is
    ///   the only reason; otherwise a power cut of all replicas could leave nobody to vote.
    ///
    /// Entries lost before the end do not matter for a vote: the last position is still known. A
    /// replica without them can be elected and has to fetch them before it serves them.
    public var mustCatchUpBeforeVoting: Bool {
        isEndLost || isMetadataUncertain || verdict == .ambiguous
    }

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
    ///
    /// Every byte is read and checked. A lost entry is `corrupt` when it is read, and never
    /// `unavailable` or left out.
    case salvage
}
