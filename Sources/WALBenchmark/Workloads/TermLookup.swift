import CLimits
import Conformance
import WALProtocol

/// Terms of entries in memory: what a follower checks for each message.
struct HotTerm: Workload {
    var id: String { "term.hot.random" }
    var unit: FigureUnit { .nanosecondsPerEntry }
    var durability: Durability { .none }
    var family: String { "hot" }
    var smallestProfile: Profile { .standard }
    var sentence: String { "the term of any of 1M entries in memory, through `any LogStore`" }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let store = try bench.hotStore(of: contestant)
        let places = places(in: bench)
        return Trial {
            let time = try timed { keep(try termOfEach(places, in: store)) }
            return Sample(nanoseconds: time, over: places.count)
        }
    }

    func limit(in bench: Bench) throws -> Trial? {
        let arena = FlatArena(bench.payloads, count: Bench.largeEntryCount)
        let places = places(in: bench)
        return Trial {
            let time = timed { keep(limit_get(arena.bytes, arena.offsets, places, places.count)) }
            return Sample(nanoseconds: time, over: places.count)
        }
    }

    private func places(in bench: Bench) -> [UInt32] {
        var random = SeededGenerator(seed: 6)
        return random.places(bench.profile.hotReadCount, below: Bench.largeEntryCount)
    }
}

/// Terms of entries that a store which was just opened does not hold.
struct ColdTerm: Workload {
    var id: String { "term.cold.random" }
    var unit: FigureUnit { .nanosecondsPerEntry }
    var durability: Durability { .none }
    var family: String { "closed" }
    var smallestProfile: Profile { .standard }
    var needsDisk: Bool { true }
    var sentence: String {
        "the term of any of 1M entries, just opened with the default cache, through `any LogStore`"
    }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let path = try bench.closedLog(of: contestant, entryCount: Bench.largeEntryCount)
        var random = SeededGenerator(seed: 7)
        let places = random.places(bench.profile.coldReadCount, below: Bench.largeEntryCount)
        return Trial {
            let store = try contestant.open(path, nil)
            let time = try timed { keep(try termOfEach(places, in: store)) }
            try store.close()
            return Sample(nanoseconds: time, over: places.count)
        }
    }
}

@inline(never)
private func termOfEach(
    _ places: [UInt32], in store: any LogStore
) throws(LogStoreError) -> UInt64 {
    var sum: UInt64 = 0
    for place in places { sum &+= try store.term(at: 1 + LogIndex(place)) }
    return sum
}
