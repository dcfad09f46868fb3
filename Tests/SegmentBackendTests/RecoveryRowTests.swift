import Foundation
@testable import SegmentBackend
import Testing
import WALProtocol

/// Every row of the recovery table, reached with real files.
///
/// What is derived from the records is derived again (P59, P90).
@Suite struct RecoveryRowTests {
    // MARK: - Rows about the newest segment

    @Test func row1CleanStoreOpensWithNothingToScan() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: true)
            let store = try directory.open()
            #expect(store.recoveryReport.stoppedCleanly)
            #expect(store.recoveryReport.scannedByteCount == 0)
            #expect(store.recoveryReport.findings.map(\.kind) == [.clean])
            #expect(store.count == 5)
        }
    }

    @Test func row2TornTailIsCutAndQuarantined() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: false)
            let newest = try directory.newest()
            // The last record is 5's: the watermark of the one sync before is behind nothing yet.
            let scan = try directory.survey(newest)
            let last = try #require(scan.records.last { $0.header.type == .entry })
            try directory.flip(newest, at: last.offset + 40)
            let store = try directory.open()
            #expect(!store.recoveryReport.stoppedCleanly)
            #expect(store.recoveryReport.findings.contains { $0.kind == .tornTail })
            #expect(store.recoveryReport.tornFromIndex == 5)
            #expect(store.recoveryReport.verdict == .ambiguous)
            #expect(store.state.last?.index == 4)
            let name = try #require(store.recoveryReport.quarantined.first)
            #expect(FileManager.default.fileExists(atPath: directory.path + "/" + name))
        }
    }

    @Test func row2AppendsAfterACutSurvive() throws {
        try withStoreDirectory { directory in
            for round in 1...5 as ClosedRange<LogIndex> {
                try directory.write(entries: (round * 2 - 1)...(round * 2), close: false)
                let newest = try directory.newest()
                let scan = try directory.survey(newest)
                let last = try #require(scan.records.last { $0.header.type == .entry })
                try directory.cut(newest, at: last.offset + 33)
                let store = try directory.open()
                #expect(store.state.last?.index == round * 2 - 1)
                try store.append(
                    [UInt8](repeating: 9, count: 50),
                    at: LogPosition(term: 1, index: round * 2))
                try store.sync()
            }
            #expect(try directory.open().count == 10)
        }
    }

    @Test func row3DamageAfterACleanCloseIsCorruption() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: true)
            let newest = try directory.newest()
            let scan = try directory.survey(newest)
            let checkpoint = try #require(scan.records.last { $0.header.type == .checkpoint })
            try directory.flip(newest, at: checkpoint.offset + 33)
            let error = #expect(throws: LogStoreError.self) { try directory.open() }
            #expect(error?.code == .corrupt)
            #expect(error?.message.contains("closed cleanly") == true)
        }
    }

    @Test func row4DamageBeforeAWatermarkIsCorruption() throws {
        try withStoreDirectory { directory in
            // Each sync is witnessed by the record after it.
            try directory.write(entries: 1...5, close: false)
            let newest = try directory.newest()
            let scan = try directory.survey(newest)
            let second = try #require(scan.records.first { $0.header.index == 2 })
            try directory.flip(newest, at: second.offset + 40)
            let error = #expect(throws: LogStoreError.self) { try directory.open() }
            #expect(error?.code == .corrupt)
            #expect(error?.context.byteOffset == UInt64(second.offset))
            #expect(error?.context.index == 2)
            #expect(error?.message.contains("row 4") == true)
        }
    }

    @Test func row4ZerosBeforeAWatermarkAreNoEnd() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: false)
            let newest = try directory.newest()
            let scan = try directory.survey(newest)
            let second = try #require(scan.records.first { $0.header.index == 2 })
            try directory.overwrite(
                newest, at: second.offset,
                with: [UInt8](repeating: 0, count: second.header.recordByteCount))
            let error = #expect(throws: LogStoreError.self) { try directory.open() }
            #expect(error?.code == .corrupt)
        }
    }

    @Test func row5EmptyTailIsReinitialised() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: false)
            let next = try directory.newest() + 1
            // Junk in the first sector of a segment that nothing was ever durable in.
            try directory.makeFile(next, byteCount: 8192)
            try directory.overwrite(next, at: 0, with: [UInt8](repeating: 0xA5, count: 512))
            let store = try directory.open()
            #expect(store.recoveryReport.findings.contains { $0.kind == .emptyTail })
            #expect(store.count == 5)
        }
    }

    @Test func row6MissingNewestBehindASealIsCorruption() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...300, close: true)
            try directory.removePrepared()
            try directory.remove(try directory.newest())
            let error = #expect(throws: LogStoreError.self) { try directory.open() }
            #expect(error?.code == .corrupt)
            #expect(error?.message.contains("row 6") == true)
        }
    }

    @Test func row7InterruptedPreparationIsFinished() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: false)
            try directory.removePrepared()
            let store = try directory.open()
            #expect(store.recoveryReport.findings.contains { $0.kind == .rotationInterrupted })
            #expect(store.count == 5)
        }
    }

    // MARK: - Rows about older segments

    @Test func row8MissingFooterIsRebuilt() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...300, close: true)
            let oldest = try directory.oldest()
            for slot in SegmentFormat.slotOffsets {
                try directory.overwrite(
                    oldest, at: slot, with: [UInt8](repeating: 0, count: 64))
            }
            let store = try directory.open()
            #expect(store.recoveryReport.findings.contains { $0.kind == .footerRebuilt })
            #expect(store.recoveryReport.rebuiltSegmentCount == 1)
            #expect(try store.entries(in: 1...300).count == 300)
        }
    }

    @Test func row9DamageInAnOlderSegmentIsCorruption() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...300, close: true)
            let oldest = try directory.oldest()
            let scan = try directory.survey(oldest)
            let third = try #require(scan.records.first { $0.header.index == 3 })
            try directory.flip(oldest, at: third.offset + 45)
            let store = try directory.open()
            let error = #expect(throws: LogStoreError.self) { try store.entry(at: 3) }
            #expect(error?.code == .corrupt)
            #expect(error?.context.index == 3)
            #expect(try store.entry(at: 4).index == 4)
            let damages = try SegmentStore.verify(at: directory.path).damages
            #expect(damages.map(\.context.index) == [3])
        }
    }

    @Test func row9DamagedHeaderOfAnOlderSegmentIsCorruption() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...300, close: true)
            try directory.flip(try directory.oldest(), at: 20)
            let error = #expect(throws: LogStoreError.self) { try directory.open() }
            #expect(error?.code == .corrupt)
        }
    }

    @Test func row10MissingOlderSegmentIsCorruption() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...300, close: true)
            try directory.remove(try directory.oldest())
            let error = #expect(throws: LogStoreError.self) { try directory.open() }
            #expect(error?.code == .corrupt)
            #expect(error?.message.contains("missing") == true)
        }
    }

    @Test func row10SegmentUnderAnothersNameIsCorruption() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...300, close: true)
            let oldest = try directory.oldest()
            try directory.copy(oldest + 1, over: oldest)
            let error = #expect(throws: LogStoreError.self) { try directory.open() }
            #expect(error?.code == .corrupt)
        }
    }

    @Test func row10ForeignSegmentIsCorruption() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...300, close: true)
            try withStoreDirectory { other in
                try other.write(entries: 1...300, close: true)
                let oldest = try directory.oldest()
                try FileManager.default.removeItem(atPath: directory.file(oldest))
                try FileManager.default.copyItem(
                    atPath: other.file(oldest), toPath: directory.file(oldest))
            }
            let error = #expect(throws: LogStoreError.self) { try directory.open() }
            #expect(error?.code == .corrupt)
            #expect(error?.message.contains("another store") == true)
        }
    }

    // MARK: - Rows about other files

    @Test func row11LeftoverSegmentIsRemoved() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...300, close: true)
            let oldest = try directory.oldest()
            let saved = try Data(contentsOf: URL(fileURLWithPath: directory.file(oldest)))
            var store: SegmentStore? = try directory.open()
            try store?.compact(through: LogPosition(term: 1, index: 250))
            try store?.close()
            store = nil
            // The unlink did not reach the disk.
            try saved.write(to: URL(fileURLWithPath: directory.file(oldest)))
            store = try directory.open()
            #expect(store?.recoveryReport.findings.contains { $0.kind == .leftover } == true)
            #expect(store?.state.first == 251)
            try store?.close()
            #expect(!FileManager.default.fileExists(atPath: directory.file(oldest)))
        }
    }

    @Test func row12TemporaryIsRemovedAndRow13UnknownNameIsLeftAlone() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: true)
            let temporary = directory.path + "/0000000000000099.wal.tmp"
            let unknown = directory.path + "/lost+found"
            try Data([1, 2, 3]).write(to: URL(fileURLWithPath: temporary))
            try FileManager.default.createDirectory(
                atPath: unknown, withIntermediateDirectories: false)
            let store = try directory.open()
            try store.close()
            #expect(!FileManager.default.fileExists(atPath: temporary))
            #expect(FileManager.default.fileExists(atPath: unknown))
        }
    }

    @Test(arguments: [false, true])
    func row14UnknownVersionIsRefusedAndNothingTouched(inIdentity: Bool) throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: true)
            let path =
                inIdentity
                ? directory.path + "/STORE" : directory.file(try directory.newest())
            try directory.flip(path: path, at: 8, mask: 0x02)
            let before = try directory.contents()
            let error = #expect(throws: LogStoreError.self) { try directory.open() }
            #expect(error?.code == .unsupportedFormat)
            #expect(error?.context.found == 3)
            #expect(try directory.contents() == before)
        }
    }

    @Test func missingSegmentsAreNotANewStore() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: true)
            for sequence in try directory.sequences() { try directory.remove(sequence) }
            let error = #expect(throws: LogStoreError.self) { try directory.open() }
            #expect(error?.code == .corrupt)
        }
    }

    @Test func lossIsAcceptedFromAnIndexOnOnly() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: false)
            let newest = try directory.newest()
            let third = try #require(
                try directory.survey(newest).records.first { $0.header.index == 3 })
            try directory.flip(newest, at: third.offset + 40)
            var options = directory.options
            options.policy = .truncateTail(acceptingLossFrom: 4)
            #expect(throws: LogStoreError.self) {
                try SegmentStore(at: directory.path, options: options)
            }
            options.policy = .truncateTail(acceptingLossFrom: 3)
            let store = try SegmentStore(at: directory.path, options: options)
            #expect(store.state.last?.index == 2)
            #expect(store.recoveryReport.lostRanges.map(\.indexes.lowerBound) == [3])
            #expect(store.recoveryReport.isEndLost)
            #expect(store.recoveryReport.mustCatchUpBeforeVoting)
            #expect(!store.recoveryReport.quarantined.isEmpty)
        }
    }
}
