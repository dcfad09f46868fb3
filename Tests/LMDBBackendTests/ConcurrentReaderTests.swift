#if LMDB
    import Foundation
    import LMDBBackend
    import Testing
    import WALProtocol

    /// Readers on other threads while the writer runs (P91–P95).
    @Suite struct ConcurrentReaderTests {
        let scratch = Scratch()

        /// Commits, early and asked for, growth of the map and compaction under readers.
        @Test func readersSeeAContiguousPrefixWhileTheWriterCommits() throws {
            let store = try LMDBStore(
                at: scratch.child("store"),
                options: options {
                    $0.initialMapByteCount = 1 << 20
                    $0.pendingByteLimit = 64 << 10
                })
            let readers = (0..<3).map {
                ReaderThread(store.makeReader(), seed: $0, payload: Self.payload)
            }
            for reader in readers { reader.start() }
            for index in LogIndex(1)...10_000 {
                try store.append(
                    Self.payload(index), at: LogPosition(term: index / 1000, index: index))
                if index % 500 == 0 { try store.sync() }
                if index % 2_500 == 0 {
                    let through = index - 1_500
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

        /// A range that is being read never joins entries of two histories.
        @Test func truncationIsSeenAsOldOrNewNeverMixed() throws {
            let store = try LMDBStore(at: scratch.child("store"))
            let readers = (0..<3).map {
                ReaderThread(store.makeReader(), seed: $0, payload: Self.payload)
            }
            for index in LogIndex(1)...100 {
                try store.append(Self.payload(index), at: LogPosition(term: 1, index: index))
            }
            try store.sync()
            for reader in readers { reader.start() }
            for round in Term(2)...300 {
                try store.truncate(from: 50)
                for index in LogIndex(50)...100 {
                    try store.append(
                        Self.payload(index), at: LogPosition(term: round, index: index))
                }
                if round % 3 == 0 { try store.sync() }
            }
            for reader in readers { reader.stop() }
            for reader in readers { #expect(reader.failures == []) }
            try store.close()
        }

        /// Leaves are checked by whoever comes first, while the writer deletes and merges others.
        @Test func readersOfALargeStoreCheckItsLeavesBesideTheWriter() throws {
            let path = scratch.child("large")
            let filling = try LMDBStore(at: path)
            try filling.fillWithLarge(1...10_000)
            try filling.close()
            let store = try LMDBStore(at: path)
            let readers = (0..<3).map {
                ReaderThread(store.makeReader(), seed: $0, payload: largePayload)
            }
            for reader in readers { reader.start() }
            for round in LogIndex(1)...40 {
                try store.compact(through: LogPosition(term: 1, index: round * 100))
                try store.truncate(from: 10_000 - round * 100)
                try store.fillWithLarge(10_000 - round * 100...10_000)
                try store.sync()
            }
            for reader in readers { reader.stop() }
            for reader in readers {
                #expect(reader.failures == [])
                #expect(reader.readCount > 0)
            }
            try store.close()
        }

        /// Readers that a closing store overtakes end with `closed`, and nothing else.
        @Test func closingEndsReaders() throws {
            for round in 0..<20 as Range<UInt64> {
                let store = try LMDBStore(at: scratch.child("store \(round)"))
                try store.fill(1...200)
                try store.sync()
                let readers = (0..<2).map {
                    ReaderThread(
                        store.makeReader(), seed: round * 10 + $0, payload: smallPayload)
                }
                for reader in readers { reader.start() }
                try store.close()
                for reader in readers { reader.join() }
                for reader in readers { #expect(reader.failures == ["closed"]) }
            }
        }

        static func payload(_ index: LogIndex) -> [UInt8] {
            (0..<(index % 300)).map { UInt8(truncatingIfNeeded: $0 &+ index) }
        }
    }

    private func smallPayload(_ index: LogIndex) -> [UInt8] { payload(index) }

    /// Reads at random until it is told to stop, or something is wrong.
    private final class ReaderThread: @unchecked Sendable {
        private let reader: any LogReader
        private let payload: @Sendable (LogIndex) -> [UInt8]
        private var random: UInt64
        private let lock = NSLock()
        private let done = DispatchSemaphore(value: 0)
        private var isStopping = false
        private(set) var failures: [String] = []
        private(set) var readCount = 0

        init(
            _ reader: sending any LogReader, seed: UInt64,
            payload: @escaping @Sendable (LogIndex) -> [UInt8]
        ) {
            self.reader = reader
            random = seed
            self.payload = payload
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

        /// Waits until it ends by itself.
        func join() { done.wait() }

        /// A linear congruential generator (Knuth, MMIX).
        private func next(below limit: UInt64) -> UInt64 {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (random >> 33) % limit
        }

        private func readOnce() {
            let state = reader.state
            guard let first = state.first, let last = state.last else { return }
            let index = first + next(below: last.index - first + 1)
            do {
                if next(below: 2) == 0 {
                    check(try reader.entry(at: index), at: index)
                } else {
                    var expected = index
                    var lastTerm: Term = 0
                    _ = try reader.visitEntries(in: index..<index + 50) {
                        (header, payload) throws(LogStoreError) in
                        check(Entry(copying: header, payload), at: expected)
                        if header.position.term < lastTerm {
                            failures.append("\(expected): the term fell")
                        }
                        lastTerm = header.position.term
                        expected += 1
                    }
                }
                readCount += 1
            } catch {
                switch error.code {
                case .compacted, .unavailable: break
                case .closed: failures.append("closed")
                default: failures.append("\(index): \(error)")
                }
            }
        }

        private func check(_ entry: Entry, at index: LogIndex) {
            if entry.index != index || entry.payload != payload(index) {
                failures.append("\(index): found \(entry.position), \(entry.payload.count) bytes")
            }
        }
    }
#endif
