import CAllocations
import Foundation
import SegmentBackend
import Synchronization
import WALProtocol

/// Prints how many heap allocations each operation of the segment store makes, a line for each:
/// its name and the number for 1,000 calls.
///
/// `scripts/check-allocations.sh` holds them against `Benchmarks/ALLOCATIONS.txt`. Only this thread
/// is counted. Background work runs in it too, so that the numbers are the same every time, and is
/// left out.
@main
struct AllocationCounts {
    static func main() throws {
        guard allocation_count() >= 0 else {
            print("unsupported")
            return
        }
        let directory = NSTemporaryDirectory() + "allocation-counts-\(getpid())"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try AllocationCounts(directory: directory).run()
    }

    let directory: String
    private let background = AtOnce()

    private init(directory: String) { self.directory = directory }

    private func run() throws {
        try appending()
        try writing()
        try reading()
        try readingCold()
    }

    // MARK: - Operations

    private static let payload = [UInt8](repeating: 0xA5, count: 128)

    private func appending() throws {
        let store = try openStore("append")
        try append(2_000, to: store)
        // The first block has room for 3,000.
        report("append.inBlock", calls: 1_000, try counting { try append(1_000, to: store) })
        report("append.withBlocks", calls: 100_000, try counting { try append(100_000, to: store) })
        try store.close()

        let opened = try openStore("append.any")
        let other: any LogStore = opened
        try append(2_000, to: opened)
        let payload = Self.payload
        report(
            "append.inBlock.any", calls: 1_000,
            try counting {
                for index in 2_001...3_000 as ClosedRange<LogIndex> {
                    try other.append(
                        payload.span.bytes, at: LogPosition(term: 1, index: index), kind: .command)
                }
            })
        try opened.close()

        let durable = try openStore("append.durable")
        try append(1, to: durable)
        try durable.sync()
        report(
            "append.durable", calls: 1_000,
            try counting {
                for _ in 0..<1_000 {
                    try append(1, to: durable)
                    try durable.sync()
                }
            })
        try durable.close()
    }

    private func writing() throws {
        let store = try openStore("write")
        var batch = WriteBatch()
        func writeBatch() throws {
            batch.removeAll()
            let next = store.state.next ?? 1
            for offset in 0..<10 as Range<LogIndex> {
                batch.append(Self.payload, at: LogPosition(term: 1, index: next + offset))
            }
            try store.write(batch)
        }
        try writeBatch()
        report(
            "write.batchOf10", calls: 1_000,
            try counting { for _ in 0..<1_000 { try writeBatch() } })
        let vote = [UInt8](repeating: 1, count: 16)
        try store.setMetadata(vote, for: "vote")
        report(
            "metadata.set", calls: 1_000,
            try counting { for _ in 0..<1_000 { try store.setMetadata(vote, for: "vote") } })
        try store.close()
    }

    private func reading() throws {
        let store = try openStore("read")
        try append(50_000, to: store)
        try store.sync()
        let reader = store.makeReader()
        try report("get.hot", calls: 1_000) { number in
            try store.withEntry(at: LogIndex(1 + number * 49)) { _, _ in }
        }
        try report("get.hot.reader", calls: 1_000) { number in
            try reader.withEntry(at: LogIndex(1 + number * 49)) { _, _ in }
        }
        try report("term.hot", calls: 1_000) { number in
            _ = try store.term(at: LogIndex(1 + number * 49))
        }
        try report("visit.hot.100", calls: 1_000) { number in
            let first = LogIndex(1 + number * 49)
            _ = try store.visitEntries(in: first..<(first + 100), maxByteCount: .max) { _, _ in }
        }
        try report("state", calls: 1_000) { _ in
            _ = store.state
            _ = reader.state
        }
        try store.close()
    }

    private func readingCold() throws {
        let path = directory + "/cold"
        let writer = try openStore("cold")
        try append(50_000, to: writer)
        try writer.close()
        let store = try SegmentStore(at: path, options: options)
        // Every segment's footer is in memory after this.
        for index in stride(from: 1, to: 50_000, by: 1_000) as StrideTo<LogIndex> {
            try store.withEntry(at: index) { _, _ in }
        }
        try report("get.cold", calls: 1_000) { number in
            try store.withEntry(at: LogIndex(1 + number * 49)) { _, _ in }
        }
        try report("term.cold", calls: 1_000) { number in
            _ = try store.term(at: LogIndex(1 + number * 49))
        }
        try report("visit.cold.100", calls: 1_000) { number in
            let first = LogIndex(1 + number * 49)
            _ = try store.visitEntries(in: first..<(first + 100), maxByteCount: .max) { _, _ in }
        }
        try store.close()
    }

    // MARK: - Stores

    /// Background work runs at once, so that how much of it is done when does not depend on time.
    private var options: SegmentStore.Options {
        var options = SegmentStore.Options()
        options.executor = background
        return options
    }

    private func openStore(_ name: String) throws -> SegmentStore {
        try SegmentStore(at: directory + "/" + name, options: options)
    }

    private func append(_ count: Int, to store: SegmentStore) throws {
        var next = store.state.next ?? 1
        for _ in 0..<count {
            try store.append(
                Self.payload.span.bytes, at: LogPosition(term: 1, index: next), kind: .command)
            next += 1
        }
    }

    // MARK: - Counting

    private func counting(_ body: () throws -> Void) rethrows -> Int64 {
        let before = allocation_count() - background.allocationCount
        try body()
        return allocation_count() - background.allocationCount - before
    }

    private func report(_ name: String, calls: Int, _ body: (Int) throws -> Void) throws {
        report(name, calls: calls, try counting { for number in 0..<calls { try body(number) } })
    }

    private func report(_ name: String, calls: Int, _ count: Int64) {
        print(name, String(format: "%.2f", Double(count) * 1_000 / Double(calls)))
    }
}

/// Runs background work in the caller's thread, and keeps its allocations apart.
private final class AtOnce: BackgroundExecutor {
    private let count = Atomic<Int64>(0)

    /// What the work has allocated so far.
    var allocationCount: Int64 { count.load(ordering: .relaxed) }

    func submit(_ work: @escaping @Sendable () -> Void) {
        let before = allocation_count()
        work()
        count.add(allocation_count() - before, ordering: .relaxed)
    }

    func drain() {}
}
