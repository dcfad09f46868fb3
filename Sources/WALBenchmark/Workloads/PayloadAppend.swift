import CLimits
import WALProtocol

/// Appends of payloads of one size, without a sync.
struct PayloadAppend: Workload {
    /// The bytes of each payload.
    let byteCount: Int
    /// Whether the store is called through its own type, and not through `any LogStore`.
    let isConcrete: Bool

    var id: String { "append.payload.\(sizeText(byteCount))." + (isConcrete ? "concrete" : "any") }
    var unit: FigureUnit { .nanosecondsPerEntry }
    var durability: Durability { .buffered }
    var smallestProfile: Profile { .standard }
    var sentence: String {
        "append \(sizeWords(byteCount)) through "
            + (isConcrete ? "the concrete type" : "`any LogStore`")
            + ", no sync"
    }

    /// The entries of one repetition: 64 MB of payloads, or 1M entries.
    private var count: Int { min(1_000_000, (64 << 20) / byteCount) }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let payloads = Payloads(byteCount: byteCount)
        return Trial {
            let path = bench.scratch.fresh(contestant.name)
            defer { bench.scratch.remove(path) }
            // Dropped and not closed: closing would sync what nobody needs.
            let store = try contestant.open(path, nil)
            let time = try timed {
                if isConcrete {
                    try contestant.loops.append(store, count, payloads)
                } else {
                    try appendSingly(store, count, payloads)
                }
            }
            return Sample(nanoseconds: time, over: count)
        }
    }

    func limit(in bench: Bench) throws -> Trial? {
        let payloads = Payloads(byteCount: byteCount)
        return Trial {
            let path = bench.scratch.fresh("limit")
            defer { bench.scratch.remove(path) }
            var nanoseconds: UInt64 = 0
            try checkLimit(
                limit_append(path, payloads.limit(count: count), 0, &nanoseconds), "pwrite", path)
            return Sample(nanoseconds: nanoseconds, over: count)
        }
    }
}

/// A size of payloads, as ids have it.
func sizeText(_ byteCount: Int) -> String {
    byteCount < 1_024 ? "\(byteCount)B" : "\(byteCount >> 10)KiB"
}

/// The same in words.
func sizeWords(_ byteCount: Int) -> String {
    byteCount < 1_024 ? "\(byteCount) bytes" : "\(byteCount >> 10) KiB"
}
