/// What one workload measured at one durability, for every backend and for the limit.
struct Row: Hashable, Sendable {
    /// One backend's part.
    struct Cell: Hashable, Sendable {
        /// The backend.
        var backend: String
        /// The repetitions.
        var summary: Summary
        /// The single calls of all repetitions, where they were timed.
        var percentiles: Percentiles?
        /// How the figure went on in the repetition in the middle, where that was looked at.
        var course: Course?
        /// The backend's durability: equal to the row's.
        var durability: Durability

        /// Makes a cell.
        init(
            backend: String, durability: Durability, summary: Summary,
            percentiles: Percentiles? = nil, course: Course? = nil
        ) {
            self.backend = backend
            self.durability = durability
            self.summary = summary
            self.percentiles = percentiles
            self.course = course
        }
    }

    /// Two durabilities were to share a row.
    struct MixedDurability: Error, Hashable, Sendable {
        /// The row's.
        var row: Durability
        /// The one that was refused.
        var refused: Durability
    }

    /// The workload's id.
    let workload: String
    /// What was done, in one sentence.
    let sentence: String
    /// What the figures count.
    let unit: FigureUnit
    /// Whether it is a rate to those who read the JSON: that of many tasks together.
    var isRate: Bool { unit == .nanosecondsPerEntry && workload.hasPrefix("append.concurrent.") }
    /// A figure as others read it: in its unit, or as the rate that it comes to.
    ///
    /// It is its own inverse.
    func published(_ figure: Double) -> Double { isRate ? Self.rate(figure) : figure }
    /// A ratio as others read it: of rates, where more is better, or of times.
    func publishedRatio(_ ratio: Double) -> Double {
        isRate ? (ratio > 0 ? 1 / ratio : 0) : ratio
    }
    /// How often something happens in a second that takes so many nanoseconds, and the reverse.
    static func rate(_ nanoseconds: Double) -> Double { nanoseconds > 0 ? 1e9 / nanoseconds : 0 }
    /// What the plain loop is called.
    static let limitName = "limit"
    /// What all figures of the row are worth.
    let durability: Durability
    /// The entries of one call that was timed.
    let entriesPerCall: Int
    /// The backends, in the order in which they were named.
    private(set) var cells: [Cell] = []
    /// The plain loop.
    private(set) var limit: Cell?

    /// Makes an empty row.
    init(
        workload: String, sentence: String, unit: FigureUnit, durability: Durability,
        entriesPerCall: Int = 1
    ) {
        self.workload = workload
        self.sentence = sentence
        self.unit = unit
        self.durability = durability
        self.entriesPerCall = entriesPerCall
    }

    /// Adds a backend.
    ///
    /// - Throws: if its durability is another than the row's: such figures do not compare.
    mutating func add(_ cell: Cell) throws(MixedDurability) {
        try check(cell)
        cells.append(cell)
    }

    /// Sets the limit.
    ///
    /// - Throws: as ``add(_:)``.
    mutating func setLimit(_ cell: Cell) throws(MixedDurability) {
        try check(cell)
        limit = cell
    }

    private func check(_ cell: Cell) throws(MixedDurability) {
        guard cell.durability == durability else {
            throw MixedDurability(row: durability, refused: cell.durability)
        }
    }

    /// How a backend's median stands to the limit's: 1 is the limit; `nil` if there is none.
    func ratioToLimit(of cell: Cell) -> Double? {
        limit.flatMap { Self.ratio(cell.summary.median, $0.summary.median) }
    }

    /// How a backend's median stands to the baseline's: below 1 is better than it.
    func ratioToBaseline(of cell: Cell, baseline: String) -> Double? {
        cells.first { $0.backend == baseline }
            .flatMap { Self.ratio(cell.summary.median, $0.summary.median) }
    }

    private static func ratio(_ value: Double, _ reference: Double) -> Double? {
        reference > 0 ? value / reference : nil
    }
}
