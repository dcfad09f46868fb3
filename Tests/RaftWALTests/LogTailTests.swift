import Foundation
import RaftWAL
import Testing

/// What `LogTail` hands out, beside a writer in the same process.
@Suite struct LogTailTests {
    /// What a follower knows of a log.
    private struct Follower {
        let tail: LogTail
        var entries: [LogIndex: Entry] = [:]
        var changes: [LogTail.Change] = []

        /// Looks until there is nothing new.
        mutating func look() throws {
            var isDone = false
            while !isDone {
                var entries = self.entries
                var changes = self.changes
                isDone = try !tail.look(
                    { (header, payload) in
                        let index = header.position.index
                        #expect(entries[index] == nil, "\(index) came twice")
                        entries[index] = Entry(copying: header, payload)
                    },
                    { (change) in
                        changes.append(change)
                        switch change {
                        case .truncated(let index): entries = entries.filter { $0.key <= index }
                        case .reset: entries = [:]
                        case .skipped: break
                        }
                    })
                (self.entries, self.changes) = (entries, changes)
            }
        }
    }

    private func withStore(
        _ backend: Backend, _ body: (String, () throws -> any LogStore) throws -> Void
    ) throws {
        let path = NSTemporaryDirectory() + "tail-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path) {
            var configuration = StoreConfiguration(backend)
            configuration.maximumSegmentByteCount = 8 << 10
            return try openLogStore(at: path, configuration)
        }
    }

    private func append(
        _ indexes: ClosedRange<LogIndex>, term: Term = 1, to store: any LogStore
    ) throws {
        for index in indexes {
            try store.append(
                [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 100),
                at: LogPosition(term: term, index: index))
        }
        try store.flush()
    }

    @Test(arguments: Backend.available)
    func onlyTheLastEntriesComeFirst(backend: Backend) throws {
        try withStore(backend) { path, open in
            let store = try open()
            try append(1...5, to: store)
            var follower = Follower(tail: LogTail(at: path, backend, entryCount: 2))
            try follower.look()
            #expect(follower.entries.keys.sorted() == [4, 5])
            try append(6...6, to: store)
            try follower.look()
            #expect(follower.entries.keys.sorted() == [4, 5, 6])
            #expect(follower.entries[6] == (try store.entry(at: 6)))
            #expect(follower.changes.isEmpty)
        }
    }

    /// A writer that dies before a sync: its successor copies the entries to a new segment, and
    /// nothing is ever added to the one that the follower reads.
    @Test func aRecoveryThatCopiesEntriesIsFollowed() throws {
        try withStore(.segment) { path, open in
            var store: (any LogStore)? = try open()
            try append(1...3, to: #require(store))
            var follower = Follower(tail: LogTail(at: path, .segment, entryCount: 9))
            try follower.look()
            #expect(follower.entries.count == 3)
            store = nil
            store = try open()
            try follower.look()
            try append(4...4, to: #require(store))
            try follower.look()
            #expect(follower.entries.count == 4)
            #expect(follower.changes.isEmpty)
        }
    }

    @Test(arguments: Backend.available)
    func whatTakesAnEntrysPlaceComes(backend: Backend) throws {
        try withStore(backend) { path, open in
            let store = try open()
            try append(1...9, to: store)
            var follower = Follower(tail: LogTail(at: path, backend, entryCount: 9))
            try follower.look()
            try store.truncate(from: 4)
            try append(4...9, term: 2, to: store)
            try follower.look()
            #expect(follower.changes == [.truncated(after: 3)])
            #expect(follower.entries.values.filter { $0.term == 2 }.count == 6)
        }
    }

    @Test func aResetIsSaid() throws {
        try withStore(.segment) { path, open in
            let store = try open()
            try append(1...9, to: store)
            var follower = Follower(tail: LogTail(at: path, .segment, entryCount: 9))
            try follower.look()
            let position = LogPosition(term: 2, index: 50)
            try store.reset(to: position)
            try append(51...52, term: 2, to: store)
            try store.reset(to: nil)
            try append(1...1, term: 3, to: store)
            try follower.look()
            #expect(follower.changes == [.reset(to: position), .reset(to: nil)])
            #expect(follower.entries.keys.sorted() == [1])
        }
    }

    @Test(arguments: Backend.available)
    func aFollowerThatIsLateLearnsWhatItMissed(backend: Backend) throws {
        try withStore(backend) { path, open in
            var store: (any LogStore)? = try open()
            try append(1...3, to: #require(store))
            var follower = Follower(tail: LogTail(at: path, backend, entryCount: 9))
            try follower.look()
            // Whole segments go, so the stream of records cannot be read on.
            try append(4...200, to: #require(store))
            try #require(store).compact(through: LogPosition(term: 1, index: 150))
            try #require(store).sync()
            try #require(store).close()
            store = try open()
            try follower.look()
            // The segment that it was reading it could read to its end.
            guard case .skipped(let skipped)? = follower.changes.first else {
                Issue.record("nothing was said to be missed")
                return
            }
            #expect(follower.changes.count == 1)
            #expect((4...150).contains(skipped.lowerBound))
            #expect(skipped.upperBound == 151)
            let expected = (1...200).filter { !skipped.contains($0) }
            #expect(follower.entries.keys.sorted() == expected)
        }
    }

    /// Whatever a writer does, a follower that looks after each step knows the same log.
    @Test(arguments: Backend.available, 1...4 as ClosedRange<UInt64>)
    func afterAnyStepTheFollowerKnowsTheLog(backend: Backend, seed: UInt64) throws {
        try withStore(backend) { path, open in
            var random = Steps(state: seed)
            var store: (any LogStore)? = try open()
            try append(1...2, to: #require(store))
            var follower = Follower(tail: LogTail(at: path, backend, entryCount: 9))
            try follower.look()
            var term: Term = 1
            for step in 1...150 {
                let state = try #require(store).state
                let next = state.next ?? 1
                switch random.next(12) {
                case 0 where !state.isEmpty:
                    let first = try #require(state.first)
                    try #require(store).truncate(from: first + random.next(next - first))
                    term += 1
                case 1 where !state.isEmpty:
                    let first = try #require(state.first)
                    let index = first + random.next(next - first) / 2
                    let position = LogPosition(
                        term: try #require(store).term(at: index), index: index)
                    try #require(store).compact(through: position)
                case 2 where random.next(4) == 0:
                    term += 1
                    try #require(store).reset(to: LogPosition(term: term, index: next + 5))
                case 3:
                    try #require(store).sync()
                case 4:
                    try #require(store).close()
                    store = nil
                    store = try open()
                case 5:
                    // Flushed and not synced, and the writer is gone.
                    try #require(store).flush()
                    store = nil
                    store = try open()
                default:
                    try append(next...next + random.next(30), term: term, to: #require(store))
                }
                try #require(store).flush()
                try follower.look()
                let now = try #require(store).state
                for index in now.indexes {
                    let known = follower.entries[index]
                    #expect(
                        known == (try #require(store).entry(at: index)),
                        "entry \(index) after step \(step) of seed \(seed)")
                    guard known != nil else { return }
                }
                let beyond = follower.entries.keys.filter { $0 >= now.indexes.upperBound }
                #expect(beyond.isEmpty, "after step \(step) of seed \(seed)")
            }
        }
    }

    private struct Steps {
        var state: UInt64

        mutating func next(_ limit: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % limit
        }
    }
}
