/// What one repetition of a workload measured.
struct Sample: Sendable {
    /// The figure, in the workload's unit.
    var figure: Double
    /// Single calls, in the workload's unit; empty where only the whole was timed.
    var calls: [Double]

    /// Makes a sample.
    init(_ figure: Double, calls: [Double] = []) {
        self.figure = figure
        self.calls = calls
    }

    /// A repetition in which `entryCount` entries, or other units of work, took so long.
    init(nanoseconds: UInt64, over entryCount: Int) {
        self.init(Double(nanoseconds) / Double(max(entryCount, 1)))
    }

    /// A repetition of equal calls that were timed one by one; its figure is their median.
    ///
    /// The median and not the mean: a disk that stalls once in a repetition would otherwise decide
    /// the comparison. The stalls are what the percentiles show.
    init(calls nanoseconds: some Sequence<UInt64>, entriesPerCall: Int) {
        let calls = nanoseconds.map { Double($0) / Double(entriesPerCall) }
        self.init(Summary(calls)?.median ?? 0, calls: calls)
    }
}

/// Why a workload has no figure for somebody: printed under the table.
struct NotMeasurable: Error, Hashable, Sendable {
    /// The reason, as a clause.
    var reason: String

    /// Gives a reason.
    init(_ reason: String) { self.reason = reason }
}
