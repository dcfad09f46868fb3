import SegmentBackend
import Testing
import WALProtocol

/// What a store says of itself.
@Suite struct StatisticsTests {
    private func options(cache: Int) -> SegmentStore.Options {
        var options = SegmentStore.Options()
        options.minimumSegmentByteCount = 64 << 10
        options.maximumSegmentByteCount = 64 << 10
        options.cacheByteCount = cache
        return options
    }

    @Test func segmentsAreCounted() throws {
        try withTemporaryDirectory { path in
            let log = try CountedStore(at: path, options(cache: 0))
            #expect(log.store.statistics.segmentCount == 1)
            for _ in 0..<4 {
                try log.append(500)
                try log.store.sync()
            }
            #expect(log.store.statistics.segmentCount == 6)
            #expect(log.store.statistics.memoryFootprint == log.store.memoryFootprint)
            try log.store.compact(through: LogPosition(term: 1, index: 1999))
            #expect(log.store.statistics.segmentCount == 1)
        }
    }

    @Test func whatReadersFindInMemoryCostsNoFileRead() throws {
        try withTemporaryDirectory { path in
            let log = try CountedStore(at: path, options(cache: 8 << 20))
            try log.append(100)
            var reader: (any LogReader)? = log.store.makeReader()
            for index in 1...100 as ClosedRange<LogIndex> {
                _ = try reader?.entry(at: index)
            }
            var sum = 0
            let next = try reader?.visitEntries(in: 1..<101, maxByteCount: 50 * 128) { _, payload in
                sum += payload.byteCount
            }
            #expect(next == 51 && sum == 50 * 128)
            // It tells when it goes, at the latest.
            reader = nil
            let statistics = log.store.statistics
            #expect(statistics.readCount == 150)
            #expect(statistics.fileReadCount == 0 && statistics.fileReadByteCount == 0)
            #expect(statistics.cacheHitCount == 150)
        }
    }

    @Test func readsFromFilesAreCounted() throws {
        try withTemporaryDirectory { path in
            let writer = try CountedStore(at: path, options(cache: 0))
            try writer.append(1000)
            try writer.store.close()
            let log = try CountedStore(at: path, options(cache: 0))
            let before = log.store.statistics
            let tally = try log.counting { store in
                for index in stride(from: 1, to: 1000, by: 100) as StrideTo<LogIndex> {
                    _ = try store.entry(at: index)
                }
                _ = try store.visitEntries(in: 1..<1001, maxByteCount: .max) { _, _ in }
                // The last read tells of those before it.
                _ = try store.entry(at: 1)
            }
            let after = log.store.statistics
            let reads = try #require(after.fileReadCount) - (try #require(before.fileReadCount))
            #expect(reads > 10)
            // Footers are read as well.
            #expect(Int(reads) <= tally.calls["read"] ?? 0)
            let bytes = try #require(after.fileReadByteCount)
            #expect(bytes > 1000 * 128 && Int(bytes) <= tally.readByteCount)
            #expect(try #require(after.readCount) - (try #require(before.readCount)) == 1010)
        }
    }
}
