import Testing
import WALProtocol

@Suite struct WritePlanCompactionTests {
    /// Entries 5…7 of terms 1, 1, 2 behind a compacted position, durable to 6.
    let log = SmallLog(compacted: .at(1, 4), first: 5, terms: [1, 1, 2], durable: 6)
    /// The same without anything compacted.
    let uncompacted = SmallLog(first: 5, terms: [1, 1, 2], durable: 6)

    @Test func entriesUpToThePositionGo() throws {
        let plan = try log.plan { $0.compact(through: .at(1, 5)) }
        #expect(plan.compactsThrough == .at(1, 5))
        #expect(
            plan.state
                == LogState(compacted: .at(1, 5), first: 6, last: .at(2, 7), durable: .at(1, 6)))
    }

    @Test func compactingThroughTheLastEmptiesTheLog() throws {
        let plan = try log.plan { $0.compact(through: .at(2, 7)) }
        #expect(plan.state == LogState(compacted: .at(2, 7), last: .at(2, 7)))
    }

    @Test func theDurablePositionIsNeverOneThatIsGone() throws {
        #expect(try log.plan { $0.compact(through: .at(1, 6)) }.state.durable == nil)
    }

    @Test func anotherTermIsAConflict() {
        for (position, expected) in [(LogPosition.at(2, 5), 1), (.at(0, 6), 1), (.at(1, 7), 2)] {
            #expect(
                log.refusal { $0.compact(through: position) }
                    == .positionConflict(
                        index: position.index, expected: Term(expected), found: position.term))
        }
    }

    @Test(arguments: [.at(1, 4), .at(9, 4), .at(0, 3), .at(7, 0)] as [LogPosition])
    func compactingWhatIsCompactedIsNothing(_ position: LogPosition) throws {
        let plan = try log.plan { $0.compact(through: position) }
        #expect(plan.compactsThrough == nil)
        #expect(plan.state == log.state)
    }

    @Test(arguments: [.at(2, 8), .at(9, 100), .at(0, 8), .at(.max, .max - 1)] as [LogPosition])
    func compactingBeyondTheEndMovesTheLogThere(_ position: LogPosition) throws {
        for log in [log, uncompacted, SmallLog(), SmallLog(compacted: .at(1, 4))] {
            let plan = try log.plan { $0.compact(through: position) }
            #expect(plan.compactsThrough == position)
            #expect(plan.state == LogState(compacted: position, last: position))
        }
    }

    @Test func compactingThroughTheHighestIndexIsRefused() {
        #expect(log.refusal { $0.compact(through: .at(2, .max)) }?.code == .indexOutOfRange)
    }

    // MARK: Below the first entry of a log that was never compacted

    @Test func thePositionBeforeTheFirstEntryIsRecorded() throws {
        let plan = try uncompacted.plan { $0.compact(through: .at(1, 4)) }
        #expect(plan.compactsThrough == .at(1, 4))
        var expected = uncompacted.state
        expected.compacted = .at(1, 4)
        #expect(plan.state == expected)
    }

    @Test(arguments: [0, 2, 3])
    func anythingLowerWouldDeclareAHole(_ index: LogIndex) throws {
        let plan = try uncompacted.plan { $0.compact(through: .at(1, index)) }
        #expect(plan.compactsThrough == nil)
        #expect(plan.state == uncompacted.state)
    }

    @Test func thePositionBeforeTheFirstEntryHasNoHigherTerm() throws {
        #expect(
            uncompacted.refusal { $0.compact(through: .at(2, 4)) }
                == .positionConflict(index: 4, expected: 1, found: 2))
        // Unless terms may decrease along this log: then nothing contradicts it.
        let lenient = LogStoreCapabilities.small { $0.enforcesTermOrder = false }
        let plan = try uncompacted.plan(lenient) { $0.compact(through: .at(2, 4)) }
        #expect(plan.state.compacted == .at(2, 4))
    }

    @Test func indexZeroCanBeCompacted() throws {
        let plan = try SmallLog(first: 0, terms: [3, 3]).plan { $0.compact(through: .at(3, 0)) }
        #expect(plan.state == LogState(compacted: .at(3, 0), first: 1, last: .at(3, 1)))
        let before = try SmallLog(first: 1, terms: [3]).plan { $0.compact(through: .at(2, 0)) }
        #expect(before.state == LogState(compacted: .at(2, 0), first: 1, last: .at(3, 1)))
    }

    @Test func theLastLegalIndexCanBeCompacted() throws {
        let log = SmallLog(first: .max - 2, terms: [1, 1])
        let plan = try log.plan { $0.compact(through: .at(1, .max - 1)) }
        #expect(plan.state == LogState(compacted: .at(1, .max - 1), last: .at(1, .max - 1)))
        #expect(plan.state.next == .max)
    }

    // MARK: With other changes in the same batch

    @Test func anEntryOfTheSameBatchIsCompacted() throws {
        let plan = try log.plan {
            $0.append([], at: .at(2, 8))
            $0.append([], at: .at(3, 9))
            $0.append([], at: .at(3, 10))
            $0.compact(through: .at(3, 9))
        }
        #expect(plan.compactsThrough == .at(3, 9))
        #expect(plan.state == LogState(compacted: .at(3, 9), first: 10, last: .at(3, 10)))
        let conflict = log.refusal {
            $0.append([], at: .at(2, 8))
            $0.append([], at: .at(3, 9))
            $0.compact(through: .at(2, 9))
        }
        #expect(conflict == .positionConflict(index: 9, expected: 3, found: 2))
    }

    @Test func anEntryBeforeTheBatchIsCompacted() throws {
        let plan = try log.plan {
            $0.append([], at: .at(2, 8))
            $0.compact(through: .at(1, 6))
        }
        #expect(plan.state == LogState(compacted: .at(1, 6), first: 7, last: .at(2, 8)))
    }

    /// The entry that counts is the one that the batch puts there, not the one it replaces.
    @Test func aReplacedEntryIsComparedByItsNewTerm() throws {
        let replace = { (batch: inout WriteBatch) in
            batch.truncate(from: 6)
            batch.append([], at: .at(4, 6))
        }
        let plan = try log.plan {
            replace(&$0)
            $0.compact(through: .at(4, 6))
        }
        #expect(plan.truncatesFrom == 6)
        #expect(plan.state == LogState(compacted: .at(4, 6), last: .at(4, 6)))
        let conflict = log.refusal {
            replace(&$0)
            $0.compact(through: .at(1, 6))
        }
        #expect(conflict == .positionConflict(index: 6, expected: 4, found: 1))
    }

    @Test func aTruncatedEntryIsBeyondTheEnd() throws {
        let plan = try log.plan {
            $0.truncate(from: 6)
            $0.compact(through: .at(9, 6))
        }
        #expect(plan.truncatesFrom == 6)
        #expect(plan.compactsThrough == .at(9, 6))
        #expect(plan.state == LogState(compacted: .at(9, 6), last: .at(9, 6)))
    }

    @Test func aResetLogIsCompacted() throws {
        let plan = try log.plan {
            $0.reset(to: .at(3, 50))
            $0.append([], at: .at(4, 51))
            $0.append([], at: .at(5, 52))
            $0.compact(through: .at(4, 51))
        }
        #expect(plan.state == LogState(compacted: .at(4, 51), first: 52, last: .at(5, 52)))
        #expect(
            try log.plan {
                $0.reset(to: .at(3, 50))
                $0.compact(through: .at(1, 6))
            }.state == LogState(compacted: .at(3, 50), last: .at(3, 50)))
    }

    /// After a reset to nothing the batch's first entry has no predecessor in the old log: terms
    /// of the old log must not be asked for.
    @Test func theFirstEntryAfterAResetToNothingIsTheBatchsOwn() throws {
        let plan = try log.plan {
            $0.reset(to: nil)
            $0.append([], at: .at(8, 30))
            $0.compact(through: .at(8, 29))
        }
        #expect(plan.state == LogState(compacted: .at(8, 29), first: 30, last: .at(8, 30)))
        #expect(
            log.refusal {
                $0.reset(to: nil)
                $0.append([], at: .at(8, 30))
                $0.compact(through: .at(9, 29))
            } == .positionConflict(index: 29, expected: 8, found: 9))
        // Beyond Int.max too: an index is never taken for an offset.
        let high = try SmallLog().plan {
            $0.append([], at: .at(1, 1 << 63))
            $0.append([], at: .at(2, 1 << 63 + 1))
            $0.compact(through: .at(2, 1 << 63 + 1))
        }
        #expect(high.state.compacted == .at(2, 1 << 63 + 1))
    }
}
