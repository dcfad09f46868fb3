/// A bug in how a store deals with its directory, its options or its device, put around a segment
/// store on real files.
///
/// `FileMutantTests` runs the rules that need files on each: exactly those in `FILE-MUTANTS.md` fail.
enum FileMutation: String, CaseIterable, Sendable {
    /// A sync leaves everything with the kernel.
    case syncsNothing
    /// Dropped files stay.
    case keepsFiles
    /// A damaged store is moved out of the way, and a new one begun.
    case beginsAnewWhenDamaged
    /// Every opening leaves a file open.
    case leaksDescriptors
    /// Only the options of the first opening are taken.
    case remembersOptions
    /// A limit that depends on the options applies to reading, too.
    case limitsWhenReading
    /// With a small cache, what was read before a truncation is read again.
    case cachesTruncated
    /// The directory is made, but not those above it.
    case needsParent
    /// Files that it did not write are removed.
    case removesForeignFiles
    /// A path that cannot be a directory is told by an error of another type.
    case throwsOtherErrors
    /// A directory that cannot be written is an I/O error.
    case mistakesPermissions
    /// Every payload is held in memory.
    case holdsEverything
}
