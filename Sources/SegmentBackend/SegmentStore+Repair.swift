public import WALProtocol

/// Making a damaged log whole again with entries of another replica.
extension SegmentStore {
    /// What a repair did, and what it could not do.
    public struct RepairReport: Sendable {
        /// The files that were replaced or made, in the order in which that was done.
        public internal(set) var repairedFiles: [String] = []
        /// The damaged originals, relative to the store's directory.
        public internal(set) var quarantined: [String] = []
        /// The number of entries that were put back.
        public internal(set) var restoredEntryCount: UInt64 = 0
        /// How many of them were proven right: by the record's checksum, which had survived, or by
        /// what was left of the payload.
        public internal(set) var provenEntryCount: UInt64 = 0
        /// The entries that are still lost: no replacement was given, or not all that the segment
        /// needs.
        public internal(set) var stillLost: [LostRange] = []
        /// Whether damage that no entry of a replica can mend is still there: the end of the log or
        /// a change of metadata may be lost.
        public internal(set) var isStateUncertain = false
        /// What the store was found to be before the repair.
        ///
        /// If its ``WALProtocol/RecoveryReport/mustCatchUpBeforeVoting`` is set, the replica must
        /// catch up before it votes, whole log or not: a lost vote does not come back.
        public internal(set) var before = RecoveryReport()
        /// Whether the store opens with the policy `strict` and every entry can be read.
        public internal(set) var isWhole = false
    }

    /// Repairs a damaged store in place, with entries that were fetched from another replica.
    ///
    /// The lost entries are named by ``recoveryReport`` after an opening with the policy `salvage`.
    /// Each replacement is checked: its term against footers, checkpoints and neighbours, and
    /// itself against the checksum of the damaged record, if that survived. A record goes back to
    /// where it stood, so that the file becomes what it was, byte for byte; where the place is not
    /// known, the segment is written anew with its live entries. Footers, headers and the identity
    /// file are made again. The damaged originals are kept in the quarantine directory.
    ///
    /// No replica can mend an end of the log of which nothing is known, or a damage that may hide
    /// metadata. A repair leaves such a segment as it is, unless the caller accepts the loss.
    ///
    /// - Parameters:
    ///   - path: The store's directory.
    ///   - options: The disk; `access` has to be `readWrite`, and `policy` does not matter.
    ///   - replacements: Entries in any order. What is not lost is only compared.
    ///   - acceptingLossOfState: Go on without an end of the log or metadata that may be lost: the
    ///     log then ends with the last entry that is known, or with the replacements that follow
    ///     it, and metadata is what was last known. Such a replica must catch up before it votes.
    /// - Throws: `positionConflict` if a replacement cannot be the entry that was lost, before
    ///   anything is changed; `invalidArgument` for two replacements that differ; `locked`,
    ///   `corrupt` if there is nothing to start from, `unavailable`, `unsupportedFormat`,
    ///   `readOnly`, `noSpace`, `io`.
    /// - Complexity: O(bytes), and memory for the replacements and one segment.
    /// - Durability: a file is replaced by a rename after its new contents and the copy of the
    ///   original were synced, so that a crash leaves each segment as it was or repaired. A repair
    ///   that was interrupted may be repeated.
    public static func repair(
        at path: String, options: Options = Options(), with replacements: some Sequence<Entry>,
        acceptingLossOfState: Bool = false
    ) throws(LogStoreError) -> RepairReport {
        try options.validate()
        guard options.access == .readWrite else { throw .readOnly(path: path) }
        var offered: [LogIndex: Entry] = [:]
        for entry in replacements {
            guard entry.payload.count <= Options.maximumEntryByteCount else {
                throw .entryTooLarge(
                    index: entry.index, byteCount: entry.payload.count,
                    limit: Options.maximumEntryByteCount)
            }
            if let other = offered.updateValue(entry, forKey: entry.index), other != entry {
                throw .invalidArgument("two replacements for index \(entry.index) differ")
            }
        }
        let directory = StoreDirectory(path: path, fileSystem: options.fileSystem)
        return try Repair.run(directory, offered, acceptingLossOfState: acceptingLossOfState)
    }
}
