/// How much is measured: more workloads, more repetitions of each, and more calls in them.
enum Profile: String, CaseIterable, Comparable, Sendable {
    /// Under a minute: enough to see factors.
    case quick
    /// A few minutes: enough to see tenths.
    case standard
    /// For figures that are to be quoted.
    case full

    /// Whether a profile measures less than another.
    static func < (a: Profile, b: Profile) -> Bool { a.rank < b.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// How often each workload runs for each backend, after one that is not counted.
    var repetitions: Int {
        switch self {
        case .quick, .standard: 5
        case .full: 7
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

    /// The durable calls of one repetition.
    var durableCalls: CallBudget {
        switch self {
        case .quick: CallBudget(count: 400, nanoseconds: 250_000_000)
        case .standard: CallBudget(count: 1_000, nanoseconds: 1_500_000_000)
        case .full: CallBudget(count: 1_200, nanoseconds: 5_000_000_000)
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

/// How many calls are made, and when no further one is begun although there are fewer: on a slow disk.
struct CallBudget: Hashable, Sendable {
    var count: Int
    var nanoseconds: UInt64

    /// Whether another call is to be made.
    ///
    /// - Parameters:
    ///   - done: The calls that were made.
    ///   - begin: When the first one was begun.
    func allows(after done: Int, since begin: UInt64, at time: UInt64 = now()) -> Bool {
        done < count && time - begin < nanoseconds
    }
}
