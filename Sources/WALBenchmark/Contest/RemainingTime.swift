/// How long a run will go on, as far as what is done allows to say.
struct RemainingTime {
    private let weights: [Double]
    private let start = ContinuousClock.now

    /// Begins now.
    ///
    /// - Parameter weights: How long each part takes, in any unit.
    init(_ weights: [Double]) { self.weights = weights }

    /// `, about 3 min left`, or nothing as long as too little is done.
    func text(before part: Int, at time: ContinuousClock.Instant = .now) -> String {
        let elapsed = (time - start) / .seconds(1)
        guard let left = seconds(before: part, elapsed: elapsed) else { return "" }
        return ", about "
            + (left < 100 ? "\(Int(left)) s left" : "\(Int(left / 60 + 0.5)) min left")
    }

    /// The seconds that are left before a part; `nil` as long as less than a twentieth is done.
    func seconds(before part: Int, elapsed: Double) -> Double? {
        let done = weights.prefix(part).reduce(0, +), all = weights.reduce(0, +)
        guard done > 0, done >= all / 20 else { return nil }
        return elapsed / done * (all - done)
    }
}
