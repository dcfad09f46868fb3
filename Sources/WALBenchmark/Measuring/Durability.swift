/// What has survived when a measured call returns.
///
/// Figures of different durability are never
/// compared.
enum Durability: String, Hashable, Sendable {
    /// Accepted and visible; nothing survives yet.
    case buffered
    /// Handed to the operating system: survives the death of the process.
    case flushed
    /// On stable storage: survives the loss of power.
    case durable
    /// Nothing was promised: a read, or a configuration that was told not to sync.
    case none
}

/// What a figure counts.
enum FigureUnit: String, Hashable, Sendable {
    /// Time per entry.
    case nanosecondsPerEntry = "ns/entry"
    /// Time per range of entries.
    case nanosecondsPerRange = "ns/range"
    /// Time per call.
    case nanosecondsPerCall = "ns/call"
    /// Size.
    case bytes
    /// Size per entry.
    case bytesPerEntry = "bytes/entry"
    /// Syncs per entry.
    case syncsPerEntry = "syncs/entry"
    /// How many times as long as the median.
    case timesMedian = "times median"
    /// How many times as long as the 99th percentile.
    case timesPercentile = "times p99"
    /// How many times as many bytes as those of the payloads.
    case timesPayload = "times payload"

    /// What scripts read of a rate, which is measured as the time per entry: more is better.
    static let rateText = "entries/s"

    /// Whether the unit measures time.
    var isTime: Bool {
        switch self {
        case .nanosecondsPerEntry, .nanosecondsPerRange, .nanosecondsPerCall: true
        case .bytes, .bytesPerEntry, .syncsPerEntry, .timesMedian, .timesPercentile,
            .timesPayload:
            false
        }
    }

    /// Whether the unit holds one thing against another.
    var isRatio: Bool { rawValue.hasPrefix("times ") }

    /// What is counted, if anything is.
    var counted: String? { rawValue.split(separator: "/").dropFirst().first.map(String.init) }
}
