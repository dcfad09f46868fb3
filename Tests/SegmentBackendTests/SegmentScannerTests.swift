import Conformance
import Testing
import WALProtocol

@testable import SegmentBackend

/// The scan of a segment in pieces against the survey, which looks at one record after the other.
struct SegmentScannerTests {
    /// A store that was dropped without a close: terms, batches, watermarks, metadata, a
    /// truncation, and payloads that are shorter and longer than a piece of the scan.
    private func withMixedStore(_ body: (StoreFiles) throws -> Void) throws {
        try withStoreDirectory { directory in
            var options = directory.options
            options.minimumSegmentByteCount = 8 << 20
            options.maximumSegmentByteCount = 8 << 20
            let store = try SegmentStore(at: directory.path, options: options)
            var generator = SeededGenerator(seed: 11)
            for index in 1...4_000 as ClosedRange<LogIndex> {
                let isLong = index % 700 == 3
                let count = isLong ? 300_001 : Int(generator.next() % 200)
                let position = LogPosition(term: 1 + index / 1_000, index: index)
                try store.append([UInt8](repeating: 7, count: count), at: position)
                if index % 9 == 0 { try store.flush() }
                if index % 500 == 0 { try store.sync() }
                if index == 2_345 { try store.truncate(from: 2_300) }
                if index == 2_345 {
                    for index in 2_300...2_345 as ClosedRange<LogIndex> {
                        try store.append([1], at: LogPosition(term: 3, index: index))
                    }
                }
            }
            try store.sync()
            try body(directory)
        }
    }

    @Test func aScanFindsWhatASurveyFinds() throws {
        try withMixedStore { directory in
            let newest = try directory.newest()
            let survey = try directory.survey(newest)
            let scan = try directory.scan(newest)
            let entries = survey.records.filter { $0.header.type == .entry }
            #expect(entries.count == 4_046)
            #expect(scan.offsets.map { Int($0) } == entries.map(\.offset))
            #expect(scan.end == survey.records.last?.end)
            #expect(scan.unitsEnd == scan.end)
            #expect(scan.watermark == survey.watermark)
            #expect(scan.last?.offset == survey.records.last?.offset)
            #expect(scan.beforeLast?.offset == survey.records.dropLast().last?.offset)
            var positions: [LogPosition] = []
            var changes: [ScannedRecord] = []
            for item in scan.items {
                switch item {
                case .entries(let run):
                    for place in 0..<run.places.count {
                        positions.append(
                            LogPosition(
                                term: run.first.term, index: run.first.index + LogIndex(place)))
                    }
                case .change(let record): changes.append(record)
                }
            }
            #expect(positions.map(\.index) == entries.map(\.header.index))
            #expect(positions.map(\.term) == entries.map(\.header.term))
            #expect(
                changes == survey.records.filter { $0.header.type == .truncate })
            // Five terms, one truncation: what is ordinary takes no memory of its own.
            #expect(scan.items.count == 7)
        }
    }

    @Test func theBytesOfSomeEntriesAreCounted() throws {
        try withMixedStore { directory in
            let newest = try directory.newest()
            let survey = try directory.survey(newest)
            let wanted: Range<LogIndex> = 500..<3_100
            let inventory = try #require(
                try Inventory.take(
                    StoreDirectory(path: directory.path, fileSystem: POSIXFileSystem())))
            let segment = try #require(inventory.segment(newest))
            let scan = try SegmentScanner.scan(
                segment.file, seed: segment.seed, counting: wanted)
            let byteCount = survey.records
                .filter { $0.header.type == .entry && wanted.contains($0.header.index) }
                .reduce(0) { $0 + $1.header.recordByteCount }
            #expect(scan.countedByteCount == byteCount)
        }
    }

    @Test func aFlippedByteEndsTheScanWhateverTheLengthOfTheRecord() throws {
        try withMixedStore { directory in
            let newest = try directory.newest()
            let records = try directory.survey(newest).records
            let long = try #require(records.first { $0.header.payloadByteCount == 300_001 })
            let short = try #require(
                records.last { $0.header.type == .entry && $0.header.payloadByteCount % 8 == 1 })
            for record in [long, short] {
                let payload = record.offset + SegmentFormat.recordHeaderByteCount
                let places = [
                    record.offset, record.offset + 9, record.offset + 12, record.offset + 16,
                    record.offset + 24, payload, payload + record.header.payloadByteCount - 1,
                    payload + record.header.payloadByteCount, record.end - 1,
                ]
                for place in places {
                    try directory.flip(newest, at: place)
                    let scan = try directory.scan(newest)
                    #expect(scan.end == record.offset, "byte \(place - record.offset)")
                    #expect(scan.isTorn)
                    try directory.flip(newest, at: place)
                }
            }
        }
    }

    @Test func aUnitThatDoesNotEndIsFoundAndNotCounted() throws {
        try withStoreDirectory { directory in
            do {
                let store = try directory.open()
                try store.append([1], at: LogPosition(term: 1, index: 1))
                var batch = WriteBatch()
                for index in 2...5 as ClosedRange<LogIndex> {
                    batch.append([2], at: LogPosition(term: 1, index: index))
                }
                try store.write(batch)
                try store.flush()
            }
            let newest = try directory.newest()
            let entries = try directory.survey(newest).records.filter { $0.header.type == .entry }
            #expect(entries.map(\.header.hasMore) == [false, true, true, true, false])
            try directory.flip(newest, at: entries[4].offset)
            let scan = try directory.scan(newest)
            #expect(scan.offsets.count == 4)
            #expect(scan.unitsEnd == entries[0].end)
            #expect(scan.end == entries[3].end)
            #expect(try directory.open().state.last?.index == 1)
        }
    }
}
