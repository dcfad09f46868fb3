import Testing
import WALProtocol

@testable import SegmentBackend

/// What `verify` finds, segment by segment and on several threads (P86).
struct VerificationTests {
    /// A store of many small segments, closed cleanly.
    private func withManySegments(_ body: (StoreFiles) throws -> Void) throws {
        try withStoreDirectory { directory in
            var options = directory.options
            options.minimumSegmentByteCount = 16 << 10
            options.maximumSegmentByteCount = 16 << 10
            let store = try SegmentStore(at: directory.path, options: options)
            for index in 1...2_000 as ClosedRange<LogIndex> {
                try store.append(
                    [UInt8](repeating: 3, count: 50), at: LogPosition(term: 1, index: index))
            }
            try store.close()
            #expect(try directory.sequences().count > 8)
            try body(directory)
        }
    }

    @Test func everyRecordOfEverySegmentIsChecked() throws {
        try withManySegments { directory in
            let whole = try SegmentStore.verify(at: directory.path)
            #expect(whole.damages.isEmpty)
            #expect(whole.state.last?.index == 2_000)
            // 2000 records of 88 bytes, and 4 bytes each in the footers.
            #expect(whole.checkedByteCount >= 2_000 * 92)
            #expect(
                try SegmentStore.verify(at: directory.path, on: POSIXFileSystem())
                    .checkedByteCount == whole.checkedByteCount)
        }
    }

    @Test func damageInSeveralSegmentsIsReportedInOrder() throws {
        try withManySegments { directory in
            let damaged = [100, 105, 700, 1_500] as [LogIndex]
            var places: [UInt64] = []
            for index in damaged {
                let record = try directory.entryRecord(index)
                places.append(UInt64(record.offset))
                try directory.flip(record.sequence, at: record.offset + 40)
            }
            let report = try SegmentStore.verify(at: directory.path)
            #expect(report.damages.map(\.context.byteOffset) == places)
            #expect(report.damages.map(\.context.index) == damaged)
            #expect(report.damages.allSatisfy { $0.code == .corrupt })
        }
    }

    @Test func bytesBehindACleanEndAreReported() throws {
        try withManySegments { directory in
            let newest = try directory.newest()
            let end = try directory.scan(newest).end
            try directory.flip(newest, at: end + 200)
            let report = try SegmentStore.verify(at: directory.path)
            #expect(report.damages.map(\.context.byteOffset) == [UInt64(end)])
        }
    }

    /// The records are all valid, and the footer is too: it only tells something else.
    @Test func aFooterThatDisagreesWithTheRecordsIsReported() throws {
        try withManySegments { directory in
            let oldest = try directory.oldest()
            let inventory = try #require(
                try Inventory.take(
                    StoreDirectory(path: directory.path, fileSystem: POSIXFileSystem())))
            let segment = try #require(inventory.segment(oldest))
            let live = try directory.liveRange(oldest)
            var offsets = try directory.scan(oldest).offsets
            offsets[7] += 8
            let verification = SegmentVerification(
                segment: segment,
                span: ReplayedLog.Span(
                    sequence: oldest, end: 0, first: live.lowerBound, count: UInt64(live.count),
                    offsets: offsets),
                end: Int(clamping: segment.sealedEnd ?? 0), isLast: false)
            let outcome = try verification.run(on: POSIXFileSystem())
            #expect(outcome.findings.map(\.error.context.index) == [live.lowerBound + 7])
        }
    }

    @Test func aCountThatTheFileHasNoRoomForIsNotBelieved() throws {
        try withManySegments { directory in
            let oldest = try directory.oldest()
            let inventory = try #require(
                try Inventory.take(
                    StoreDirectory(path: directory.path, fileSystem: POSIXFileSystem())))
            let segment = try #require(inventory.segment(oldest))
            let verification = SegmentVerification(
                segment: segment,
                span: ReplayedLog.Span(
                    sequence: oldest, end: 0, first: 1, count: .max - 2,
                    offsets: try directory.scan(oldest).offsets),
                end: Int(clamping: segment.sealedEnd ?? 0), isLast: false)
            let outcome = try verification.run(on: POSIXFileSystem())
            #expect(outcome.findings.count == 1)
        }
    }
}
