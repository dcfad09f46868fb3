/// Workloads that answer one question: a section of the report.
enum WorkloadGroup: String, CaseIterable, Sendable {
    case durable
    case concurrent
    case buffered
    case reads
    case opening
    case rewriting
    case strain
    case space
    case others

    /// The heading.
    var title: String {
        switch self {
        case .durable: "Durable writes"
        case .concurrent: "Many tasks at once"
        case .buffered: "Appends without a sync"
        case .reads: "Reads"
        case .opening: "Opening and recovery"
        case .rewriting: "Truncation and compaction"
        case .strain: "Under strain"
        case .space: "Memory and space"
        case .others: "More"
        }
    }

    /// What is asked, in a sentence.
    var question: String {
        switch self {
        case .durable:
            "What a follower does before it answers: the figures that decide how fast a cluster is."
        case .concurrent:
            "Tasks that each wait until their entry is durable: what sharing a sync is worth."
        case .buffered:
            "What it costs to accept an entry; nothing of it has survived when the call returns."
        case .reads: "From memory, and from a log that was just opened."
        case .opening: "How long a node is down when it starts again."
        case .rewriting: "What a change of leader and a snapshot cost, made durable."
        case .strain: "The worst moments: stalls, bursts, disks that fill up."
        case .space: "What a store takes from the machine."
        case .others: "What belongs nowhere else."
        }
    }

    /// The beginnings of ids, each up to a dot.
    private var beginnings: [String] {
        switch self {
        case .durable: ["append.durable", "metadata", "input.append"]
        case .concurrent: ["append.concurrent", "append.paced", "syncs", "mix"]
        case .buffered: ["append.buffered", "append.payload"]
        case .reads: ["get", "term", "range", "scan", "catchUp", "input.readback"]
        case .opening: ["open", "verify"]
        case .rewriting: ["truncate", "compact", "conflict"]
        case .strain: ["append.afterBurst", "append.nearlyFull", "sync.slowest"]
        case .space: ["memory", "device", "space"]
        case .others: []
        }
    }

    /// Words for a part of a group, by what an id begins with.
    private static let parts: [(beginning: String, title: String)] = [
        ("append.durable.payload", "By payload"), ("append.durable", "Appends"),
        ("metadata", "Term and vote"), ("input", "A real file"),
        ("append.concurrent", "Throughput"), ("append.paced", "At a steady rate"),
        ("syncs", "Syncs for an entry"),
        ("mix", "A leader at work"), ("append.buffered", "By batch"),
        ("append.payload", "By payload"), ("get.hot", "In memory"), ("range", "In memory"),
        ("term.hot", "In memory"), ("get.besideWriter", "Beside a writer"),
        ("get.besideAppends", "Beside a writer"), ("catchUp", "Beside a writer"),
        ("get.cold", "Just opened"), ("term.cold", "Just opened"),
        ("scan", "Just opened"), ("open", "Opening"), ("verify", "Checking every byte"),
        ("truncate", "Cutting at the ends"), ("conflict", "Cutting at the ends"),
        ("compact", "Cutting at the ends"),
        ("append.afterBurst", "After a burst"), ("append.nearlyFull", "A nearly full disk"),
        ("sync.slowest", "Stalls"), ("memory", "Memory"),
        ("device", "Wear"), ("space", "Space"),
    ]

    /// What the charts of workloads that belong together are called.
    static func part(of workload: String) -> String {
        parts.first { workload == $0.beginning || workload.hasPrefix($0.beginning + ".") }?.title
            ?? "Side by side"
    }

    /// The group of a workload: the one that has most of its id.
    init(of workload: String) {
        let matches = Self.allCases.flatMap { group in
            group.beginnings.filter { workload == $0 || workload.hasPrefix($0 + ".") }.map {
                (group, $0.count)
            }
        }
        self = matches.max { $0.1 < $1.1 }?.0 ?? .others
    }
}
