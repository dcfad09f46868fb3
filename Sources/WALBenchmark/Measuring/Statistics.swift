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

    /// Sums up values; `nil` if there are none.
    init?(_ values: [Double]) {
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
}

/// How long single calls took, as far as the number of them allows to say.
struct Percentiles: Hashable, Sendable {
    /// Half of the calls took no longer.
    var p50: Double
    /// 99 of 100 calls took no longer; absent below 100 calls.
    var p99: Double?
    /// 999 of 1,000 calls took no longer; absent below 1,000 calls.
    var p999: Double?

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
    }

    /// The place of a percentile in a sorted list, counted from 0.
    ///
    /// In integers, so that no rounding moves it.
    static func rank(_ perMille: Int, of count: Int) -> Int {
        (perMille * count + 999) / 1_000 - 1
    }
}
