/// A bug that a shipped log store has had, or nearly, put into the reference store.
///
/// `MutantTests` runs every rule on every one of them: exactly the rules in
/// `MUTANTS.md` fail.
enum Mutation: String, CaseIterable, Sendable {
    /// An append that leaves a hole says it succeeded, and stores nothing.
    case dropsGaps
    /// An append at an index that is taken truncates by itself.
    case overwrites
    /// An append with a lower term is stored under the last one.
    case raisesTerms
    /// The first index has to be 1.
    case startsAtOneOnly
    /// The kind of an entry is not stored.
    case forgetsKinds
    /// What is too long is cut to the limit.
    case cutsLongPayloads
    /// An empty batch is refused.
    case refusesEmptyBatches
    /// A payload of exactly the limit is refused.
    case refusesLargest
    /// Of a batch over four million bytes the rest is left out.
    case cutsLargeBatches
    /// A batch over the limit is written in two.
    case splitsLargeBatches
    /// The entries of a batch stay although a later part of it was refused.
    case keepsHalfBatches
    /// Truncation drops one entry too few.
    case truncatesOneLess
    /// A truncation is not on the disk until something is appended.
    case truncatesInMemoryOnly
    /// Committed entries can be truncated: the call says it succeeded.
    case truncatesCompacted
    /// Compaction drops one entry too few.
    case compactsOneLess
    /// A log that is empty when it is opened has forgotten what it compacted.
    case forgetsPosition
    /// A snapshot ahead of the log only drops what there is.
    case compactsToEndOnly
    /// A compaction with a contradicting term is taken with the term of the entry.
    case ignoresConflicts
    /// A reset below the end keeps the entries above it, as a compaction would.
    case resetsLikeCompaction
    /// A range ends after 32 entries and calls that a success.
    case returnsShortRanges
    /// A range leaves out entries without a payload.
    case skipsEmptyPayloads
    /// A byte limit that the first entry exceeds gives nothing.
    case starvesOnByteLimit
    /// What was compacted is `unavailable`.
    case mistakesCompacted
    /// The term of the compacted position is not known.
    case forgetsCompactedTerm
    /// A cache of entries by index that truncation does not empty.
    case servesStaleCache
    /// A value that nobody set reads as an empty one.
    case inventsValues
    /// An empty value reads as missing.
    case losesEmptyValues
    /// Removing a metadata value in a batch does nothing: the old vote stays.
    case keepsVotes
    /// A sync after metadata alone returns before they are on the disk.
    case acknowledgesMetadataEarly
    /// `sync` returns before anything is on the disk.
    case acknowledgesEarly
    /// `flush` does nothing.
    case flushesNothing
    /// Everything that was appended is called durable.
    case overstatesDurable
    /// Closing loses what was not synced.
    case closesWithoutSync
    /// A closed store goes on working.
    case worksWhenClosed
    /// There is no lock.
    case takesNoLock
    /// The lock outlives a store that was dropped.
    case leaksLock
    /// A reader sees the log as it was when the reader was made.
    case readsSnapshots
    /// A reader's cache leaves the lowest bit of an index out when it looks for an entry.
    case confusesNeighbours
    /// A reader whose store is gone finds nothing, and calls that `unavailable`.
    case forgetsWithTheStore
    /// Bytes handed to a closure are in a buffer that the next write reuses.
    case reusesBuffers
}
