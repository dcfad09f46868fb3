import CLimits
import Foundation
import WALProtocol

/// Durable appends until the disk is full: whether the last ones before that are slower, and whether
/// the log lives on when there is room again.
struct NearlyFullDisk: Workload {
    var id: String { "append.nearlyFull" }
    var unit: FigureUnit { .timesMedian }
    var durability: Durability { .durable }
    var smallestProfile: Profile { .standard }
    var needsDisk: Bool { true }
    var repetitionLimit: Int { 5 }
    var sentence: String {
        "the 99th percentile of appends of 16 KiB and sync in the last tenth before a disk of "
            + "64 MB is full, over the median of those before"
    }

    private static let diskByteCount = 64 << 20
    private static let payloadByteCount = 16 << 10

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let disk = try SmallFileSystem(byteCount: Self.diskByteCount, in: bench.scratch)
        let payload = Array(
            Payloads(byteCount: Self.payloadByteCount, poolByteCount: Self.payloadByteCount).bytes)
        func fill() throws -> Sample {
            let path = disk.path + "/log"
            defer { bench.scratch.remove(path) }
            let store = try contestant.open(path, nil)
            let calls = try untilFull { (number) throws(LogStoreError) in
                try store.append(
                    payload.span.bytes, at: LogPosition(term: 1, index: number), kind: .command)
                try store.sync()
            }
            try Self.checkRecovery(of: store, contestant, path, acknowledged: calls.count)
            return try Self.sample(calls)
        }
        do {
            // A store that does not get over it is told so before it is measured.
            _ = try fill()
        } catch {
            disk.remove()
            guard let error = error as? LogStoreError else { throw error }
            throw NotMeasurable(
                "after the disk was full it could not be compacted and go on: \(error.message)")
        }
        return Trial(measure: fill) { disk.remove() }
    }

    /// Opens the log again, which holds what was durable and takes more once a half is dropped.
    private static func checkRecovery(
        of full: any LogStore, _ contestant: Contestant, _ path: String, acknowledged: Int
    ) throws(LogStoreError) {
        // Whether a close can say on a full disk that it was one is the store's affair.
        try? full.close()
        let store = try contestant.open(path, nil)
        guard let last = store.state.last, last.index >= acknowledged else {
            throw .corrupt(
                "\(acknowledged) entries were durable on a full disk, and fewer came back",
                file: path)
        }
        try store.compact(through: LogPosition(term: 1, index: last.index / 2))
        try store.sync()
        try store.append([1, 2, 3], at: LogPosition(term: 1, index: last.index + 1))
        try store.sync()
        try store.close()
    }

    /// Calls until there is no space, and times each.
    private func untilFull(_ append: (LogIndex) throws -> Void) throws -> [UInt64] {
        var calls: [UInt64] = []
        var start = now()
        while true {
            do {
                try append(LogIndex(calls.count + 1))
            } catch let error as LogStoreError where error.code == .noSpace {
                return calls
            }
            let end = now()
            calls.append(end - start)
            start = end
        }
    }

    /// The percentile of the last tenth over the median before.
    static func sample(_ calls: [UInt64]) throws(NotMeasurable) -> Sample {
        let calls = calls.map { Double($0) }
        let end = calls.count - calls.count / 10
        guard let before = Percentiles(Array(calls[..<end]))?.p50, before > 0,
            let late = Percentiles(Array(calls[end...]))
        else { throw NotMeasurable("fewer than ten calls filled the disk") }
        return Sample((late.p99 ?? late.p50) / before, calls: calls.map { $0 / before })
    }

    func limit(in bench: Bench) throws -> Trial? {
        let disk = try SmallFileSystem(byteCount: Self.diskByteCount, in: bench.scratch)
        let bytes = LimitFile.bytes(Self.payloadByteCount + Int(LIMIT_HEADER_BYTES))
        return Trial {
            let path = disk.path + "/limit"
            defer { bench.scratch.remove(path) }
            let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            try checkLimit(descriptor < 0 ? errno : 0, "open", path)
            let file = FileDescriptor(descriptor)
            defer { file.close() }
            var offset = 0
            return try Self.sample(
                try untilFull { _ in
                    let count = bytes.withUnsafeBytes {
                        pwrite(file.number, $0.baseAddress, $0.count, off_t(offset))
                    }
                    // The kernel writes what still fits.
                    let isShort = count >= 0 && count < bytes.count
                    try checkLimit(isShort ? ENOSPC : count < 0 ? errno : 0, "pwrite", path)
                    try checkLimit(limit_sync(file.number), "fdatasync", path)
                    offset += bytes.count
                })
        } finish: {
            disk.remove()
        }
    }
}
