import Foundation

/// What one workload measured in two builds, round by round: the one from before a change, and the
/// one with it.
struct Contrast: Hashable, Sendable {
    /// What can be said about a difference.
    enum Verdict: String, Hashable, Sendable {
        /// The new build needs less, beyond the noise.
        case better
        /// The new build needs more, beyond the noise.
        case worse
        /// The difference is no larger than what differs from round to round.
        case noise
    }

    /// One round: both builds, one right after the other.
    struct Round: Hashable, Sendable {
        /// The figure of the old build.
        var old: Double
        /// The figure of the new build.
        var new: Double

        /// Describes a round.
        init(old: Double, new: Double) {
            self.old = old
            self.new = new
        }
    }

    /// The rule by which a difference counts, in one line.
    static let rule =
        "beyond the noise: the interquartile ranges do not overlap, and the rounds agree on the "
        + "direction (sign test, 5 %)"

    /// The workload's id.
    let workload: String
    /// What the figures count; less is better.
    let unit: String
    /// The rounds.
    var rounds: [Round]
    /// The plain loop as both of them measured it: the same code twice, so that what differs is the
    /// machine; empty if the workload has none.
    var controls: [Round]

    /// Begins a contrast.
    init(
        workload: String, unit: String, rounds: [Round] = [], controls: [Round] = []
    ) {
        self.workload = workload
        self.unit = unit
        self.rounds = rounds
        self.controls = controls
    }

    /// The middle half of the old build's figures.
    var old: Quartiles? { Quartiles(rounds.map(\.old)) }
    /// The middle half of the new build's figures.
    var new: Quartiles? { Quartiles(rounds.map(\.new)) }

    /// The new median over the old one: below 1 is better.
    var ratio: Double? { Self.ratio(new?.median, old?.median) }

    /// The same of the plain loop, which did not change: how far the machine drifted.
    var controlRatio: Double? {
        Self.ratio(
            Quartiles(controls.map(\.new))?.median, Quartiles(controls.map(\.old))?.median)
    }

    /// The rounds in which the new build needed more.
    var worseRoundCount: Int { rounds.count { $0.new > $0.old } }

    /// What can be said, by ``rule``.
    var verdict: Verdict {
        guard let old, let new else { return .noise }
        let betterRoundCount = rounds.count { $0.new < $0.old }
        if new.high < old.low, Self.isSignificant(betterRoundCount, of: rounds.count) {
            return .better
        }
        if new.low > old.high, Self.isSignificant(worseRoundCount, of: rounds.count) {
            return .worse
        }
        return .noise
    }

    /// Whether so many of the rounds would agree by chance, whichever way, in no more than one case
    /// of twenty: 6 of 6, 8 of 9, 10 of 12.
    static func isSignificant(_ agreeing: Int, of count: Int) -> Bool {
        guard agreeing <= count, 2 * agreeing > count else { return false }
        var choices = 1.0
        var tail = 1.0
        // Sums the binomials from `count` over `count` down to `count` over `agreeing`.
        for missing in 0..<(count - agreeing) {
            choices *= Double(count - missing) / Double(missing + 1)
            tail += choices
        }
        return 2 * tail / pow(2, Double(count)) <= 0.05
    }

    private static func ratio(_ value: Double?, _ reference: Double?) -> Double? {
        guard let value, let reference, reference > 0 else { return nil }
        return value / reference
    }
}

/// The median of values, and the range of the middle half of them.
struct Quartiles: Hashable, Sendable {
    /// The middle value.
    var median: Double
    /// A quarter of the values lie below.
    var low: Double
    /// A quarter of the values lie above.
    var high: Double

    /// Ranks values, between two of them by proportion; `nil` if there are none.
    init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        func quantile(_ part: Double) -> Double {
            let place = part * Double(sorted.count - 1)
            let below = Int(place)
            let above = min(below + 1, sorted.count - 1)
            return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
        }
        median = quantile(0.5)
        low = quantile(0.25)
        high = quantile(0.75)
    }
}
