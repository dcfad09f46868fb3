import Synchronization
import Testing
import WALProtocol

@testable import SegmentBackend

/// Finding the block of an entry.
@Suite final class BlockTableTests {
    private let current: UnsafeMutablePointer<Atomic<UInt64>>

    init() {
        current = .allocate(capacity: 1)
        current.initialize(to: Atomic(0))
    }

    deinit {
        current.deinitialize(count: 1)
        current.deallocate()
    }

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
                spans.append(
                    BlockSpan(
                        place: .memory(block(first: next, count: count)), first: next,
                        count: count))
                next += LogIndex(count)
            }
            let table = BlockTable(spans, tail: nil, start: nil)
            for span in spans {
                for index in [span.first, span.first + LogIndex(span.count) / 2, span.end - 1] {
                    expect(index, isIn: span, of: table)
                }
            }
            #expect(!contains(table, first &- 1))
            #expect(!contains(table, next))
            #expect(table.span(of: first &- 1) == nil)
            #expect(table.span(of: next) == nil)
        }
    }

    @Test func entriesOfTheTailAreFoundOnceTheyAreCounted() {
        let spans = [BlockSpan(place: .memory(block(first: 10, count: 50)), first: 10, count: 50)]
        let tail = block(first: 60, count: 5)
        let table = BlockTable(spans, tail: tail, start: nil)
        #expect(contains(table, 59))
        #expect(!contains(table, 60))
        tail.published.pointee.store(3, ordering: .releasing)
        for place in 0..<3 {
            #expect(finder(table).record(of: 60 + LogIndex(place)) == tail.record(place))
        }
        #expect(!contains(table, 63))
        // The tail block only, and its first entries do not count any more.
        let rest = BlockTable([], tail: tail, start: 61)
        #expect(!contains(rest, 60))
        #expect(finder(rest).record(of: 62) == tail.record(2))
        #expect(!contains(rest, 63))
        #expect(!contains(BlockTable([], tail: tail, start: 99), 62))
    }

    @Test func aTailThatDoesNotGoOnWhereTheOthersEndIsLeftOut() {
        let spans = [BlockSpan(place: .memory(block(first: 10, count: 50)), first: 10, count: 50)]
        let tail = block(first: 0, count: 5)
        tail.published.pointee.store(5, ordering: .releasing)
        let table = BlockTable(spans, tail: tail, start: nil)
        #expect(contains(table, 59))
        #expect(!contains(table, 60))
        #expect(!contains(table, 0))
    }

    @Test func nothingIsFoundAfterAnotherViewWasPublished() {
        let table = BlockTable(
            [BlockSpan(place: .memory(block(first: 10, count: 50)), first: 10, count: 50)],
            tail: nil, start: nil)
        let current = UnsafeMutablePointer<Atomic<UInt64>>.allocate(capacity: 1)
        current.initialize(to: Atomic(7))
        defer {
            current.deinitialize(count: 1)
            current.deallocate()
        }
        let finder = EntryFinder(table, count: table.count(), version: 7, current: current)
        #expect(finder.record(of: 20) != nil)
        current.pointee.store(8, ordering: .releasing)
        #expect(finder.record(of: 20) == nil)
    }

    @Test func deadEntriesAreNotFound() {
        let spans = [
            BlockSpan(place: .memory(block(first: 10, count: 50)), first: 10, count: 50),
            BlockSpan(place: .memory(block(first: 60, count: 50)), first: 60, count: 40),
        ]
        let table = BlockTable(spans, tail: nil, start: 30)
        #expect(!contains(table, 29))
        expect(30, isIn: spans[0], of: table)
        expect(59, isIn: spans[0], of: table)
        expect(99, isIn: spans[1], of: table)
        #expect(!contains(table, 100))
    }

    @Test func whatIsOnlyInAFileIsNotFoundInMemory() {
        let cold = BlockSpan.Cold(segment: segment, offsets: [0, 32, 64, 96], terms: [])
        let spans = [
            BlockSpan(place: .memory(block(first: 1, count: 4)), first: 1, count: 4),
            BlockSpan(place: .file(cold), first: 5, count: 4),
            BlockSpan(place: .memory(block(first: 9, count: 4)), first: 9, count: 4),
        ]
        let table = BlockTable(spans, tail: nil, start: nil)
        for index in LogIndex(1)...8 {
            #expect(!contains(table, index))
            #expect(table.span(of: index)?.first == (index < 5 ? 1 : 5))
        }
        for index in LogIndex(9)...12 { expect(index, isIn: spans[2], of: table) }
    }

    @Test func nothingIsInAnEmptyTable() {
        for index in [0, 1, LogIndex.max] { #expect(!contains(.empty, index)) }
    }

    private func expect(_ index: LogIndex, isIn span: BlockSpan, of table: BlockTable) {
        #expect(table.span(of: index)?.first == span.first)
        guard case .memory(let block) = span.place, contains(table, index) else {
            Issue.record("\(index) is not in memory")
            return
        }
        #expect(finder(table).record(of: index) == block.record(Int(index - block.firstIndex)))
    }

    private func contains(_ table: BlockTable, _ index: LogIndex) -> Bool {
        finder(table).record(of: index) != nil
    }

    private func finder(_ table: BlockTable) -> EntryFinder {
        EntryFinder(table, count: table.count(), version: 0, current: current)
    }

    /// A block of entries that are said to stand 32 bytes behind each other.
    private func block(first: LogIndex, count: Int) -> Block {
        let block = Block(
            memory: BlockMemory(byteCount: 4096 + count * 4), segment: segment, fileOffset: 4096,
            firstIndex: first)
        for place in 0..<count { block.offsetsEnd[-1 - place] = UInt32(4096 + 32 * place) }
        return block
    }

    private let segment = Segment(
        sequence: 1, path: "", seed: 0, capacity: 0, fileSystem: POSIXFileSystem())
}
