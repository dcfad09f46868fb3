import Foundation
@testable import SegmentBackend
import Testing
import WALProtocol

/// Damage that once passed for something else; the sweep over all damages found each of them.
@Suite struct DamageStoryTests {
    /// The slot that takes a clean mark back was damaged after a crash, so the mark counted again:
    /// the store opened as it had been closed, and what was synced since then was gone, silently.
    @Test func aCleanMarkWithRecordsBehindItIsCorruption() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: true)
            let path = directory.file(try directory.newest())
            let clean = try Data(contentsOf: URL(fileURLWithPath: path))
            try directory.write(entries: 6...9, close: false)
            // The sector of the slot as the close left it.
            for offset in SegmentFormat.slotOffsets {
                try directory.overwrite(
                    try directory.newest(), at: offset, with: [UInt8](clean[offset..<offset + 64]))
            }
            let error = #expect(throws: LogStoreError.self) { try directory.open() }
            #expect(error?.code == .corrupt)
            #expect(error?.context.file == path)
            #expect(error?.message.contains("row 3") == true)
        }
    }

    /// After a clean close the segment that was prepared got a bit of junk: it was taken for one
    /// that a crash had interrupted, quarantined, and the report doubted what nobody had cut.
    @Test func junkInThePreparedSegmentAfterACleanCloseIsCorruption() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: true)
            let prepared = try directory.newest() + 1
            try directory.makeFile(prepared, byteCount: 8192)
            try directory.overwrite(prepared, at: 40, with: [1])
            let error = #expect(throws: LogStoreError.self) { try directory.open() }
            #expect(error?.code == .corrupt)
            #expect(error?.context.file == directory.file(prepared))
        }
    }

    /// A segment with synced entries was replaced by zeros after a crash: it was taken for one that
    /// nothing had ever been written to, and its entries were gone, silently.
    ///
    /// But the segment before it is sealed only after its header and checkpoint were synced.
    @Test func aBlankSegmentBehindASealedOneIsCorruption() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...60, close: false)
            let newest = try directory.newest()
            #expect(newest > 1)
            try directory.makeFile(newest, byteCount: 8192)
            let error = #expect(throws: LogStoreError.self) { try directory.open() }
            #expect(error?.code == .corrupt)
            #expect(error?.context.file == directory.file(newest))
        }
    }

    /// A file was cut exactly where a record ended: the log seemed to end there, and the report said
    /// that nothing was cut.
    @Test func aFileCutBetweenRecordsIsATornTail() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: false)
            let newest = try directory.newest()
            let last = try #require(
                try directory.survey(newest).records.last { $0.header.type == .entry })
            try directory.cut(newest, at: last.offset)
            let store = try directory.open()
            #expect(store.state.last?.index == 4)
            #expect(store.recoveryReport.verdict == .ambiguous)
            #expect(store.recoveryReport.tornFromIndex == 5)
        }
    }

    /// The same after a clean close: the file ended with its last record, and that was enough.
    @Test func aFileCutBehindACleanMarkIsCorruption() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: true)
            let newest = try directory.newest()
            try directory.cut(newest, at: 8000)
            let error = #expect(throws: LogStoreError.self) { try directory.open() }
            #expect(error?.code == .corrupt)
            #expect(error?.context.byteOffset == 8000)
        }
    }

    /// The first write after an opening went straight to the next segment, and its predecessor's
    /// footer behind a clean mark that nobody took back.
    @Test func aRotationTakesTheCleanMarkBack() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: true)
            let store = try directory.open()
            try store.append(
                [UInt8](repeating: 7, count: 4000), at: LogPosition(term: 1, index: 6))
            let inventory = try #require(
                try Inventory.take(
                    StoreDirectory(path: directory.path, fileSystem: POSIXFileSystem())))
            #expect(inventory.segment(1)?.slot?.state == .open)
            try store.flush()
        }
    }

    /// After a clean close the slot that says so changed places with an empty sector: there were
    /// bytes behind the last record now, and they were taken for a torn tail.
    @Test func bytesBehindTheRecordsOfACleanCloseAreCorruption() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: true)
            let newest = try directory.newest()
            let path = directory.file(newest)
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            for slot in SegmentFormat.slotOffsets {
                try directory.overwrite(newest, at: slot, with: [UInt8](repeating: 0, count: 64))
                try directory.overwrite(
                    newest, at: 7168 + slot - 512, with: [UInt8](bytes[slot..<slot + 64]))
            }
            let error = #expect(throws: LogStoreError.self) { try directory.open() }
            #expect(error?.code == .corrupt)
            #expect(error?.message.contains("row 3") == true)
        }
    }

    /// A lost first block was called corruption: "closed cleanly here, and there are bytes behind".
    ///
    /// What was appended after an opening was in several blocks before the first of them was
    /// written, and the slot that took the clean mark back named the end of them all.
    @Test func aCrashAfterACleanMarkWasTakenBackIsATornTail() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: true)
            let inventory = try #require(
                try Inventory.take(
                    StoreDirectory(path: directory.path, fileSystem: POSIXFileSystem())))
            let cleanEnd = try #require(inventory.segment(1)?.slot?.end)
            do {
                let store = try directory.open()
                for index in 6...7 as ClosedRange<UInt64> {
                    try store.append([1], at: LogPosition(term: 1, index: index))
                }
                // A truncation begins another block.
                try store.truncate(from: 7)
                try store.flush()
            }
            try directory.overwrite(
                1, at: Int(cleanEnd), with: [UInt8](repeating: 0, count: 32))
            let store = try directory.open()
            #expect(store.state.last?.index == 5)
            #expect(store.recoveryReport.tornFromIndex == 6)
        }
    }

    /// After a clean close the slot that says so changed places with a sector of records: these were
    /// cut as a torn tail, though they had been acknowledged.
    @Test func aCleanMarkInThePlaceOfRecordsIsCorruption() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...12, close: true)
            let newest = try directory.newest()
            let bytes = [UInt8](
                try Data(contentsOf: URL(fileURLWithPath: directory.file(newest))))
            for slot in SegmentFormat.slotOffsets where bytes[slot + 8] == 2 {
                try directory.overwrite(newest, at: slot, with: [UInt8](bytes[5120..<5632]))
                try directory.overwrite(newest, at: 5120, with: [UInt8](bytes[slot..<slot + 512]))
            }
            let error = #expect(throws: LogStoreError.self) { try directory.open() }
            #expect(error?.code == .corrupt)
            #expect(error?.context.byteOffset ?? 0 > 4096)
            #expect(error?.message.contains("row 3") == true)
        }
    }
}
