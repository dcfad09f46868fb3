/// How much is measured: more workloads, more repetitions of each, and more calls in them.
enum Profile: String, CaseIterable, Comparable, Sendable {
    /// Under a minute: enough to see factors.
    case quick
    /// A few minutes: enough to see tenths.
    case standard
    /// For figures that are to be quoted.
    case full

    /// Whether a profile measures less than another.
    static func < (a: Profile, b: Profile) -> Bool { a.repetitions < b.repetitions }

    /// How often each workload runs for each backend, after one that is not counted.
    var repetitions: Int {
        switch self {
        case .quick: 3
        case .standard: 5
        case .full: 9
        }
    }

    /// The entries of one repetition of a buffered append.
    var bufferedEntryCount: Int { self == .quick ? 500_000 : 1_000_000 }

    /// The entries of a burst whose records take 256 MB or 1 GB.
    var burstEntryCount: Int { self == .full ? 6_710_000 : 1_600_000 }

    /// The reads of one repetition that stays in memory.
    var hotReadCount: Int { self == .quick ? 200_000 : 1_000_000 }

    /// The reads of one repetition that each take a system call.
    var coldReadCount: Int { self == .quick ? 50_000 : 200_000 }

    /// The durable calls of one repetition, if the disk is fast enough.
    var durableCallCount: Int {
        switch self {
        case .quick: 400
        case .standard: 1_000
        case .full: 2_000
        }
    }

    /// When a repetition of durable calls stops although it has not made all of them.
    var durableNanoseconds: UInt64 {
        switch self {
        case .quick: 250_000_000
        case .standard: 1_500_000_000
        case .full: 5_000_000_000
        }
    }

    /// The truncations or compactions of one repetition.
    var rewriteCount: Int {
        switch self {
        case .quick: 5
        case .standard: 20
        case .full: 50
        }
    }
}
