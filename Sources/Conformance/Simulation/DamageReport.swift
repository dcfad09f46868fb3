import WALProtocol

/// What a ``DamageSweep`` found.
public struct DamageReport: Sendable, Codable, CustomStringConvertible {
    /// What a damage came to.
    public enum Outcome: String, CaseIterable, Hashable, Sendable, Codable {
        /// Everything reads as if nothing had happened.
        case same
        /// An error names the damaged file and the offset.
        case reportedWithOffset
        /// An error names the damaged file.
        case reportedWithFile
        /// An error names another file, or the directory.
        case reportedElsewhere
        /// After an unclean stop: writes that were not acknowledged were cut, the others are there.
        case cut
        /// After an unclean stop: writes that were acknowledged were cut, and the report says that
        /// this may be; the damage hit what came after the last sync, which alone could prove it.
        case ambiguous
        /// The file that was written last is there as an earlier close left it, and so is the
        /// store: everything is as it was then, so no other file is a witness against it.
        case outdated
        /// Anything else.
        case bad
        /// The process ended, or did not come back.
        case crashed
    }

    /// A damage that was not answered as it has to be.
    public struct Failure: Hashable, Sendable, Codable, CustomStringConvertible {
        /// The kind of damage.
        public var family: DamageSweep.Family
        /// Its number, to see it again: ``DamageSweep/run(_:numbers:)``.
        public var number: Int
        /// What was damaged, and how.
        public var damage: String
        /// What was seen.
        public var seen: String

        /// All of it, on one line.
        public var description: String { "\(family) \(number): \(damage): \(seen)" }
    }

    /// How the store under test was left.
    public var variant: DamageSweep.Variant
    /// Where everything random came from.
    public var seed: UInt64
    /// The number of damages by kind and outcome.
    public internal(set) var counts: [DamageSweep.Family: [Outcome: Int]] = [:]
    /// Damages that no answer showed and that the store's own check found all the same.
    public internal(set) var foundByVerifyOnly = 0
    /// Everything bad, in order.
    public internal(set) var failures: [Failure] = []

    /// The number of damages tried.
    public var count: Int { counts.values.reduce(0) { $0 + $1.values.reduce(0, +) } }

    /// The number of damages with an outcome.
    public func count(_ outcome: Outcome) -> Int {
        counts.values.reduce(0) { $0 + ($1[outcome] ?? 0) }
    }

    /// The number of damages of a kind with an outcome.
    public func count(_ family: DamageSweep.Family, _ outcome: Outcome) -> Int {
        counts[family]?[outcome] ?? 0
    }

    /// Notes that a process that tried a damage ended, or had to be ended.
    public mutating func noteCrash(_ family: DamageSweep.Family, number: Int, how: String) {
        counts[family, default: [:]][.crashed, default: 0] += 1
        failures.append(Failure(family: family, number: number, damage: "a crash", seen: how))
    }

    /// A report that found nothing yet.
    public init(variant: DamageSweep.Variant, seed: UInt64) {
        self.variant = variant
        self.seed = seed
    }

    /// Adds what another run on the same store found.
    public mutating func add(_ other: DamageReport) {
        for (family, outcomes) in other.counts {
            counts[family, default: [:]].merge(outcomes, uniquingKeysWith: +)
        }
        foundByVerifyOnly += other.foundByVerifyOnly
        failures += other.failures
    }

    /// One line for each kind of damage, then everything bad.
    public var description: String {
        ([counts(titled: "store")] + failures.map { "  BAD \($0)" }).joined(separator: "\n")
    }

    /// One line for each kind of damage.
    public func counts(titled title: String) -> String {
        var lines = ["\(title), \(variant), seed \(seed): \(count) damages"]
        for family in DamageSweep.Family.allCases {
            guard let outcomes = counts[family] else { continue }
            let parts = Outcome.allCases.compactMap { outcome in
                outcomes[outcome].map { "\($0) \(outcome)" }
            }
            lines.append("  \(family): " + parts.joined(separator: ", "))
        }
        if foundByVerifyOnly > 0 { lines.append("  \(foundByVerifyOnly) found by verify only") }
        return lines.joined(separator: "\n")
    }
}
