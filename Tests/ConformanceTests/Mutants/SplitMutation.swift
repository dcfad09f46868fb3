/// A bug of a store whose syncs run beside appends, or one that shows when tasks drive it.
///
/// `SplitMutantTests` runs the rules about `AsyncLog` on every one of them.
enum SplitMutation: String, CaseIterable, Sendable {
    /// The slow half of a sync does nothing.
    case performsNothing
    /// A sync covers what was there when the one before it began.
    case beginsLate
    /// The end of a sync calls durable what was appended while it ran.
    case endsTooFar
    /// A sync takes metadata along only together with entries.
    case leavesMetadataOut
    /// An append while a sync is under way is refused.
    case refusesBesideSync
    /// Entries that are appended one behind the other change places.
    case swapsEntries
    /// A truncation drops one entry too few.
    case cutsOneLess
    /// A reader sees the log as it was when the reader was made.
    case showsSnapshots
    /// A compaction does nothing while somebody reads.
    case compactsUnobservedOnly
    /// Closing does not give the path up.
    case keepsLock
    /// Every store leaves a thread behind.
    case leaksThreads
}
