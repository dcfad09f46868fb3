public import WALProtocol

/// Making a damaged log whole again with entries of another replica.
extension SegmentStore {
    /// Repairs a damaged store in place, with entries that were fetched from another replica.
    ///
    /// The lost entries are named by ``recoveryReport`` after an opening with the policy `salvage`.
    /// Each replacement is checked: its term against footers, checkpoints and neighbours, and
    /// itself against the checksum of the damaged record, if that survived. Where the term of
    /// what was lost is not known, a replacement is only taken if that checksum proves it, or if a
    /// later entry of the other replica is among the replacements and the same as here. A record
    /// goes back to where it stood, so that the file becomes what it was, byte for byte; where the
    /// place is not known, the segment is written anew with its live entries. Footers, headers and
    /// the identity file are made again. The damaged originals are kept in the quarantine directory.
    ///
    /// No replica can mend an end of the log of which nothing is known, or a damage that may hide
    /// metadata. A repair leaves such a segment as it is, unless the caller accepts the loss.
    ///
    /// - Parameters:
    ///   - path: The store's directory.
    ///   - options: The disk; `access` has to be `readWrite`, and `policy` does not matter.
    ///   - replacements: Entries of one replica, in any order. What is not lost is only compared.
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
        let accepted: Repair.Loss = acceptingLossOfState ? .state : .nothing
        return try Repair.run(directory, offered, accepting: accepted)
    }

    /// Repairs a damaged store in place, or says what that would do.
    ///
    /// What other replicas' entries cannot mend is let go of, if the caller accepts it: the log then
    /// ends before the first lost entry, because a log has no holes, and what followed stays in the
    /// quarantine directory. Metadata is what was last known. Afterwards the store was opened with
    /// the policy `strict`, closed, and checked byte by byte.
    ///
    /// - Parameters:
    ///   - path: The store's directory.
    ///   - mode: Whether to change anything. A plan takes no lock, writes nothing, and works on a
    ///     disk that cannot be written.
    ///   - replica: The same log on another replica, to take lost entries from.
    ///   - options: The disk and the sizes.
    /// - Returns: what was done, if ``WALProtocol/RepairReport/isApplied``; otherwise what would be,
    ///   because that was asked for or because the loss was not accepted.
    /// - Throws: as ``repair(at:options:with:acceptingLossOfState:)``; what reading the replica
    ///   throws.
    /// - Complexity: O(bytes), three times; memory for the lost entries and one segment.
    /// - Durability: as ``repair(at:options:with:acceptingLossOfState:)``. The log ends before a loss
    ///   with the rename of one new segment; before it everything is as it was.
    public static func repair(
        at path: String, _ mode: RepairMode, from replica: (any LogReading)? = nil,
        options: Options = Options()
    ) throws(LogStoreError) -> RepairReport {
        try options.validate()
        return try GuidedRepair(path: path, options: options).run(mode, from: replica)
    }
}
