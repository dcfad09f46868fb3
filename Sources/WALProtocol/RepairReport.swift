/// What a repair did, or would do, and what it could not bring back.
public struct RepairReport: Sendable {
    /// One change to the store's directory.
    public struct Step: Hashable, Sendable {
        /// What is done to the file.
        public enum Kind: String, Hashable, Sendable, CaseIterable {
            /// The file as it was found is kept, under ``Step/target``.
            case quarantine
            /// What was damaged in the file, or the whole of it, is made again.
            case mend
            /// A new file takes over the end of the log.
            case renew
            /// The file leaves the log; its contents are in the quarantine directory.
            case retire
            /// The log ends before ``Step/index``: what followed is lost, or stands behind a loss.
            case endLog
            /// What a crash left at the end is cut off, and kept under ``Step/target``.
            case cutTornTail
        }

        /// What is done.
        public var kind: Kind
        /// The file's name, relative to the store's directory.
        public var file: String
        /// Where what is taken out is kept, relative to the store's directory.
        public var target: String?
        /// The index concerned.
        public var index: LogIndex?

        /// Makes a step.
        public init(_ kind: Kind, file: String, target: String? = nil, index: LogIndex? = nil) {
            self.kind = kind
            self.file = file
            self.target = target
            self.index = index
        }
    }

    /// Whether the changes were made, and not only planned.
    public var isApplied = false
    /// Every damage that checking the store found before, each with file, offset and, where known,
    /// index.
    public var damages: [LogStoreError] = []
    /// What the store was found to be before the repair.
    ///
    /// If its ``RecoveryReport/mustCatchUpBeforeVoting`` is set, the replica must catch up before
    /// it votes, whole log or not: a lost vote does not come back.
    public var before = RecoveryReport()
    /// The changes, in order.
    public var steps: [Step] = []
    /// The files that were replaced or made, in the order in which that was done.
    public var repairedFiles: [String] = []
    /// The damaged originals, relative to the store's directory.
    public var quarantined: [String] = []
    /// The number of entries that were put back.
    public var restoredEntryCount: UInt64 = 0
    /// How many of them were proven right: by the record's checksum, which had survived, or by
    /// what was left of the payload.
    public var provenEntryCount: UInt64 = 0
    /// The entries that are still lost: no replacement was given, or not all that the segment
    /// needs.
    public var stillLost: [LostRange] = []
    /// Whether damage that no entry of a replica can mend is still there: the end of the log or
    /// a change of metadata may be lost.
    public var isStateUncertain = false
    /// The unreadable entries that the log goes on without: it ends before the first of them.
    public var givenUp: [LostRange] = []
    /// The readable entries that are no longer in the log because they stood behind a loss.
    public var discarded: [LostRange] = []
    /// Whether the log goes on although its end or a change of metadata may be lost.
    public var isStateGivenUp = false
    /// Whether the store opens with the policy `strict` and every entry can be read.
    public var isWhole = false
    /// What checking every byte found afterwards; `nil` if the store is not whole.
    public var after: VerificationReport?

    /// Makes the report of a repair that found nothing to do.
    public init() {}

    /// Whether anything acknowledged is gone, or would be.
    public var losesAcknowledged: Bool {
        !givenUp.isEmpty || !discarded.isEmpty || isStateGivenUp || !stillLost.isEmpty
            || isStateUncertain
    }

    /// The first index that may be gone although nothing proves it: what was cut behind it looks
    /// like the remains of a crash, and a disk that does not honour flushes leaves the same.
    public var doubtfulFrom: LogIndex? {
        guard before.verdict == .ambiguous, givenUp.isEmpty, discarded.isEmpty else { return nil }
        return before.tornFromIndex
    }

    /// Whether the replica must not vote before a leader has brought it up to date.
    public var mustCatchUpBeforeVoting: Bool {
        before.mustCatchUpBeforeVoting || losesAcknowledged
    }

    /// Whether the store opens, and every byte of it is right.
    public var isVerified: Bool { isWhole && after?.damages.isEmpty ?? false }
}

/// Whether a repair only says what it would do.
public enum RepairMode: Hashable, Sendable {
    /// Change nothing and take no lock.
    ///
    /// The report says what ``apply(acceptingLoss:)`` would do if the loss were accepted.
    case plan
    /// Repair, if nothing acknowledged is lost by it or the loss is accepted.
    case apply(acceptingLoss: Bool)
}
