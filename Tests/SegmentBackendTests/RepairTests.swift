import Foundation
@testable import SegmentBackend
import Testing
import WALProtocol

/// Damaged stores that are made whole with entries of another replica.
@Suite struct RepairTests {
    // MARK: - Records at their old place

    @Test(arguments: [0, 9, 20, 45])
    func entryOfASealedSegmentIsPutBackByteForByte(byte: Int) throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            let before = try directory.contents()
            let record = try directory.entryRecord(3)
            try directory.flip(record.sequence, at: record.offset + byte)
            let damaged = try directory.contents()
            let report = try directory.repair([3])
            #expect(report.isWhole)
            #expect(report.restoredEntryCount == 1)
            #expect(report.stillLost.isEmpty)
            let name = SegmentFormat.fileName(sequence: record.sequence)
            #expect(try directory.contents()[name] == before[name])
            #expect(report.repairedFiles == [name])
            // A flipped index or term leaves the checksum, as a flipped payload does.
            #expect(report.provenEntryCount == (byte == 9 ? report.provenEntryCount : 1))
            let kept = try #require(report.quarantined.first)
            #expect(
                try Data(contentsOf: URL(fileURLWithPath: directory.path + "/" + kept))
                    == damaged[name])
            try directory.expectWhole(1...300)
        }
    }

    @Test func zeroedSectorIsPutBack() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            let before = try directory.contents()
            let record = try directory.entryRecord(20)
            let sector = record.offset / 512 * 512
            try directory.overwrite(
                record.sequence, at: sector, with: [UInt8](repeating: 0, count: 512))
            let report = try directory.repair(1...300)
            #expect(report.isWhole)
            #expect(report.restoredEntryCount > 2)
            // The watermarks in it do not come back: the segment is written anew.
            let name = SegmentFormat.fileName(sequence: record.sequence)
            #expect(try directory.contents()[name] != before[name])
            try directory.expectWhole(1...300)
        }
    }

    @Test func entryAfterACleanCloseIsPutBackByteForByte() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...9, close: true)
            let before = try directory.contents()
            let record = try directory.entryRecord(9)
            try directory.overwrite(
                record.sequence, at: record.offset, with: [UInt8](repeating: 0, count: 64))
            let report = try directory.repair([9])
            #expect(report.isWhole)
            #expect(report.provenEntryCount == 0)
            let name = SegmentFormat.fileName(sequence: record.sequence)
            #expect(try directory.contents()[name] == before[name])
            try directory.expectWhole(1...9)
        }
    }

    @Test func entryBeforeAWatermarkIsPutBackByteForByte() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...9, close: false)
            let before = try directory.contents()
            let record = try directory.entryRecord(4)
            try directory.flip(record.sequence, at: record.offset + 40)
            #expect(throws: LogStoreError.self) { try directory.open() }
            let report = try directory.repair([4])
            #expect(report.isWhole)
            #expect(report.provenEntryCount == 1)
            let name = SegmentFormat.fileName(sequence: record.sequence)
            #expect(try directory.contents()[name] == before[name])
            try directory.expectWhole(1...9)
        }
    }

    // MARK: - Segments written anew

    @Test func missingSegmentIsWrittenAnew() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            let second = try directory.oldest() + 1
            let range = try directory.liveRange(second)
            try directory.remove(second)
            let report = try directory.repair(1...300)
            #expect(report.isWhole)
            #expect(report.restoredEntryCount == range.upperBound - range.lowerBound)
            try directory.expectWhole(1...300)
        }
    }

    @Test func missingOldestSegmentIsWrittenAnew() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            try directory.remove(try directory.oldest())
            #expect(try directory.repair(1...300).isWhole)
            try directory.expectWhole(1...300)
        }
    }

    @Test(arguments: [20, 4096 + 8, 4096 + 40])
    func headerOrCheckpointOfAnOlderSegmentNeedsNoEntries(offset: Int) throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            try directory.flip(try directory.oldest() + 1, at: offset)
            #expect(try directory.repair([]).isWhole)
            try directory.expectWhole(1...300)
        }
    }

    @Test func footerIsMadeAgainByteForByte() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            let before = try directory.contents()
            let oldest = try directory.oldest()
            let footer = try #require(
                try directory.survey(oldest).records.last { $0.header.type == .index })
            try directory.flip(oldest, at: footer.offset + 40)
            let report = try directory.repair([])
            #expect(report.isWhole)
            let name = SegmentFormat.fileName(sequence: oldest)
            #expect(try directory.contents()[name] == before[name])
            try directory.expectWhole(1...300)
        }
    }

    @Test func foreignSegmentIsReplaced() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            let oldest = try directory.oldest()
            try directory.copy(oldest + 1, over: oldest)
            let report = try directory.repair(1...300)
            #expect(report.isWhole)
            #expect(report.quarantined.count == 1)
            try directory.expectWhole(1...300)
        }
    }

    @Test func identityFileIsMadeAgain() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...9, close: true)
            let before = try directory.contents()
            try directory.flip(path: directory.path + "/STORE", at: 20, mask: 1)
            #expect(try directory.repair([]).isWhole)
            #expect(try directory.contents()["STORE"] == before["STORE"])
            try directory.expectWhole(1...9)
        }
    }

    // MARK: - The newest segment

    @Test(arguments: [20, 4096 + 40])
    func headerOrCheckpointOfTheNewestNeedsNoEntries(offset: Int) throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: false)
            try directory.flip(try directory.newest(), at: offset)
            let report = try directory.repair([])
            #expect(report.isWhole)
            #expect(!report.quarantined.isEmpty)
            try directory.expectWhole(1...300)
        }
    }

    @Test(arguments: [RecordType.checkpoint, .index])
    func checkpointOrFooterOfACleanCloseNeedsNoEntries(type: RecordType) throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...9, close: true)
            let sequence = try directory.newest()
            let record = try #require(
                try directory.survey(sequence).records.last { $0.header.type == type })
            try directory.flip(sequence, at: record.offset + 40)
            #expect(try directory.repair([]).isWhole)
            try directory.expectWhole(1...9)
        }
    }

    @Test func damageThatMayHideMetadataIsLeftUnlessAccepted() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...9, close: false)
            let record = try directory.entryRecord(4)
            try directory.overwrite(
                record.sequence, at: record.offset, with: [UInt8](repeating: 0, count: 88))
            let damaged = try directory.contents()
            let refused = try directory.repair([4])
            #expect(!refused.isWhole)
            #expect(refused.isStateUncertain)
            #expect(try directory.contents() == damaged)
            let report = try directory.repair([4], acceptingLossOfState: true)
            #expect(report.isWhole)
            #expect(report.before.mustCatchUpBeforeVoting)
            try directory.expectWhole(1...9)
        }
    }

    @Test func lostEndIsLeftUnlessAccepted() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            try directory.removePrepared()
            let newest = try directory.newest()
            let range = try directory.liveRange(newest)
            try directory.remove(newest)
            #expect(try !directory.repair(range).isWhole)
            #expect(try directory.repair(range).stillLost.first?.isOpenEnded == true)
            let report = try directory.repair(range, acceptingLossOfState: true)
            #expect(report.isWhole)
            try directory.expectWhole(1...300)
        }
    }

    // MARK: - What is refused

    @Test func wrongTermIsRefusedAndNothingTouched() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            let record = try directory.entryRecord(3)
            try directory.flip(record.sequence, at: record.offset + 45)
            let before = try directory.contents()
            let error = #expect(throws: LogStoreError.self) {
                try directory.repair(with: [StoreFiles.entry(3, term: 2)])
            }
            #expect(error?.code == .positionConflict)
            #expect(error?.context.index == 3)
            #expect(error?.context.expected == 1)
            #expect(error?.context.found == 2)
            #expect(try directory.contents() == before)
        }
    }

    @Test func termOutsideTheNeighboursIsRefused() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            let second = try directory.oldest() + 1
            let range = try directory.liveRange(second)
            try directory.remove(second)
            for term in [StoreFiles.term(range.lowerBound - 1) - 1, 1000] {
                let error = #expect(throws: LogStoreError.self) {
                    try directory.repair(with: [StoreFiles.entry(range.lowerBound, term: term)])
                }
                #expect(error?.code == .positionConflict)
            }
        }
    }

    @Test func presentEntryOfAnotherTermIsRefused() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            let record = try directory.entryRecord(3)
            try directory.flip(record.sequence, at: record.offset + 45)
            let error = #expect(throws: LogStoreError.self) {
                try directory.repair(with: [StoreFiles.entry(3), StoreFiles.entry(4, term: 9)])
            }
            #expect(error?.code == .positionConflict)
        }
    }

    /// The record's header survived: its checksum is that of one payload only.
    @Test(arguments: [50, 49, 40])
    func wrongPayloadIsRefusedByTheSurvivingHeader(byteCount: Int) throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            let record = try directory.entryRecord(3)
            try directory.flip(record.sequence, at: record.offset + 45)
            let before = try directory.contents()
            var wrong = StoreFiles.entry(3)
            wrong.payload = [UInt8](repeating: 0, count: byteCount)
            let error = #expect(throws: LogStoreError.self) {
                try directory.repair(with: [wrong])
            }
            // The watermark behind it makes the place exact.
            #expect(error?.code == .positionConflict)
            #expect(error?.context.byteOffset == UInt64(record.offset))
            #expect(try directory.contents() == before)
        }
    }

    @Test func missingReplacementsAreReported() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            for index in [3, 5] as [LogIndex] {
                let record = try directory.entryRecord(index)
                try directory.flip(record.sequence, at: record.offset + 45)
            }
            let report = try directory.repair([3])
            #expect(!report.isWhole)
            #expect(report.restoredEntryCount == 1)
            #expect(report.stillLost == [LostRange(indexes: 5..<6, term: 1)])
            try expectLost(5..<6, in: try directory.salvage(), of: 1...300)
            #expect(try directory.repair([5]).isWhole)
            try directory.expectWhole(1...300)
        }
    }

    @Test func healthyStoreIsNotTouched() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            let before = try directory.contents()
            let report = try directory.repair(1...300)
            #expect(report.isWhole)
            #expect(report.repairedFiles.isEmpty && report.restoredEntryCount == 0)
            #expect(try directory.contents() == before)
        }
    }

    @Test func openStoreIsLocked() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...9, close: true)
            let store = try directory.open()
            let error = #expect(throws: LogStoreError.self) { try directory.repair([]) }
            #expect(error?.code == .locked)
            try store.close()
        }
    }
}

