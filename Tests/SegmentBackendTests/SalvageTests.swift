import Foundation
@testable import SegmentBackend
import Testing
import WALProtocol

/// What `.salvage` keeps readable, and what it says is lost.
@Suite struct SalvageTests {
    // MARK: - Older segments

    @Test func damagedEntryOfASealedSegmentIsLostWithItsTerm() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            let record = try directory.entryRecord(3)
            try directory.flip(record.sequence, at: record.offset + 45)
            let store = try directory.salvage()
            #expect(store.recoveryReport.lostRanges == [LostRange(indexes: 3..<4, term: 1)])
            try expectLost(3..<4, in: store, of: 1...300)
            let error = #expect(throws: LogStoreError.self) { try store.entry(at: 3) }
            #expect(error?.context.byteOffset == UInt64(record.offset))
            #expect(error?.context.file == directory.file(record.sequence))
            #expect(try store.term(at: 3) == 1)
            #expect(!store.recoveryReport.mustCatchUpBeforeVoting)
            #expect(store.recoveryReport.findings.contains { $0.kind == .damaged })
        }
    }

    @Test func lostRangesAreSplitByTerms() throws {
        try withStoreDirectory { directory in
            // Terms change every ten entries.
            try directory.writeTerms(1...300, close: true)
            for index in 9...12 as ClosedRange<LogIndex> {
                let record = try directory.entryRecord(index)
                try directory.flip(record.sequence, at: record.offset)
            }
            let store = try directory.salvage()
            #expect(
                store.recoveryReport.lostRanges
                    == [
                        LostRange(indexes: 9..<11, term: 1), LostRange(indexes: 11..<13, term: 2),
                    ])
            try expectLost(9..<13, in: store, of: 1...300)
        }
    }

    @Test func damagedFooterLosesNothing() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            let oldest = try directory.oldest()
            let footer = try #require(
                try directory.survey(oldest).records.last { $0.header.type == .index })
            try directory.flip(oldest, at: footer.offset + 40)
            #expect(throws: LogStoreError.self) { try directory.open().entry(at: 1) }
            let store = try directory.salvage()
            #expect(store.recoveryReport.lostRanges.isEmpty)
            #expect(store.recoveryReport.findings.contains { $0.kind == .damaged })
            try expectLost(1..<1, in: store, of: 1...300)
        }
    }

    @Test func damagedFooterAndEntryLoseTheEntry() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            let record = try directory.entryRecord(10)
            let footer = try #require(
                try directory.survey(record.sequence).records.last { $0.header.type == .index })
            try directory.flip(record.sequence, at: footer.offset + 40)
            // The header of the record goes too: nothing says what stood there.
            try directory.overwrite(
                record.sequence, at: record.offset, with: [UInt8](repeating: 0xEE, count: 64))
            let store = try directory.salvage()
            // 10 is the last entry of term 1.
            #expect(store.recoveryReport.lostRanges.map(\.indexes).contains { $0.contains(10) })
            let lost = Set(store.recoveryReport.lostRanges.flatMap { Array($0.indexes) })
            #expect(lost.count <= 2 && lost.contains(10))
            #expect(throws: LogStoreError.self) { try store.term(at: 10) }
            try expectLost(10..<11, in: store, of: 1...300)
        }
    }

    @Test(arguments: [20, 4096 + 8, 4096 + 40])
    func damagedHeaderOrCheckpointOfAnOlderSegmentLosesNothing(offset: Int) throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            try directory.flip(try directory.oldest(), at: offset)
            let store = try directory.salvage()
            #expect(store.recoveryReport.lostRanges.isEmpty)
            #expect(store.recoveryReport.findings.contains { $0.kind == .damaged })
            #expect(!store.recoveryReport.mustCatchUpBeforeVoting)
            try expectLost(1..<1, in: store, of: 1...300)
        }
    }

    @Test func missingOlderSegmentIsLostWithFirstAndCount() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            let second = try directory.oldest() + 1
            let range = try directory.liveRange(second)
            try directory.remove(second)
            let store = try directory.salvage()
            #expect(store.recoveryReport.findings.contains { $0.kind == .missing })
            #expect(store.recoveryReport.lostRanges.map(\.indexes) == [range])
            try expectLost(range, in: store, of: 1...300)
            #expect(!store.recoveryReport.mustCatchUpBeforeVoting)
        }
    }

    @Test func missingSegmentBetweenEqualTermsHasTheirTerm() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...300, close: true)
            let second = try directory.oldest() + 1
            let range = try directory.liveRange(second)
            try directory.remove(second)
            let store = try directory.salvage()
            #expect(store.recoveryReport.lostRanges == [LostRange(indexes: range, term: 1)])
        }
    }

    @Test func foreignSegmentIsLeftOut() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            let oldest = try directory.oldest()
            let range = try directory.liveRange(oldest)
            try directory.copy(oldest + 1, over: oldest)
            let store = try directory.salvage()
            #expect(store.recoveryReport.findings.contains { $0.kind == .foreign })
            try expectLost(range, in: store, of: 1...300)
        }
    }

    @Test func damagedIdentityFileLosesNothing() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            try directory.flip(path: directory.path + "/STORE", at: 20, mask: 1)
            #expect(throws: LogStoreError.self) { try directory.open() }
            let store = try directory.salvage()
            #expect(store.recoveryReport.lostRanges.isEmpty)
            try expectLost(1..<1, in: store, of: 1...300)
        }
    }

    /// Salvaging changes nothing.
    @Test func salvagingLeavesEveryByte() throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: false)
            try directory.remove(try directory.oldest() + 1)
            let before = try directory.contents()
            _ = try directory.salvage()
            #expect(try directory.contents() == before)
        }
    }
}

/// Checks that exactly the entries of a range are `corrupt`, and that all others are as written.
func expectLost(
    _ lost: Range<LogIndex>, in store: SegmentStore, of all: ClosedRange<LogIndex>,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let ranges = store.recoveryReport.lostRanges.map(\.indexes)
    for index in all {
        do {
            let entry = try store.entry(at: index)
            #expect(
                !lost.contains(index) && entry == StoreFiles.entry(index, term: entry.term),
                "index \(index)", sourceLocation: sourceLocation)
        } catch {
            #expect(
                error.code == .corrupt && error.context.index == index
                    && error.context.file != nil && ranges.contains { $0.contains(index) },
                "index \(index): \(error)", sourceLocation: sourceLocation)
        }
    }
    for index in lost {
        #expect(throws: LogStoreError.self, sourceLocation: sourceLocation) {
            try store.entry(at: index)
        }
        // A range that begins before it is not cut short.
        let error = #expect(throws: LogStoreError.self, sourceLocation: sourceLocation) {
            try store.entries(in: all.lowerBound..<index + 1)
        }
        #expect(error?.code == .corrupt, sourceLocation: sourceLocation)
    }
}
