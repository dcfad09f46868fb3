import Conformance
import Foundation
import SegmentBackend
import Testing
import WALProtocol

/// Readers on other threads while the writer runs (P91–P95).
@Suite struct ConcurrentReaderTests {
    @Test func readersSeeAContiguousPrefixWhileTheWriterRotatesAndEvicts() throws {
        try withStoreDirectory { directory in
            var options = directory.options
            options.maximumSegmentByteCount = 1 << 20
            options.cacheByteCount = 300_000
            let store = try SegmentStore(at: directory.path, options: options)
            let readers = (0..<2).map { number in
                ReaderThread(store.makeReader(), seed: UInt64(number))
            }
            for reader in readers { reader.start() }
            for index in 1...30_000 as ClosedRange<LogIndex> {
                try store.append(
                    Self.payload(index), at: LogPosition(term: index / 1000, index: index))
                if index % 5_000 == 0 { try store.sync() }
                if index % 10_000 == 0 {
                    let through = index - 6_000
                    try store.compact(through: LogPosition(term: through / 1000, index: through))
                    try store.sync()
                }
            }
            for reader in readers { reader.stop() }
            for reader in readers {
                #expect(reader.failures == [])
                #expect(reader.readCount > 0)
            }
            try store.close()
        }
    }

    @Test func truncationIsSeenAsOldOrNewNeverMixed() throws {
        try withStoreDirectory { directory in
            let store = try directory.open()
            let readers = (0..<2).map { ReaderThread(store.makeReader(), seed: UInt64($0)) }
            for index in 1...100 as ClosedRange<LogIndex> {
                try store.append(Self.payload(index), at: LogPosition(term: 1, index: index))
            }
            for reader in readers { reader.start() }
            for round in 2...400 as ClosedRange<Term> {
                try store.truncate(from: 50)
                for index in 50...100 as ClosedRange<LogIndex> {
                    try store.append(
                        Self.payload(index), at: LogPosition(term: round, index: index))
                }
            }
            for reader in readers { reader.stop() }
            for reader in readers { #expect(reader.failures == []) }
            try store.close()
        }
    }

    static func payload(_ index: LogIndex) -> [UInt8] {
        (0..<(index % 300)).map { UInt8(truncatingIfNeeded: $0 &+ index) }
    }
}

/// Reads at random until it is told to stop.
private final class ReaderThread: @unchecked Sendable {
    private let reader: any LogReader
    private var random: SeededGenerator
    private let lock = NSLock()
    private let done = DispatchSemaphore(value: 0)
    private var isStopping = false
    private(set) var failures: [String] = []
    private(set) var readCount = 0

    init(_ reader: sending any LogReader, seed: UInt64) {
        self.reader = reader
        random = SeededGenerator(seed: seed)
    }

    func start() {
        Thread.detachNewThread { [self] in
            while !lock.withLock({ isStopping }), failures.isEmpty { readOnce() }
            done.signal()
        }
    }

    func stop() {
        lock.withLock { isStopping = true }
        done.wait()
    }

    private func readOnce() {
        let state = reader.state
        guard let first = state.first, let last = state.last else { return }
        let index = LogIndex.random(in: first...last.index, using: &random)
        do {
            if Bool.random(using: &random) {
                let entry = try reader.entry(at: index)
                check(entry, at: index)
            } else {
                var expected = index
                _ = try reader.visitEntries(in: index..<index + 50) {
                    (header, payload) throws(LogStoreError) in
                    check(Entry(copying: header, payload), at: expected)
                    expected += 1
                }
            }
            readCount += 1
        } catch {
            if error.code != .compacted && error.code != .unavailable {
                failures.append("\(index): \(error)")
            }
        }
    }

    private func check(_ entry: Entry, at index: LogIndex) {
        if entry.index != index || entry.payload != ConcurrentReaderTests.payload(index) {
            failures.append("\(index): found \(entry.position) with \(entry.payload.count) bytes")
        }
    }
}
