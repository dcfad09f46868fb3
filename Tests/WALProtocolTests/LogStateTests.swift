import Testing
import WALProtocol

@Suite struct LogStateTests {
    @Test func positionsAreOrderedByTermFirst() {
        #expect(LogPosition.at(1, 9) < .at(2, 1))
        #expect(LogPosition.at(2, 1) < .at(2, 2))
        #expect(!(LogPosition.at(2, 2) < .at(2, 2)))
        #expect(LogPosition.at(.max, 0) > .at(.max - 1, .max))
        #expect(LogPosition.at(3, 7).description == "3.7")
    }

    @Test func aLogThatWasNeverWrittenTakesAnyIndex() {
        let state = LogState()
        #expect(state.next == nil)
        #expect(state.isEmpty)
        #expect(state.count == 0)
        #expect(state.indexes.isEmpty)
    }

    @Test func aLogCompactedToItsEndContinuesAfterThePosition() {
        let state = LogState(compacted: .at(3, 9), last: .at(3, 9))
        #expect(state.next == 10)
        #expect(state.isEmpty)
        #expect(state.count == 0)
        #expect(state.indexes == 10..<10)
    }

    @Test func entriesAreCounted() {
        let state = LogState(first: 5, last: .at(1, 7))
        #expect(state.next == 8)
        #expect(!state.isEmpty)
        #expect(state.count == 3)
        #expect(state.indexes == 5..<8)
    }

    @Test func indexZeroIsAnEntryLikeAnyOther() {
        let state = LogState(first: 0, last: .at(0, 0))
        #expect(state.next == 1)
        #expect(state.count == 1)
        #expect(state.indexes == 0..<1)
    }

    /// The last legal index has a successor that can be named, though not appended.
    @Test func theLastLegalIndexDoesNotOverflow() throws {
        let state = LogState(first: .max - 1, last: .at(1, .max - 1))
        #expect(state.next == .max)
        #expect(state.count == 1)
        #expect(state.indexes == LogIndex.max - 1..<LogIndex.max)
        #expect(try state.readableRange(LogIndex.max - 1..<LogIndex.max).count == 1)
        let whole = LogState(first: 0, last: .at(1, .max - 1))
        #expect(whole.count == .max)
        let reset = LogState(compacted: .at(1, .max - 1), last: .at(1, .max - 1))
        #expect(reset.next == .max)
        #expect(reset.indexes == LogIndex.max..<LogIndex.max)
    }

    // MARK: Reading

    @Test func readsWithinTheLogArePermitted() throws {
        let state = LogState(compacted: .at(1, 4), first: 5, last: .at(1, 7))
        for index in LogIndex(5)...7 { try state.checkRead(at: index) }
    }

    @Test(arguments: [0, 3, 4])
    func readsBelowTheFirstEntryAreCompacted(_ index: LogIndex) {
        let state = LogState(compacted: .at(1, 4), first: 5, last: .at(1, 7))
        let error = failure { () throws(LogStoreError) in try state.checkRead(at: index) }
        #expect(error == .compacted(index: index, first: 5))
    }

    @Test(arguments: [8, 9, .max])
    func readsBeyondTheLastEntryAreUnavailable(_ index: LogIndex) {
        let state = LogState(compacted: .at(1, 4), first: 5, last: .at(1, 7))
        let error = failure { () throws(LogStoreError) in try state.checkRead(at: index) }
        #expect(error == .unavailable(index: index, next: 8))
    }

    @Test(arguments: [0, 1, .max])
    func nothingIsAvailableInALogThatWasNeverWritten(_ index: LogIndex) {
        let error = failure { () throws(LogStoreError) in try LogState().checkRead(at: index) }
        #expect(error == .unavailable(index: index, next: nil))
    }

    @Test func anEmptyCompactedLogTellsDroppedFromNotYetWritten() {
        let state = LogState(compacted: .at(1, 4), last: .at(1, 4))
        #expect(state.readError(at: 4) == .compacted(index: 4, first: nil))
        #expect(state.readError(at: 5) == .unavailable(index: 5, next: 5))
    }

    // MARK: Ranges

    @Test(
        arguments: [
            (5..<8, 5..<8), (5..<6, 5..<6), (6..<100, 6..<8), (7..<LogIndex.max, 7..<8),
            // Beyond the end there is nothing, and that is no error.
            (8..<9, 8..<8), (100..<200, 100..<100),
            (LogIndex.max - 1..<LogIndex.max, .max - 1 ..< .max - 1),
            // An empty range asks for nothing, wherever it lies.
            (0..<0, 0..<0), (4..<4, 4..<4), (6..<6, 6..<6),
            (LogIndex.max..<LogIndex.max, .max ..< .max),
        ] as [(Range<LogIndex>, Range<LogIndex>)])
    func aRangeGivesWhatThereIs(_ asked: Range<LogIndex>, _ expected: Range<LogIndex>) throws {
        let state = LogState(compacted: .at(1, 4), first: 5, last: .at(1, 7))
        #expect(try state.readableRange(asked) == expected)
    }

    @Test(arguments: [0..<1, 0..<5, 4..<5, 4..<6, 0..<LogIndex.max] as [Range<LogIndex>])
    func aRangeThatStartsBelowTheLogIsRefused(_ asked: Range<LogIndex>) {
        let compacted = LogState(compacted: .at(1, 4), first: 5, last: .at(1, 7))
        let uncompacted = LogState(first: 5, last: .at(1, 7))
        for state in [compacted, uncompacted] {
            let error = failure { () throws(LogStoreError) in try state.readableRange(asked) }
            #expect(error == .compacted(index: asked.lowerBound, first: 5))
        }
    }

    @Test func anEmptyLogGivesEmptyRanges() throws {
        #expect(try LogState().readableRange(0..<LogIndex.max).isEmpty)
        let state = LogState(compacted: .at(1, 4), last: .at(1, 4))
        #expect(try state.readableRange(5..<10) == 5..<5)
        let error = failure { () throws(LogStoreError) in try state.readableRange(4..<10) }
        #expect(error == .compacted(index: 4, first: nil))
    }
}
