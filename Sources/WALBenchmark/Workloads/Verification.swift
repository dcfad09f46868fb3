import CLimits
import WALProtocol

/// A check of every byte of a log of a gigabyte.
struct Verification: Workload {
    var id: String { "verify.1GB" }
    var unit: FigureUnit { .nanosecondsPerCall }
    var durability: Durability { .none }
    var family: String { "closed.1GB" }
    var smallestProfile: Profile { .standard }
    var needsDisk: Bool { true }
    var repetitionLimit: Int { 5 }
    var sentence: String {
        "check every byte of a closed log of 1 GB; the plain loop does it on two threads"
    }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        guard let verify = contestant.verify else {
            throw NotMeasurable("it cannot check a store")
        }
        let path = try bench.closedLog(of: contestant, entryCount: Bench.gigabyteEntryCount)
        return Trial {
            let start = now()
            let report = try verify(path)
            let time = now() - start
            if let damage = report.damages.first { throw damage }
            guard report.state.count == UInt64(Bench.gigabyteEntryCount) else {
                throw LogStoreError(.corrupt, "\(report.state.count) entries were checked")
            }
            return Sample(nanoseconds: time, over: 1)
        }
    }

    func limit(in bench: Bench) throws -> Trial? {
        let path = bench.scratch.fresh("limit")
        let count = Bench.gigabyteEntryCount
        var nanoseconds: UInt64 = 0
        try checkLimit(
            limit_append(path, bench.payloads.limit(count: count), 0, &nanoseconds), "pwrite", path)
        let record = Int(LIMIT_HEADER_BYTES) + bench.payloads.byteCount
        return Trial {
            var records: UInt64 = 0
            let start = now()
            let failure = limit_scan_halves(path, record, &records)
            let time = now() - start
            try checkLimit(failure, "pread", path)
            return Sample(nanoseconds: time, over: 1)
        } finish: {
            bench.scratch.remove(path)
        }
    }
}
