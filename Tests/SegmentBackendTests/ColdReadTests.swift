import Testing
import WALProtocol

@testable import SegmentBackend

/// Reads of entries that are in no cache: what is read for them, and what they see.
struct ColdReadTests {
    /// A store with entries 1 to 3000 of 200 bytes in one segment, closed and opened again.
    private func withColdStore(_ body: (CountedStore, StoreFiles) throws -> Void) throws {
        try withStoreDirectory { directory in
            let writer = try CountedStore(at: directory.path)
            for index in 1...3_000 as ClosedRange<LogIndex> {
                let payload = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 200)
                try writer.store.append(payload, at: LogPosition(term: 1, index: index))
            }
            try writer.store.close()
            try body(try CountedStore(at: directory.path), directory)
        }
    }

    @Test func aGetReadsItsRecordAndNoMore() throws {
        try withColdStore { log, _ in
            let get = try log.counting { store in
                let entry = try store.entry(at: 500)
                #expect(entry.index == 500)
            }
            #expect(get.calls == ["read": 1])
            #expect(get.readByteCount == 232)
        }
    }

    @Test func getsInOrderReadAhead() throws {
        try withColdStore { log, _ in
            let gets = try log.counting { store in
                for index in 1...3_000 as ClosedRange<LogIndex> {
                    let entry = try store.entry(at: index)
                    #expect(entry.index == index)
                }
            }
            // 232 bytes, four times as much each time, then 256 KiB at a time.
            #expect(gets.calls == ["read": 8])
            #expect(gets.readByteCount < 3_000 * 232 + ReadWindow.readAheadByteCount)
        }
    }

    @Test func aRangeReadsItsRecordsAndNoMore() throws {
        try withColdStore { log, _ in
            let range = try log.counting { store in
                try store.visitEntries(in: 400..<500) { _, _ in }
            }
            #expect(range.calls == ["read": 1])
            #expect(range.readByteCount == 100 * 232)
        }
    }

    @Test func recordsLongerThanAPieceAreReadWhole() throws {
        try withStoreDirectory { directory in
            let writer = try CountedStore(at: directory.path)
            let sizes = [100, ReadWindow.readAheadByteCount + 1, 0, 700_000, 5]
            for size in sizes { try writer.append(1, byteCount: size) }
            try writer.store.close()
            let log = try CountedStore(at: directory.path)
            var found: [Int] = []
            try log.store.visitEntries(in: 1..<6) { (header, payload) in
                #expect(payload.byteCount == header.payloadByteCount)
                found.append(payload.byteCount)
            }
            #expect(found == sizes)
        }
    }

    @Test func aVisitorMayReadOtherEntries() throws {
        try withColdStore { log, _ in
            var visited: [LogIndex] = []
            try log.store.visitEntries(in: 1..<3_001) { (header, payload) throws(LogStoreError) in
                let other = try log.store.entry(at: 3_001 - header.position.index)
                #expect(other.index == 3_001 - header.position.index)
                // What was handed out before is still what it was.
                let byte = UInt8(truncatingIfNeeded: header.position.index)
                for place in 0..<200 {
                    #expect(
                        payload.unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self) == byte)
                }
                visited.append(header.position.index)
            }
            #expect(visited == Array(1...3_000))
        }
    }

    /// P74: the file changes under a live store.
    @Test func aVisitEndsAtADamagedRecord() throws {
        try withColdStore { log, directory in
            let record = try directory.entryRecord(700)
            try directory.flip(record.sequence, at: record.offset + 100)
            var visited: [LogIndex] = []
            var failure: LogStoreError?
            do throws(LogStoreError) {
                try log.store.visitEntries(in: 1..<3_001) { (header, _) in
                    visited.append(header.position.index)
                }
            } catch {
                failure = error
            }
            #expect(visited == Array(1...699))
            #expect(failure?.code == .corrupt)
            #expect(failure?.context.index == 700)
            #expect(failure?.context.byteOffset == UInt64(record.offset))
        }
    }
}
