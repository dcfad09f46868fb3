import AsyncWAL
import Conformance
import WALProtocol

/// Reads on one thread while a task submits as fast as it can, and syncs go on beside both.
///
/// One task and not many: with more threads than processors, the figure would be of the scheduler.
struct ReadBesideTasks: Workload {
    var id: String { "get.besideAppends" }
    var unit: FigureUnit { .nanosecondsPerEntry }
    var durability: Durability { .none }
    var smallestProfile: Profile { .standard }
    var sentence: String {
        "read any of 10,000 entries in memory, through the concrete type of AsyncLog's reader, "
            + "while a task submits without waiting for durability"
    }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let path = bench.scratch.fresh(contestant.name)
        let store = try contestant.open(path, Bench.hotCacheByteCount)
        try bench.fill(store, through: ReadBesideWriter.readEntryCount)
        // Nothing else knows of the store.
        nonisolated(unsafe) let filled = store
        let log = try AsyncLog(filled)
        let reader = log.reader()
        let places = ReadBesideWriter.places
        let payloads = (0..<1_000).map { Array(bench.payloads.payload($0)) }
        return Trial {
            try ReadBesideWriter.beside {
                try waitFor {
                    for number in 0..<ReadBesideWriter.writtenEntryCount {
                        _ = try await log.submit(payloads[number % payloads.count], term: 1)
                    }
                }
            } read: {
                keep(try contestant.loops.read(reader, places, 1))
                return places.count
            }
        } finish: {
            try waitFor { try await log.close() }
            bench.scratch.remove(path)
        }
    }

    func limit(in bench: Bench) throws -> Trial? { try ReadBesideWriter().limit(in: bench) }
}
