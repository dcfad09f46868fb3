import Foundation
import Synchronization
import WALProtocol

/// A follower that has to be sent everything, while the leader goes on.
struct CatchUp: Workload {
    var id: String { "catchUp.besideWriter" }
    var unit: FigureUnit { .nanosecondsPerEntry }
    var durability: Durability { .none }
    var smallestProfile: Profile { .standard }
    var needsDisk: Bool { true }
    var sentence: String {
        "visit 1M entries from the first on in pieces of 1 MiB, just opened, through `any LogReader`, "
            + "while another thread appends batches of 10 and syncs"
    }

    private static let pieceByteCount = 1 << 20
    private static let batchCount = 10

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let path = bench.scratch.fresh(contestant.name)
        let filled = try contestant.open(path, nil)
        try bench.fill(filled, through: Bench.largeEntryCount)
        try filled.close()
        return Trial {
            let store = try contestant.open(path, nil)
            let reader = store.makeReader()
            // The store has one owner at a time: the other thread, until it has ended.
            nonisolated(unsafe) let writer = store
            let isRead = Flag()
            let payloads = bench.payloads
            var time: UInt64 = 0
            _ = try ReadBesideWriter.beside { () throws(LogStoreError) in
                while !isRead.isSet {
                    let last = Int(writer.state.last?.index ?? 0)
                    try payloads.fill(writer, through: last + Self.batchCount)
                    try writer.sync()
                }
            } read: {
                defer { isRead.set() }
                if !isRead.isSet { time = try Self.readAll(reader) }
                return 1
            }
            try store.close()
            return Sample(nanoseconds: time, over: Bench.largeEntryCount)
        } finish: {
            bench.scratch.remove(path)
        }
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)
        var isSet: Bool { value.load(ordering: .acquiring) }
        func set() { value.store(true, ordering: .releasing) }
    }

    private static func readAll(_ reader: any LogReader) throws(LogStoreError) -> UInt64 {
        var sum: UInt64 = 0
        let end = LogIndex(Bench.largeEntryCount + 1)
        let start = now()
        var next: LogIndex = 1
        while next < end {
            next = try reader.visitEntries(in: next..<end, maxByteCount: pieceByteCount) {
                (header, payload) in
                sum &+=
                    UInt64(header.payloadByteCount)
                    &+ payload.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt64.self)
            }
        }
        keep(sum)
        return now() - start
    }

    func limit(in bench: Bench) throws -> Trial? { try scanLimit(in: bench, perEntry: true) }
}
