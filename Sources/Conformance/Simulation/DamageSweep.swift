public import WALProtocol

/// Damages a store's files in every way that disks and people do, and looks at what it says.
///
/// Each damage happens to a store of its own: it is opened, and everything in it is read. The
/// answers have to be the same as without the damage, or an error has to name it; never may they be
/// others. After a clean close nothing may be taken for the traces of a crash; after an unclean
/// stop only what was not acknowledged may be cut, and what a crash could have left has to open.
///
/// The store under test is made here: several files, metadata, truncations, indexes that were
/// overwritten, compactions. It should rotate early, at 8 KiB.
public struct DamageSweep: Sendable {
    /// Checks every byte of the store at a path.
    public typealias Verifying = @Sendable (_ path: String) throws -> VerificationReport
    /// Checks every byte of the store at a path of a simulated disk.
    public typealias SimulatedVerifying =
        @Sendable (_ path: String, _ fileSystem: any FileSystem) throws -> VerificationReport

    /// How the store was left before it was damaged.
    public enum Variant: String, CaseIterable, Hashable, Sendable, Codable {
        /// It was closed.
        case closedCleanly
        /// It went on in the file that it had been closed in, was synced, and went on a little.
        case stoppedInSameFile
        /// It went on, began new files, was synced, and went on a little.
        case stopped
        /// It was synced, and went on until it began a new file.
        case stoppedBehindRotation
    }

    private let makeStage: @Sendable () throws -> any ImageStage
    private let variant: Variant
    private let seed: UInt64

    /// Prepares a sweep on the simulated disk.
    ///
    /// - Parameters:
    ///   - opening: Opens the store under test. It has to give each new store an identity of its
    ///     own; otherwise nothing is exchanged between stores.
    ///   - verifying: The store's own check; it has to find whatever reading finds.
    public init(
        opening: @escaping SimulatedOpening, verifying: SimulatedVerifying? = nil,
        variant: Variant, seed: UInt64
    ) {
        makeStage = { SimulatedStage(opening, verifying) }
        self.variant = variant
        self.seed = seed
    }

    /// Prepares a sweep on real files.
    ///
    /// - Parameter scratchDirectory: Where they are made; the system's place for temporary files
    ///   if it is left out.
    public init(
        openingFiles: @escaping LogStoreSuite.Opening, verifying: Verifying? = nil,
        variant: Variant, seed: UInt64, scratchDirectory: String? = nil
    ) {
        makeStage = {
            try DirectoryStage(
                in: scratchDirectory ?? Scratch.systemDirectory, openingFiles, verifying)
        }
        self.variant = variant
        self.seed = seed
    }

    /// Tries damages of some kinds.
    ///
    /// - Parameters:
    ///   - families: The kinds.
    ///   - limit: How many of each kind at most, spread evenly, beginning somewhere random.
    ///   - progress: Told now and then how many of how many are done.
    public func run(
        _ families: [Family] = Family.allCases, limit: Int = .max,
        progress: (Family, _ done: Int, _ count: Int) -> Void = { _, _, _ in }
    ) throws -> DamageReport {
        let trial = try DamageTrial(makeStage(), variant, seed: seed)
        var random = SeededGenerator(seed: seed)
        for family in families {
            let damages = StoreDamage.all(family, of: trial.store)
            let step = max(1, (damages.count + limit - 1) / max(1, limit))
            let phase = Int(random.next() % UInt64(step))
            for number in stride(from: phase, to: damages.count, by: step) {
                try trial.run(damages[number], family, number)
                if number % 4096 < step { progress(family, number, damages.count) }
            }
        }
        return trial.report
    }

    /// Tries the damages of a kind with these numbers, to see them again or to share the work.
    public func run(
        _ family: Family, numbers: Range<Int>, step: Int = 1
    ) throws -> DamageReport {
        let trial = try DamageTrial(makeStage(), variant, seed: seed)
        let damages = StoreDamage.all(family, of: trial.store)
        let range = numbers.clamped(to: damages.indices)
        for number in stride(from: range.lowerBound, to: range.upperBound, by: step) {
            try trial.run(damages[number], family, number)
        }
        return trial.report
    }

    /// How many damages of a kind there are.
    public func count(_ family: Family) throws -> Int {
        StoreDamage.all(family, of: try DamageTrial(makeStage(), variant, seed: seed).store).count
    }
}