extension StoreFiles {
    func repair(
        _ indexes: some Sequence<LogIndex>, acceptingLossOfState: Bool = false
    ) throws -> RepairReport {
        try SegmentStore.repair(
            at: path, options: options, with: indexes.map { Self.entry($0) },
            acceptingLossOfState: acceptingLossOfState)
    }

    func repair(with entries: [Entry]) throws -> RepairReport {
        try SegmentStore.repair(at: path, options: options, with: entries)
    }

    /// Checks that a store opens strictly, verifies, has all its entries and goes on.
    func expectWhole(
        _ range: ClosedRange<LogIndex>, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let damages = try SegmentStore.verify(at: path).damages
        #expect(damages.isEmpty, sourceLocation: sourceLocation)
        for round in 0..<2 as Range<LogIndex> {
            let store = try open()
            #expect(
                try store.entries(in: range.lowerBound..<range.upperBound + 1 + round)
                    == (range.lowerBound...range.upperBound + round).map { Self.entry($0) },
                sourceLocation: sourceLocation)
            let next = Self.entry(range.upperBound + 1 + round)
            try store.append(next.payload, at: next.position)
            try store.sync()
            try store.close()
        }
        #expect(try SegmentStore.verify(at: path).damages.isEmpty, sourceLocation: sourceLocation)
    }
}
