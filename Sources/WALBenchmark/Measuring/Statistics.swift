/// The middle of a list and its ends: what one workload's repetitions come to.
struct Summary: Hashable, Sendable {
    /// The middle value; the mean of the two middle ones of an even number.
    var median: Double
    /// The smallest value.
    var low: Double
    /// The largest value.
    var high: Double
    /// How many values there were.
    var count: Int
    /// They, in the order in which they were measured; empty where only the rest was kept.
    var values: [Double]

    /// Sums up values; `nil` if there are none.
    init?(_ values: [Double]) {
        self.values = values
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        let middle = sorted.count / 2
        median =
            sorted.count.isMultiple(of: 2)
            ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
        low = first
        high = last
        count = sorted.count
    }

    /// A summary that was kept without its values.
    init(median: Double, low: Double, high: Double, count: Int) {
        self.median = median
        self.low = low
        self.high = high
        self.count = count
        values = []
    }

    /// The width of the middle half of the values over their median: how far two repetitions
    /// usually are apart.
    ///
    /// Half of the whole width where the values were not kept.
    var spread: Double {
        guard median > 0 else { return 0 }
        guard let quartiles = Quartiles(values) else { return (high - low) / 2 / median }
        return (quartiles.high - quartiles.low) / median
    }

    /// The same values in another unit, in which more may be less.
    func mapped(_ convert: (Double) -> Double) -> Summary {
        let ends = [convert(low), convert(high)].sorted()
        var result = Summary(median: convert(median), low: ends[0], high: ends[1], count: count)
        result.values = values.map(convert)
        return result
    }
}

/// How long single calls took, as far as the number of them allows to say.
struct Percentiles: Hashable, Sendable {
    /// Half of the calls took no longer.
    var p50: Double
    /// 99 of 100 calls took no longer; absent below 100 calls.
    var p99: Double?
    /// 999 of 1,000 calls took no longer; absent below 1,000 calls.
    var p999: Double?
    /// The percentiles of a chart, by rising percent; the last one is the slowest call.
    var curve: [Point]

    /// So many of a hundred calls took no longer than this.
    struct Point: Hashable, Sendable {
        /// How many of a hundred.
        var percent: Double
        /// How long.
        var value: Double
    }

    /// What a curve is drawn through, in millionths of all calls: each step leaves about half of
    /// what the one before it left.
    private static let curveRanks = [
        10_000, 50_000, 100_000, 250_000, 500_000, 750_000, 900_000, 950_000, 980_000, 990_000,
        995_000, 998_000, 999_000, 999_500, 999_800, 999_900, 999_950, 999_980, 999_990,
    ]

    /// Ranks single calls; `nil` if there are none.
    ///
    /// Exact, by nearest rank: every value is one that was measured. A percentile that fewer than
    /// one call lies beyond is absent, because it would only repeat the maximum.
    init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        p50 = sorted[Self.rank(500, of: sorted.count)]
        p99 = sorted.count >= 100 ? sorted[Self.rank(990, of: sorted.count)] : nil
        p999 = sorted.count >= 1_000 ? sorted[Self.rank(999, of: sorted.count)] : nil
        // A rank that less than one call lies beyond would only repeat the slowest one.
        let ranks = Self.curveRanks.filter { (1_000_000 - $0) * sorted.count >= 1_000_000 }
        curve = ranks.map {
            Point(
                percent: Double($0) / 10_000,
                value: sorted[($0 * sorted.count + 999_999) / 1_000_000 - 1])
        }
        curve.append(Point(percent: 100, value: sorted[sorted.count - 1]))
    }

    /// Percentiles that were kept.
    init(p50: Double, p99: Double?, p999: Double?, curve: [Point] = []) {
        self.p50 = p50
        self.p99 = p99
        self.p999 = p999
        self.curve = curve
    }

    /// The place of a percentile in a sorted list, counted from 0.
    ///
    /// In integers, so that no rounding moves it.
    static func rank(_ perMille: Int, of count: Int) -> Int {
        (perMille * count + 999) / 1_000 - 1
    }
}
