import SegmentBackend
import Testing
import WALProtocol

/// What each operation asks of the disk: counts, which are the same on every machine.
///
/// They are what DESIGN.md promises under *What grows with what*. A count that goes up is a
/// regression, however fast the disk; one that goes down for good is to be lowered here.
@Suite struct CountTests {
    /// The bytes of a record of 128 bytes.
    private static let recordByteCount = 160
    /// A watermark in front and an end mark behind: what a sync writes besides its entries.
    private static let marksByteCount = 32 + 32

    // MARK: - Appending

    @Test func aThousandBufferedAppendsAreLessThanASystemCall() throws {
        try withCountedStore { log in
            try log.append(1)
            try log.store.sync()
            log.finishBackground()
            let appends = try log.counting { _ in try log.append(100_000) }
            // 16 MB: a write for each 512 KiB, and eight rotations that nobody prepared.
            #expect(appends["write"] <= 48)
            #expect(appends["open"] <= 8)
            #expect(appends["reserve"] <= 8)
            #expect(appends.callCount <= 64)
            #expect(appends["sync"] + appends["syncDirectory"] + appends["rename"] == 0)
        }
    }

    @Test func appendsThatFitIntoABlockAskForNothing() throws {
        try withCountedStore { log in
            let appends = try log.counting { _ in try log.append(3_000) }
            #expect(appends == DiskTally())
        }
    }

    @Test func aBufferedEntryIsItsRecordAndFourBytesOfFooter() throws {
        try withCountedStore { log in
            let count = 100_000
            let written = try log.counting { store in
                try log.append(count)
                try store.flush()
            }
            let entries = count * Self.recordByteCount
            #expect(written.writtenByteCount >= entries)
            // Header blocks, checkpoints, end marks.
            #expect(written.writtenByteCount <= entries + 4 * count + 3 * 8192)
            #expect(written["sync"] == 0)
        }
    }

