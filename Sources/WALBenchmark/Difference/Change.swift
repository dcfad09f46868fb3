/// What became of one figure from one run to another.
struct Change: Hashable, Sendable {
    /// What can be said about it.
    enum Verdict: String, Hashable, Sendable {
        /// Less is needed, beyond the noise.
        case better
        /// More is needed, beyond the noise.
        case worse
        /// No more than what varies between repetitions.
        case noise
        /// As much as the plain loop changed, which is the same code in both runs.
        case machine
        /// Too few repetitions to tell, or machines that do not compare.
        case unknown
    }

    /// The rule by which a difference counts, in one line.
    static let rule =
        "beyond the noise: the middle halves of the repetitions do not overlap, chance would set them "
        + "so far apart in no more than one of twenty cases (rank-sum test), and the plain loop did "
        + "not change as much"

    /// The row of the later run: its names and its unit.
    let row: Row
    /// The backend.
    let backend: String
    /// The earlier run's repetitions.
    let old: Summary
    /// The later run's.
    let new: Summary
    /// The plain loop in the earlier run.
    let oldLimit: Summary?
    /// The plain loop in the later run.
    let newLimit: Summary?
    /// Whether the machines are the same, as far as it is known.
    let isSameMachine: Bool

    /// The later median over the earlier one: below 1 is better, of a rate too.
    var ratio: Double? { Self.ratio(new.median, old.median) }

    /// The same of the plain loop: how far the machine drifted.
    var controlRatio: Double? {
        guard let oldLimit, let newLimit else { return nil }
        return Self.ratio(newLimit.median, oldLimit.median)
    }

    /// How far the figure changed beyond what the machine did.
    var ownRatio: Double? {
        guard let ratio else { return nil }
        guard let controlRatio, controlRatio > 0 else { return ratio }
        return ratio / controlRatio
    }

    /// What can be said, by ``rule``.
    var verdict: Verdict {
        guard isApart else { return .noise }
        guard let ratio, let ownRatio else { return .unknown }
        guard isBeyondChance else { return .unknown }
        let isWorse = ratio > 1
        if controlRatio == nil, row.unit.isTime, !isSameMachine { return .unknown }
        // What is left without the machine's part has to go the same way, and by half as far.
        guard controlRatio == nil || abs(ownRatio - 1) * 2 >= abs(ratio - 1),
            (ownRatio > 1) == isWorse
        else { return .machine }
        return isWorse ? .worse : .better
    }

    /// Whether it got worse by more than so many percent, with the machine's part and without it.
    func isRegression(beyond percent: Double) -> Bool {
        guard verdict == .worse, let ratio, let ownRatio else { return false }
        return min(ratio, ownRatio) > 1 + percent / 100
    }

    private var isApart: Bool {
        if let mine = Quartiles(old.values), let others = Quartiles(new.values) {
            return mine.high < others.low || others.high < mine.low
        }
        return old.high < new.low || new.high < old.low
    }

    private var isBeyondChance: Bool {
        if !old.values.isEmpty, !new.values.isEmpty {
            return RankSum.chance(old.values, new.values) <= 0.05
        }
        return RankSum.chanceOfSeparation(old.count, new.count) <= 0.05
    }

    private static func ratio(_ value: Double, _ reference: Double) -> Double? {
        reference > 0 ? value / reference : nil
    }
}
