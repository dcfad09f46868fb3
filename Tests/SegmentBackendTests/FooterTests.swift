@testable import SegmentBackend
import Testing
import WALProtocol

/// What is kept of sealed segments: files and footers, however many there are.
@Suite struct FooterTests {
    /// Many small segments, of which nothing is in the cache.
    private func manySegments(
        footers: Int, files: Int, truncating: LogIndex? = nil,
        _ body: (CountedStore) throws -> Void
    ) throws {
        try withTemporaryDirectory { path in
            var options = SegmentStore.Options()
            options.minimumSegmentByteCount = 64 << 10
            options.maximumSegmentByteCount = 64 << 10
            options.cacheByteCount = 0
            options.footerCacheByteCount = footers
            options.openSegmentLimit = files
            let writing = try CountedStore(at: path, options)
            if let truncating {
                try writing.append(100)
                try writing.store.truncate(from: truncating)
                let payload = [UInt8](repeating: 0x11, count: 128)
                try writing.store.append(payload, at: LogPosition(term: 1, index: truncating))
            }
            for _ in 0..<12 {
                try writing.append(1000)
                try writing.store.sync()
                writing.finishBackground()
            }
            try writing.store.close()
            try body(try CountedStore(at: path, options))
        }
    }

    private static let anywhere = Array(stride(from: LogIndex(1), through: 11_500, by: 397))

    private func readAnywhere(_ store: SegmentStore) throws {
        for index in Self.anywhere {
            let header = try store.withEntry(at: index) { header, _ in header }
            #expect(header.position == LogPosition(term: 1, index: index))
            #expect(try store.term(at: index) == 1)
        }
    }

    @Test func oneReadOfASingleEntryWhereTheFootersHaveRoom() throws {
        try manySegments(footers: 1 << 20, files: 64) { counted in
            try readAnywhere(counted.store)
            let tally = try counted.counting(readAnywhere)
            #expect(tally.calls == ["read": Self.anywhere.count])
        }
    }

    @Test func twoReadsOfASingleEntryWhereTheFootersHaveNoRoom() throws {
        try manySegments(footers: 0, files: 64) { counted in
            try readAnywhere(counted.store)
            let tally = try counted.counting(readAnywhere)
            #expect(tally.calls == ["read": 2 * Self.anywhere.count])
            #expect(tally.readByteCount < Self.anywhere.count * (4096 + 200))
        }
    }

    /// Random reads among more footers than there is room for loaded a whole one for each entry:
    /// the one that made room for it was believed to have left room for all.
    @Test(arguments: [2000, 4000, 6000])
    func fewFootersAreReadAsAWholeWhereNotAllHaveRoom(footers: Int) throws {
        try manySegments(footers: footers, files: 64) { counted in
            for _ in 0..<3 { try readAnywhere(counted.store) }
            let tally = try counted.counting { store in
                for _ in 0..<10 { try readAnywhere(store) }
            }
            // Whoever reads a record of unknown length asks for the file's: a whole footer.
            #expect(tally["size"] <= 4 && tally["read"] <= 2 * 10 * Self.anywhere.count + 8)
        }
    }

    @Test(arguments: [0, 4000]) func rangesAreTheSameWithoutRoomForFooters(footers: Int) throws {
        try manySegments(footers: footers, files: 2) { counted in
            for _ in 0..<2 {
                var next: LogIndex = 1
                let end = try counted.store.visitEntries(in: 1..<12_001, maxByteCount: .max) {
                    header, payload in
                    #expect(header.position.index == next && payload.byteCount == 128)
                    next += 1
                }
                #expect(end == 12_001 && next == 12_001)
            }
        }
    }

    @Test func memoryOfFootersIsBounded() throws {
        try manySegments(footers: 8000, files: 64) { counted in
            let before = counted.store.memoryFootprint
            for _ in 0..<40 { try readAnywhere(counted.store) }
            #expect(counted.store.memoryFootprint <= before + 8000)
            #expect(counted.store.memoryFootprint > before)
        }
    }

    /// Footers that are asked for again and again are in memory after a while, whatever was before.
    @Test func footersInUseTakeThePlaceOfOthers() throws {
        try manySegments(footers: 5000, files: 64) { counted in
            try readAnywhere(counted.store)
            let readTwo = { (store: SegmentStore) in
                for index in [LogIndex(500), 600] { try store.withEntry(at: index) { _, _ in } }
            }
            #expect(try counted.counting(readTwo).calls == ["read": 4])
            for _ in 0..<1200 { try readTwo(counted.store) }
            #expect(try counted.counting(readTwo).calls == ["read": 2])
        }
    }

    @Test func openFilesAreBounded() throws {
        try manySegments(footers: 1 << 20, files: 3) { counted in
            let before = counted.disk.tally.openFileCount
            for _ in 0..<3 {
                try readAnywhere(counted.store)
                #expect(counted.disk.tally.openFileCount <= before + 3)
            }
        }
    }

    /// A footer was whole when it was first read, and a page of it was damaged afterwards: its offset
    /// leads to a record that a truncation made invalid.
    ///
    /// That record is valid for itself, so that nothing but the page's checksum tells.
    @Test func aPageThatChangedIsNotFollowed() throws {
        try manySegments(footers: 0, files: 4, truncating: 50) { counted in
            #expect(try counted.store.entry(at: 50).payload == [UInt8](repeating: 0x11, count: 128))
            let files = StoreFiles(path: counted.path)
            let oldest = try files.oldest()
            let footer = try #require(try files.scan(oldest).last?.offset)
            let slot = footer + SegmentFormat.recordHeaderByteCount + 16 + 4 * 48
            let before = try files.bytes(oldest, at: slot, count: 4)
            let dead =
                try #require(
                    before.withUnsafeBytes { $0.baseAddress.map { $0.u32(0) } }) + 160
            try files.overwrite(
                oldest, at: slot + 4, with: withUnsafeBytes(of: dead.littleEndian, Array.init))
            let error = #expect(throws: LogStoreError.self) {
                try counted.store.withEntry(at: 50) { _, _ in }
            }
            #expect(error?.code == .corrupt && error?.context.file == files.file(oldest))
        }
    }
}