    @Test(arguments: [1, 10, 100])
    func aDurableAppendIsOneWriteOneSyncAndTwoMarks(entries: Int) throws {
        try withCountedStore { log in
            try log.append(entries)
            try log.store.sync()
            log.finishBackground()
            for _ in 0..<20 {
                let append = try log.counting { store in
                    try log.append(entries)
                    try store.sync()
                }
                #expect(append.calls == ["write": 1, "sync": 1])
                #expect(
                    append.writtenByteCount
                        == entries * Self.recordByteCount + Self.marksByteCount)
            }
        }
    }

    @Test(arguments: [1, 10, 100])
    func aDurableBatchIsOneWriteAndOneSync(entries: Int) throws {
        try withCountedStore { log in
            try log.append(1)
            try log.store.sync()
            var batch = WriteBatch()
            for offset in 0..<entries {
                batch.append(
                    [UInt8](repeating: 1, count: 128),
                    at: LogPosition(term: 1, index: 2 + LogIndex(offset)))
            }
            let write = try log.counting { store in
                try store.write(batch)
                try store.sync()
            }
            #expect(write.calls == ["write": 1, "sync": 1])
        }
    }

    @Test func aSyncWithNothingNewAsksForNothing() throws {
        try withCountedStore { log in
            try log.append(10)
            try log.store.sync()
            log.finishBackground()
            let sync = try log.counting { store in
                try store.flush()
                try store.sync()
            }
            #expect(sync == DiskTally())
        }
    }

    @Test func aRotationIntoAPreparedSegmentMakesNoFileAndSyncsBothOnce() throws {
        try withCountedStore { log in
            var syncs = 0
            // The first segment has 1 MiB, and each sync writes 16 KB of it.
            for _ in 0..<66 {
                let append = try log.counting { store in
                    try log.append(100)
                    try store.sync()
                }
                log.finishBackground()
                #expect(append["open"] + append["reserve"] + append["syncDirectory"] == 0)
                syncs += append["sync"]
            }
            #expect(syncs == 66 + 1)
        }
    }

    // MARK: - Changing what is there

    @Test(arguments: [10, 1_000, 100_000])
    func aDurableVoteIsOneWriteAndOneSync(entries: Int) throws {
        try withSyncedEntries(entries) { log in
            let vote = try log.counting { store in
                try store.setMetadata([1, 2, 3, 4, 5, 6, 7, 8], for: "vote")
                try store.sync()
            }
            #expect(vote.calls == ["write": 1, "sync": 1])
            #expect(vote.writtenByteCount <= 128)
        }
    }

    @Test(arguments: [10, 1_000, 100_000])
    func aDurableTruncationIsOneWriteAndOneSync(entries: Int) throws {
        try withSyncedEntries(entries) { log in
            let truncation = try log.counting { store in
                try store.truncate(from: LogIndex(entries))
                try store.sync()
            }
            #expect(truncation.calls == ["write": 1, "sync": 1])
            #expect(truncation.writtenByteCount <= 96)
        }
    }

    @Test(arguments: [10, 1_000, 100_000])
    func aDurableCompactionIsOneSyncAndRemovesInTheBackground(entries: Int) throws {
        try withSyncedEntries(entries) { log in
            let compaction = try log.counting { store in
                try store.compact(through: LogPosition(term: 1, index: LogIndex(entries / 2)))
                try store.sync()
            }
            // The second write is the watermark that lets segments go.
            #expect(compaction["sync"] == 1)
            #expect(compaction["write"] <= 2)
            #expect(compaction.callCount == compaction["sync"] + compaction["write"])
            #expect(compaction.writtenByteCount <= 192)
            // The witness is synced, and maybe a piece of the next segment is filled.
            let removal = log.countBackground()
            #expect(removal["sync"] <= 2)
            #expect(removal["write"] <= 1)
            #expect(
                removal.callCount == removal["sync"] + removal["write"] + removal["remove"])
            #expect((removal["remove"] > 0) == (entries == 100_000))
        }
    }

    @Test(arguments: [10, 1_000, 100_000])
    func closingIsAtMostThreeSyncs(entries: Int) throws {
        try withSyncedEntries(entries) { log in
            let closing = try log.counting { try $0.close() }
            // What the last sync left, the checkpoint and index, the mark.
            #expect(closing["sync"] <= 3)
            #expect(closing["write"] <= 3)
            // A segment that was begun and is not needed goes.
            #expect(closing["stat"] <= 1 && closing["remove"] <= 1)
            #expect(
                closing.callCount == closing["sync"] + closing["write"] + closing["stat"]
                    + closing["remove"])
        }
    }

    private func withSyncedEntries(
        _ count: Int, _ body: (CountedStore) throws -> Void
    ) throws {
        try withCountedStore { log in
            try log.append(count)
            try log.store.sync()
            log.finishBackground()
            try body(log)
        }
    }

    // MARK: - Opening and reading

    /// A store that was closed cleanly, with so many segments of a size, opened again.
    private func withReopenedStore(
        segments: Int, segmentByteCount: Int,
        _ body: (CountedStore) throws -> Void
    ) throws {
        try withStoreDirectory { directory in
            var options = directory.options
            options.minimumSegmentByteCount = segmentByteCount
            options.maximumSegmentByteCount = segmentByteCount
            let writer = try CountedStore(at: directory.path, options)
            while try directory.sequences().count < segments {
                try writer.append(8, byteCount: 256)
            }
            try writer.store.close()
            // One that was prepared and not used is not a segment yet.
            try directory.removePrepared()
            #expect(try directory.sequences().count == segments)
            try body(try CountedStore(at: directory.path, options))
        }
    }

    @Test func anOpeningReadsTheHeadOfEachSegmentAndNoMore() throws {
        var calls: [Int: [Int]] = [:]
        for segmentByteCount in [8 << 10, 256 << 10] {
            for segments in [10, 100] {
                try withReopenedStore(segments: segments, segmentByteCount: segmentByteCount) {
                    log in
                    let opening = log.opening
                    calls[segments, default: []].append(opening.callCount)
                    #expect(opening["open"] <= segments + 3)
                    #expect(opening["read"] <= segments + 5)
                    #expect(opening.callCount <= 2 * segments + 16)
                    #expect(opening["write"] + opening["sync"] + opening["rename"] == 0)
                    // Heads of 1.5 KiB, the last checkpoint and the newest footer.
                    #expect(opening.readByteCount <= 1536 * segments + (16 << 10))
                }
            }
        }
        // Segments of 32 times the size take the same calls.
        for (segments, counts) in calls {
            #expect(Set(counts).count == 1, "\(segments) segments: \(counts)")
        }
    }

    @Test func hotGetsAskForNothing() throws {
        try withCountedStore { log in
            try log.append(20_000)
            try log.store.sync()
            log.finishBackground()
            let gets = try log.counting { store in
                for index in 1...20_000 as ClosedRange<LogIndex> {
                    try store.withEntry(at: index) { (_, payload) throws(LogStoreError) in
                        #expect(payload.byteCount == 128)
                    }
                    #expect(try store.term(at: index) == 1)
                }
                try store.visitEntries(in: 1..<20_001) { _, _ in }
            }
            #expect(gets == DiskTally())
        }
    }

    /// The newest segment has no footer yet; its terms are in memory, whatever left the cache.
    @Test func termsOfTheNewestSegmentAskForNothing() throws {
        try withTemporaryDirectory { path in
            var options = SegmentStore.Options()
            options.cacheByteCount = 0
            options.minimumSegmentByteCount = 16 << 20
            let count: LogIndex = 24_000
            func term(_ index: LogIndex) -> Term { index / 1_700 + 1 }
            func check(_ log: CountedStore) throws {
                let terms = try log.counting { store in
                    for index in 1...count {
                        let found = try store.term(at: index)
                        #expect(found == term(index))
                    }
                }
                #expect(terms == DiskTally())
            }
            let log = try CountedStore(at: path, options)
            for index in 1...count {
                try log.store.append(
                    [UInt8](repeating: 1, count: 128),
                    at: LogPosition(term: term(index), index: index))
            }
            try log.store.sync()
            try check(log)
            #expect(log.store.memoryFootprint < 3 << 20)
            try log.store.close()
            try check(try CountedStore(at: path, options))
        }
    }

    @Test func aColdGetIsOneRead() throws {
        try withReopenedStore(segments: 10, segmentByteCount: 256 << 10) { log in
            guard let last = log.store.state.last?.index else { return }
            // The first get of a segment opens it and reads its footer.
            for index in stride(from: 1, through: last, by: 100) {
                _ = try log.store.entry(at: index)
            }
            // Far enough apart that no read serves two.
            for index in stride(from: 50, through: last, by: 100) {
                let get = try log.counting { store in
                    let entry = try store.entry(at: index)
                    #expect(entry.index == index)
                }
                #expect(get.calls == ["read": 1])
                #expect(get.readByteCount <= 4096)
            }
        }
    }

    @Test func theFirstColdGetOfASegmentOpensItAndReadsItsFooter() throws {
        try withReopenedStore(segments: 10, segmentByteCount: 256 << 10) { log in
            let get = try log.counting { store in
                let entry = try store.entry(at: 1)
                #expect(entry.index == 1)
            }
            #expect(get["open"] == 1)
            #expect(get["read"] <= 3)
            #expect(get.callCount <= 5)
        }
    }

    @Test func aColdRangeIsReadInLargePieces() throws {
        try withReopenedStore(segments: 4, segmentByteCount: 1 << 20) { log in
            _ = try log.store.entry(at: 1)
            let range = try log.counting { store in
                try store.visitEntries(in: 1..<3_001) { _, _ in }
            }
            // 864 KB in pieces of 256 KiB.
            #expect((3...5).contains(range["read"]))
            #expect(range.callCount == range["read"])
        }
    }
}
