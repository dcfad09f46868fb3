import Foundation
@testable import SegmentBackend
import Testing
import WALProtocol

/// Writes that a power cut took, found by the exploration of the conformance kit.
@Suite struct LostWriteTests {
    /// A store was closed cleanly, opened again, written to and rotated, and the power went.
    ///
    /// Nothing had been synced since. The disk had kept the new segment and the old one's first part, but not what was
    /// appended to it. The index of the clean close stood at the end then, and was taken for the
    /// footer of a sealed segment: the successor "contradicted the records before it", and the
    /// store did not open, though nothing was damaged and nothing acknowledged was lost.
    @Test func cleanCloseIsNotTakenForASeal() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...3, close: true)
            let closed = try directory.newest()
            let end = try directory.scan(closed).end
            var store: SegmentStore? = try directory.open()
            try store?.append([4], at: LogPosition(term: 1, index: 4))
            for index in 5...6 as ClosedRange<LogIndex> {
                let payload = [UInt8](repeating: 5, count: 5000)
                try store?.append(payload, at: LogPosition(term: 1, index: index))
            }
            try store?.flush()
            store = nil
            #expect(try directory.newest() > closed)
            let size = try Data(contentsOf: URL(fileURLWithPath: directory.file(closed))).count
            try directory.overwrite(
                closed, at: end, with: [UInt8](repeating: 0, count: size - end))
            let reopened = try directory.open()
            #expect(reopened.state.last?.index == 3)
            try reopened.append([7], at: LogPosition(term: 2, index: 4))
            try reopened.close()
            #expect(try directory.open().state.last == LogPosition(term: 2, index: 4))
        }
    }
}
