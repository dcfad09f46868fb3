import Testing
import WALProtocol

@testable import SegmentBackend

/// Finding the block of an entry.
@Suite struct BlockTableTests {
    /// Blocks of any sizes, even ones and very uneven ones.
    @Test(arguments: [
        [1], [5, 5, 5, 5], [1, 1, 1, 1000, 1, 1], [4000, 1, 1, 1, 1, 1, 1, 1], [3, 70_000, 2],
        [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
    ])
    func everyEntryIsFoundInItsBlock(counts: [Int]) {
        for first in [0, 1, 77, LogIndex.max - 100_000] {
            var next = first
            var spans: [BlockSpan] = []
            for count in counts {
                let offsets = [UInt32](repeating: 0, count: count)
                spans.append(
                    BlockSpan(
                        place: .file(.init(segment: segment, offsets: offsets, terms: [])),
                        first: next, count: count))
                next += LogIndex(count)
            }
            let table = BlockTable(spans)
            for (number, span) in spans.enumerated() {
                for index in [span.first, span.first + LogIndex(span.count) / 2, span.end - 1] {
                    #expect(table.lookup.contains(index))
                    #expect(table.lookup.number(of: index) == number)
                }
            }
            #expect(!table.lookup.contains(first &- 1))
            #expect(!table.lookup.contains(next))
        }
    }

    @Test func nothingIsInAnEmptyTable() {
        for index in [0, 1, LogIndex.max] { #expect(!BlockTable.empty.lookup.contains(index)) }
    }

    private let segment = Segment(
        sequence: 1, path: "", seed: 0, capacity: 0, fileSystem: POSIXFileSystem())
}
