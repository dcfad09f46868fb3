/// What one repetition of a workload measured.
struct Sample: Sendable {
    /// The figure, in the workload's unit.
    var figure: Double
    /// Single calls, in the workload's unit; empty where only the whole was timed.
    var calls: [Double]
    /// How the figure went on while it was measured, where that is of interest.
    var course: Course?

    /// Makes a sample.
    init(_ figure: Double, calls: [Double] = [], course: Course? = nil) {
        self.figure = figure
        self.calls = calls
        self.course = course
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

/// How a figure went on while something else grew: the memory of a process over the entries it wrote.
struct Course: Hashable, Sendable {
    /// One moment.
    struct Point: Hashable, Sendable {
        /// Where it was, in the unit of ``Course/along``.
        var x: Double
        /// The figure, in the workload's unit.
        var y: Double
    }

    /// What grew, as the words under a chart: `entries written`, `seconds`.
    var along: String
    /// The moments, in their order.
    var points: [Point]
}

/// Why a workload has no figure for somebody: printed under the table.
struct NotMeasurable: Error, Hashable, Sendable {
    /// The reason, as a clause.
    var reason: String

    /// Gives a reason.
    init(_ reason: String) { self.reason = reason }

    /// What any figure of files would need.
    static let inMemory = NotMeasurable("it keeps nothing on disk")
}
