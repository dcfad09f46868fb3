import CLimits
import Conformance
import Foundation
import Synchronization
import WALProtocol

/// Reads on one thread while another one appends as fast as it can.
struct ReadBesideWriter: Workload {
    var id: String { "get.besideWriter" }
    var unit: FigureUnit { .nanosecondsPerEntry }
    var durability: Durability { .none }
    var smallestProfile: Profile { .standard }
    var sentence: String {
        "read any of 10,000 entries in memory, through the concrete type, while another thread appends"
    }

    /// The entries that are read; they are written before.
    static let readEntryCount = 10_000
    /// The entries that the writer appends in one repetition.
    static let writtenEntryCount = 200_000

    static var places: [UInt32] {
        var random = SeededGenerator(seed: 8)
        return random.places(1_000, below: readEntryCount)
    }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let path = bench.scratch.fresh(contestant.name)
        let store = try contestant.open(path, Bench.hotCacheByteCount)
        try bench.fill(store, through: Self.readEntryCount)
        try store.flush()
        let reader = store.makeReader()
        let places = Self.places
        return Trial {
            // The store has one owner at a time: the other thread, until it has ended.
            nonisolated(unsafe) let writer = store
            let payloads = bench.payloads
            return try Self.beside { () throws(LogStoreError) in
                let first = writer.state.next ?? 1
                for index in first..<(first + LogIndex(Self.writtenEntryCount)) {
                    try writer.append(
                        payloads.payload(Int(index)).bytes,
                        at: LogPosition(term: 1, index: index), kind: .command)
                }
            } read: {
                keep(try contestant.loops.read(reader, places, 1))
                return places.count
            }
        } finish: {
            try store.close()
            bench.scratch.remove(path)
        }
    }

    func limit(in bench: Bench) throws -> Trial? {
        let arena = FlatArena(bench.payloads, count: Self.readEntryCount)
        let places = Self.places
        return Trial {
            let path = bench.scratch.fresh("limit")
            defer { bench.scratch.remove(path) }
            let payloads = bench.payloads
            return try Self.beside { () throws(LogStoreError) in
                var nanoseconds: UInt64 = 0
                try checkLimit(
                    limit_append(
                        path, payloads.limit(count: Self.writtenEntryCount), 0, &nanoseconds),
                    "pwrite", path)
            } read: {
                keep(limit_get(arena.bytes, arena.offsets, places, places.count))
                return places.count
            }
        }
    }

    /// Reads again and again as long as another thread writes.
    ///
    /// - Parameters:
    ///   - write: Run by the other thread.
    ///   - read: Returns how many reads it made.
    static func beside(
        _ write: @escaping @Sendable () throws -> Void, read: () throws -> Int
    ) throws -> Sample {
        let writing = Writing()
        Thread {
            writing.begin()
            do {
                try write()
                writing.end(nil)
            } catch {
                writing.end(error)
            }
        }.start()
        writing.waitForBegin()
        var count = 0
        let start = now()
        var failure: (any Error)?
        while !writing.hasEnded {
            do { count += try read() } catch { failure = error; break }
        }
        let time = now() - start
        // Whatever happened, nobody else may have the store afterwards.
        try writing.waitForEnd()
        if let failure { throw failure }
        return Sample(nanoseconds: time, over: count)
    }

    /// A thread that writes: whether it has begun, whether it has ended, and how.
    private final class Writing: Sendable {
        private let isDone = Atomic(false)
        private let begun = DispatchSemaphore(value: 0)
        private let ended = DispatchSemaphore(value: 0)
        private let failure = Mutex<(any Error)?>(nil)

        var hasEnded: Bool { isDone.load(ordering: .acquiring) }

        func begin() { begun.signal() }

        func end(_ error: (any Error)?) {
            failure.withLock { $0 = error }
            isDone.store(true, ordering: .releasing)
            ended.signal()
        }

        func waitForBegin() { begun.wait() }

        func waitForEnd() throws {
            ended.wait()
            if let failure = failure.withLock({ $0 }) { throw failure }
        }
    }
}
