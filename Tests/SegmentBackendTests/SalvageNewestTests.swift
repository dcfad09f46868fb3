import Foundation
@testable import SegmentBackend
import Testing
import WALProtocol

/// What `.salvage` keeps readable when the newest segment is damaged, and what it says of votes.
@Suite struct SalvageNewestTests {
    // MARK: - Entries

    @Test func damagedPayloadBeforeAWatermarkIsOneLostEntry() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...9, close: false)
            let record = try directory.entryRecord(4)
            try directory.flip(record.sequence, at: record.offset + 40)
            let store = try directory.salvage()
            #expect(store.recoveryReport.lostRanges == [LostRange(indexes: 4..<5, term: 1)])
            try expectLost(4..<5, in: store, of: 1...9)
            let error = #expect(throws: LogStoreError.self) { try store.entry(at: 4) }
            #expect(error?.context.byteOffset == UInt64(record.offset))
            // The record's header says that it was this entry and nothing else.
            #expect(!store.recoveryReport.isMetadataUncertain)
            #expect(!store.recoveryReport.mustCatchUpBeforeVoting)
        }
    }

    @Test func damageOfUnknownContentMakesMetadataUncertain() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...9, close: false)
            let record = try directory.entryRecord(4)
            try directory.overwrite(
                record.sequence, at: record.offset, with: [UInt8](repeating: 0, count: 88))
            let store = try directory.salvage()
            #expect(store.recoveryReport.lostRanges == [LostRange(indexes: 4..<5, term: 1)])
            try expectLost(4..<5, in: store, of: 1...9)
            #expect(store.recoveryReport.isMetadataUncertain)
            #expect(!store.recoveryReport.isEndLost)
            #expect(store.recoveryReport.mustCatchUpBeforeVoting)
        }
    }

    @Test func damagedMetadataRecordMakesMetadataUncertain() throws {
        try withStoreDirectory { directory in
            let store = try directory.open()
            for index in 1...9 as ClosedRange<LogIndex> {
                let entry = StoreFiles.entry(index)
                try store.append(entry.payload, at: entry.position)
                try store.setMetadata([UInt8(index)], for: "vote")
                try store.sync()
            }
            withExtendedLifetime(store) {}
            let sequence = try directory.newest()
            let vote = try #require(
                try directory.survey(sequence).records.filter { $0.header.type == .metadata }
                    .dropLast().last)
            try directory.flip(sequence, at: vote.offset + 38)
            let salvaged = try directory.salvage()
            #expect(salvaged.recoveryReport.lostRanges.isEmpty)
            #expect(try salvaged.metadata(for: "vote") == [9])
            #expect(salvaged.recoveryReport.isMetadataUncertain)
            #expect(salvaged.recoveryReport.mustCatchUpBeforeVoting)
        }
    }

    /// A truncation that damage hides: 5 of term 1 is valid and was replaced.
    @Test func entryThatAHiddenTruncationReplacedIsNotRead() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...5, close: false)
            var store: SegmentStore? = try directory.open()
            try store?.truncate(from: 5)
            try store?.append([1], at: LogPosition(term: 2, index: 5))
            try store?.append([2], at: LogPosition(term: 2, index: 6))
            try store?.sync()
            try store?.append([3], at: LogPosition(term: 2, index: 7))
            try store?.flush()
            store = nil
            let sequence = try directory.newest()
            let records = try directory.survey(sequence).records
            let truncation = try #require(records.last { $0.header.type == .truncate })
            let six = try #require(records.last { $0.header.index == 6 })
            try directory.overwrite(
                sequence, at: truncation.offset,
                with: [UInt8](repeating: 0xEE, count: six.offset - truncation.offset))
            let salvaged = try directory.salvage()
            let error = #expect(throws: LogStoreError.self) { try salvaged.entry(at: 5) }
            #expect(error?.code == .corrupt)
            #expect(try salvaged.entry(at: 6).payload == [2])
            #expect(try salvaged.entry(at: 4) == StoreFiles.entry(4))
            #expect(salvaged.recoveryReport.lostRanges.map(\.indexes) == [5..<6])
            #expect(salvaged.recoveryReport.isMetadataUncertain)
        }
    }

    // MARK: - After a clean close

    @Test func damagedEntryAfterACleanCloseIsLostAlone() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...9, close: true)
            let record = try directory.entryRecord(9)
            try directory.overwrite(
                record.sequence, at: record.offset, with: [UInt8](repeating: 0, count: 64))
            let store = try directory.salvage()
            #expect(store.recoveryReport.lostRanges == [LostRange(indexes: 9..<10, term: 1)])
            try expectLost(9..<10, in: store, of: 1...9)
            #expect(store.state.last == LogPosition(term: 1, index: 9))
            // The last entry is gone: the replica must not vote.
            #expect(store.recoveryReport.isEndLost)
            #expect(!store.recoveryReport.isMetadataUncertain)
            #expect(store.recoveryReport.mustCatchUpBeforeVoting)
        }
    }

    @Test func damagedControlRecordAfterACleanCloseLosesNothing() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...9, close: true)
            let sequence = try directory.newest()
            let mark = try #require(
                try directory.survey(sequence).records.first { $0.header.type == .watermark })
            try directory.flip(sequence, at: mark.offset + 17)
            let store = try directory.salvage()
            #expect(store.recoveryReport.lostRanges.isEmpty)
            #expect(store.recoveryReport.findings.contains { $0.kind == .damaged })
            #expect(!store.recoveryReport.mustCatchUpBeforeVoting)
        }
    }

    @Test(arguments: [RecordType.checkpoint, .index])
    func damagedCheckpointOrFooterOfACleanCloseLosesNothing(type: RecordType) throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...9, close: true)
            let sequence = try directory.newest()
            let record = try #require(
                try directory.survey(sequence).records.last { $0.header.type == type })
            try directory.flip(sequence, at: record.offset + 40)
            #expect(throws: LogStoreError.self) { try directory.open() }
            let store = try directory.salvage()
            #expect(store.recoveryReport.lostRanges.isEmpty)
            try expectLost(1..<1, in: store, of: 1...9)
            #expect(!store.recoveryReport.mustCatchUpBeforeVoting)
        }
    }

    // MARK: - Headers

    @Test(arguments: [20, 4096 + 40])
    func damagedHeaderOrCheckpointOfTheNewestLosesNothing(offset: Int) throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: false)
            try directory.flip(try directory.newest(), at: offset)
            #expect(throws: LogStoreError.self) { try directory.open() }
            let store = try directory.salvage()
            #expect(store.recoveryReport.lostRanges.isEmpty)
            try expectLost(1..<1, in: store, of: 1...300)
            #expect(!store.recoveryReport.mustCatchUpBeforeVoting)
        }
    }

    // MARK: - The end

    @Test func missingNewestSegmentLosesAnUnknownEnd() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            try directory.removePrepared()
            let newest = try directory.newest()
            let range = try directory.liveRange(newest)
            try directory.remove(newest)
            let store = try directory.salvage()
            #expect(
                store.recoveryReport.lostRanges
                    == [LostRange(indexes: range.lowerBound..<LogIndex.max)])
            #expect(store.recoveryReport.lostRanges.first?.isOpenEnded == true)
            #expect(store.state.last?.index == range.lowerBound - 1)
            let error = #expect(throws: LogStoreError.self) {
                try store.entry(at: range.lowerBound)
            }
            #expect(error?.code == .corrupt)
            // Neither is a range cut short at the loss.
            let rangeError = #expect(throws: LogStoreError.self) {
                try store.entries(in: 1..<range.lowerBound + 1)
            }
            #expect(rangeError?.code == .corrupt)
            #expect(throws: LogStoreError.self) { try store.term(at: range.lowerBound) }
            #expect(try store.entries(in: 1..<range.lowerBound).count == range.lowerBound - 1)
            #expect(store.recoveryReport.isEndLost)
            #expect(store.recoveryReport.isMetadataUncertain)
            #expect(store.recoveryReport.mustCatchUpBeforeVoting)
        }
    }

    @Test func zerosBeforeTheLastWatermarkLoseAnUnknownEnd() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...9, close: true)
            let record = try directory.entryRecord(7)
            let size =
                try directory.contents()[
                    SegmentFormat.fileName(sequence: record.sequence)]?.count ?? 0
            try directory.overwrite(
                record.sequence, at: record.offset,
                with: [UInt8](repeating: 0, count: size - record.offset))
            let store = try directory.salvage()
            #expect(
                store.recoveryReport.lostRanges == [LostRange(indexes: 7..<LogIndex.max)])
            try expectLost(7..<10, in: store, of: 1...9)
            #expect(store.recoveryReport.mustCatchUpBeforeVoting)
        }
    }

    // MARK: - Votes

    @Test func tornTailIsAmbiguousUnderEveryPolicy() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...5, close: false)
            let record = try directory.entryRecord(5)
            try directory.flip(record.sequence, at: record.offset + 40)
            let salvaged = try directory.salvage()
            #expect(salvaged.recoveryReport.verdict == .ambiguous)
            #expect(salvaged.recoveryReport.lostRanges.isEmpty)
            #expect(salvaged.recoveryReport.mustCatchUpBeforeVoting)
            let store = try directory.open()
            #expect(store.recoveryReport.mustCatchUpBeforeVoting)
            #expect(!store.recoveryReport.isEndLost)
        }
    }

    @Test func healthyStoreMayVote() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            #expect(try !directory.salvage().recoveryReport.mustCatchUpBeforeVoting)
            #expect(try !directory.open().recoveryReport.mustCatchUpBeforeVoting)
            // The process died: nothing was cut.
            #expect(try !directory.open().recoveryReport.mustCatchUpBeforeVoting)
        }
    }
}
