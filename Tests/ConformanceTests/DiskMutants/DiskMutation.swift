/// A bug of the kind that loses, damages or invents what is on the disk, put into
/// ``PlainFileStore``: each was shipped by somebody, or nearly.
///
/// `DiskMutantTests` runs the rules that use a simulated disk on each: exactly those in
/// `DISK-MUTANTS.md` fail.
enum DiskMutation: String, CaseIterable, Sendable {
    // MARK: Syncing

    /// `sync` returns before anything is on stable storage.
    case acknowledgesBeforeSync
    /// `sync` has nothing to do after a `flush`.
    case takesFlushForSync
    /// A sync that failed is tried again, and the second one is believed.
    case retriesSync
    /// Every batch is synced by itself, although nobody asked for it yet.
    case syncsEveryBatch
    /// A full file is not synced when the next one comes into use.
    case leavesFullFileUnsynced
    /// The watermark is written before the sync that it speaks of.
    case witnessesBeforeSync

    // MARK: Names and files

    /// The first file is used before its name is durable.
    case leavesFirstNameUnsynced
    /// The next file is used before its name is durable.
    case leavesNextNameUnsynced
    /// The store's own name in the directory above is never made durable.
    case leavesParentUnsynced
    /// The manifest gets its name before its bytes are on the disk.
    case renamesBeforeSync
    /// The manifest is written over, instead of replaced.
    case overwritesManifest
    /// Files go as soon as the compaction is accepted.
    case removesBeforeDurable
    /// Files go newest first: a crash leaves a hole.
    case removesNewestFirst
    /// The newest file is the one with the highest number, whether or not it came into use.
    case trustsNumbers

    // MARK: Recovery

    /// New records are written behind a torn one, where the next recovery does not look.
    case appendsBehindTornTail
    /// After an unclean stop the log goes on in the same file: what the page cache shows is
    /// believed.
    case trustsPageCache
    /// Recovery's new file comes into use before it is synced.
    case leavesRecoveredUnsynced
    /// Every bad record in the newest file is a torn tail, whatever proves that it was durable.
    case cutsAtAnyDamage
    /// After a clean close the log may end anywhere all the same.
    case ignoresCleanClose
    /// A file whose header is damaged is skipped, and the log begins after it.
    case skipsDamagedFile
    /// The log ends at the first 64 bytes of zeros, payload or not.
    case endsLogAtZeros
    /// A directory that cannot be listed is empty.
    case takesListErrorForEmpty
    /// A file that cannot be read ends there.
    case takesReadErrorForEnd
    /// A store of another version is an empty one.
    case takesNewerForEmpty

    // MARK: Records

    /// The checksum of a record is the same wherever the record stands.
    case ignoresPlace
    /// The checksum of a metadata record leaves out key and value.
    case leavesMetadataUnchecked
    /// The checksum of an entry leaves out the payload.
    case leavesPayloadUnchecked
    /// Nothing ties the records of a batch together.
    case splitsBatches
    /// A truncation is not written: what it cut is back after a crash.
    case truncatesInMemoryOnly

    // MARK: System calls that fail

    /// What a write left out is not written.
    case trustsShortWrites
    /// A read that returned less than was asked for was the last.
    case trustsShortReads
    /// A read that a signal interrupted is the end of the file.
    case takesInterruptionForEnd
    /// A write that a signal interrupted has failed.
    case takesInterruptionForFailure
    /// An append that failed stays visible.
    case keepsFailedAppend
    /// An append that failed is written later, with those after it.
    case writesFailedAppend
    /// Once the disk was full, nothing can be written any more.
    case staysFull
    /// Compaction needs space, so that it cannot make any.
    case compactsWithFreshSpace
}
