import CLimits
import Conformance
import Foundation
import WALProtocol

/// A flat log on disk, written by the plain loop.
private func flatLog(
    in bench: Bench, entryCount: Int = Bench.largeEntryCount
) throws -> String {
    let path = bench.scratch.fresh("limit")
    var nanoseconds: UInt64 = 0
    try checkLimit(
        limit_append(path, bench.payloads.limit(count: entryCount), 0, &nanoseconds),
        "pwrite", path)
    return path
}

/// Reads of single entries by a store that was just opened: the kernel has them, the store not.
struct ColdGet: Workload {
    var id: String { "get.cold.random" }
    var unit: FigureUnit { .nanosecondsPerEntry }
    var durability: Durability { .none }
    var family: String { "closed" }
    var needsDisk: Bool { true }
    var sentence: String {
        "read any of 1M entries, just opened with the default cache, through `any LogStore`"
    }

    private func places(in bench: Bench) -> [UInt32] {
        var random = SeededGenerator(seed: 4)
        return random.places(bench.profile.coldReadCount, below: Bench.largeEntryCount)
    }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let path = try bench.closedLog(of: contestant, entryCount: Bench.largeEntryCount)
        let places = places(in: bench)
        return Trial {
            let store = try contestant.open(path, nil)
            let time = try timed { keep(try readEach(places, of: store)) }
            try store.close()
            return Sample(nanoseconds: time, over: places.count)
        }
    }

    func limit(in bench: Bench) throws -> Trial? {
        let path = try flatLog(in: bench)
        let places = places(in: bench)
        let record = Int(LIMIT_HEADER_BYTES) + bench.payloads.byteCount
        let file = FileDescriptor(open(path, O_RDONLY | O_CLOEXEC))
        return Trial {
            var sum: UInt64 = 0
            let start = now()
            let failure = limit_pread_records(file.number, places, places.count, record, &sum)
            let time = now() - start
            try checkLimit(failure, "pread", path)
            return Sample(nanoseconds: time, over: places.count)
        } finish: {
            file.close()
            bench.scratch.remove(path)
        }
    }
}

@inline(never)
private func readEach(
    _ places: [UInt32], of store: any LogStore
) throws(LogStoreError) -> UInt64 {
    var sum: UInt64 = 0
    for place in places {
        sum &+= try store.withEntry(at: 1 + LogIndex(place)) {
            (header, payload) throws(LogStoreError) in
            UInt64(header.payloadByteCount)
                &+ payload.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt64.self)
        }
    }
    return sum
}

/// A pass over the whole log by a store that was just opened.
struct ColdScan: Workload {
    var id: String { "scan.cold" }
    var unit: FigureUnit { .nanosecondsPerEntry }
    var durability: Durability { .none }
    var family: String { "closed" }
    var needsDisk: Bool { true }
    var sentence: String { "visit 1M entries in order, just opened, through `any LogStore`" }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let path = try bench.closedLog(of: contestant, entryCount: Bench.largeEntryCount)
        return Trial {
            let store = try contestant.open(path, nil)
            var count = 0
            var sum: UInt64 = 0
            let time = try timed {
                try store.visitEntries(in: store.state.indexes) {
                    (header, payload) throws(LogStoreError) in
                    count += 1
                    sum &+=
                        UInt64(header.payloadByteCount)
                        &+ payload.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt64.self)
                }
            }
            keep(sum)
            try store.close()
            guard count == Bench.largeEntryCount else {
                throw LogStoreError(
                    .corrupt, "\(count) entries came back of \(Bench.largeEntryCount)")
            }
            return Sample(nanoseconds: time, over: count)
        }
    }

    func limit(in bench: Bench) throws -> Trial? { try scanLimit(in: bench, perEntry: true) }
}

/// Reads a flat log from the page cache and checks every checksum.
func scanLimit(
    in bench: Bench, entryCount: Int = Bench.largeEntryCount, perEntry: Bool
) throws -> Trial {
    let path = try flatLog(in: bench, entryCount: entryCount)
    return Trial {
        var records: UInt64 = 0
        let start = now()
        let failure = limit_scan(path, &records)
        let time = now() - start
        try checkLimit(failure, "pread", path)
        return Sample(nanoseconds: time, over: perEntry ? Int(records) : 1)
    } finish: {
        bench.scratch.remove(path)
    }
}
