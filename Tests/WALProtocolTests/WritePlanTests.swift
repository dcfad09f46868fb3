import Testing
import WALProtocol

/// Reset, truncation, appends and sizes.
///
/// Compaction has a file of its own.
@Suite struct WritePlanTests {
    /// Entries 5…7 of terms 1, 1, 2 behind a compacted position, durable to 6.
    let log = SmallLog(compacted: .at(1, 4), first: 5, terms: [1, 1, 2], durable: 6)
    /// The same without anything compacted.
    let uncompacted = SmallLog(first: 5, terms: [1, 1, 2], durable: 6)

    @Test func anEmptyBatchChangesNothing() throws {
        let plan = try log.plan { _ in }
        #expect(plan.state == log.state)
        #expect(!plan.resets)
        #expect(plan.truncatesFrom == nil)
        #expect(plan.compactsThrough == nil)
    }

    // MARK: Appending

    @Test func entriesFollowTheLast() throws {
        let plan = try log.plan {
            $0.append([], at: .at(2, 8))
            $0.append([], at: .at(3, 9))
        }
        var expected = log.state
        expected.last = .at(3, 9)
        #expect(plan.state == expected)
    }

    @Test(arguments: [0, 1, 2, 1000, 1 << 40, .max - 1])
    func aLogThatWasNeverWrittenMayBeginAnywhere(_ index: LogIndex) throws {
        let plan = try SmallLog().plan { $0.append([], at: .at(0, index)) }
        #expect(plan.state == LogState(first: index, last: .at(0, index)))
    }

    @Test(arguments: [9, 10, .max - 1])
    func aGapIsRefused(_ index: LogIndex) {
        #expect(
            log.refusal { $0.append([], at: .at(2, index)) }
                == .notContiguous(expected: 8, found: index))
    }

    @Test(arguments: [5, 6, 7])
    func anIndexThatIsTakenIsRefused(_ index: LogIndex) {
        #expect(
            log.refusal { $0.append([], at: .at(2, index)) }
                == .notContiguous(expected: 8, found: index))
    }

    @Test(arguments: [8, 10, 7, 0])
    func entriesOfABatchFollowEachOther(_ second: LogIndex) {
        let refusal = log.refusal {
            $0.append([], at: .at(2, 8))
            $0.append([], at: .at(2, second))
        }
        #expect(refusal?.code == (second == 0 ? .compacted : .notContiguous))
        #expect(refusal?.context.index == second)
        #expect(refusal?.context.expected == (second == 0 ? 5 : 9))
    }

    @Test(arguments: [0, 3, 4])
    func anIndexThatWasCompactedIsRefusedAsSuch(_ index: LogIndex) {
        #expect(
            log.refusal { $0.append([], at: .at(2, index)) }
                == .compacted(index: index, first: 5))
        let empty = SmallLog(compacted: .at(1, 4))
        #expect(
            empty.refusal { $0.append([], at: .at(2, index)) }
                == .compacted(index: index, first: nil))
    }

    @Test func anEmptyCompactedLogContinuesAfterThePosition() throws {
        let empty = SmallLog(compacted: .at(3, 4))
        #expect(try empty.plan { $0.append([], at: .at(3, 5)) }.state.first == 5)
        #expect(
            empty.refusal { $0.append([], at: .at(3, 6)) } == .notContiguous(expected: 5, found: 6))
        #expect(
            empty.refusal { $0.append([], at: .at(2, 5)) }
                == .termRegression(index: 5, expected: 3, found: 2))
    }

    @Test func theHighestIndexOfAllIsRefused() throws {
        let refusal = SmallLog().refusal { $0.append([], at: .at(1, .max)) }
        #expect(refusal == .indexOutOfRange(.max, minimum: 0))
        #expect(refusal?.context.limit == LogIndex.max - 1)
        let full = SmallLog(first: .max - 1, terms: [1])
        #expect(full.refusal { $0.append([], at: .at(1, .max)) }?.code == .indexOutOfRange)
        #expect(full.refusal { $0.append([], at: .at(1, .max - 1)) }?.code == .notContiguous)
        let batch = SmallLog().refusal {
            $0.append([], at: .at(1, .max - 1))
            $0.append([], at: .at(1, .max))
        }
        #expect(batch?.code == .indexOutOfRange)
    }

    @Test func theMinimumIndexIsTheBackendsChoice() throws {
        let one = LogStoreCapabilities.small { $0.minimumIndex = 1 }
        let refusal = SmallLog().refusal(one) { $0.append([], at: .at(1, 0)) }
        #expect(refusal == .indexOutOfRange(0, minimum: 1))
        #expect(refusal?.context.limit == 1)
        #expect(SmallLog().refusal(one) { $0.reset(to: .at(1, 0)) }?.code == .indexOutOfRange)
        #expect(
            SmallLog().refusal(one) { $0.compact(through: .at(1, 0)) }?.code == .indexOutOfRange)
        #expect(try SmallLog().plan(one) { $0.append([], at: .at(1, 1)) }.state.first == 1)
    }

    @Test func termsNeverDecreaseUnlessTheBackendAllowsIt() throws {
        let refusal = log.refusal { $0.append([], at: .at(1, 8)) }
        #expect(refusal == .termRegression(index: 8, expected: 2, found: 1))
        let within = log.refusal {
            $0.append([], at: .at(5, 8))
            $0.append([], at: .at(4, 9))
        }
        #expect(within == .termRegression(index: 9, expected: 5, found: 4))
        let lenient = LogStoreCapabilities.small { $0.enforcesTermOrder = false }
        #expect(try log.plan(lenient) { $0.append([], at: .at(1, 8)) }.state.last == .at(1, 8))
    }

    @Test func everyTermIsLegal() throws {
        let plan = try SmallLog().plan {
            $0.append([], at: .at(0, 1))
            $0.append([], at: .at(.max, 2))
            $0.append([], at: .at(.max, 3))
        }
        #expect(plan.state.last == .at(.max, 3))
    }

    // MARK: Truncating

    @Test func aTruncationWithinTheLogEndsItThere() throws {
        let plan = try log.plan { $0.truncate(from: 7) }
        #expect(plan.truncatesFrom == 7)
        #expect(plan.state.last == .at(1, 6))
        #expect(plan.state.durable == .at(1, 6))
        let deeper = try log.plan { $0.truncate(from: 6) }
        #expect(deeper.state.last == .at(1, 5))
        #expect(deeper.state.durable == .at(1, 5))
    }

    @Test func aTruncationFromTheFirstEntryEmptiesTheLog() throws {
        let plan = try log.plan { $0.truncate(from: 5) }
        #expect(plan.truncatesFrom == 5)
        #expect(plan.state == LogState(compacted: .at(1, 4), last: .at(1, 4), durable: .at(1, 4)))
        for index in LogIndex(0)...5 {
            let plan = try uncompacted.plan { $0.truncate(from: index) }
            #expect(plan.truncatesFrom == 5)
            #expect(plan.state == LogState())
        }
    }

    @Test(arguments: [8, 12, .max - 1, .max])
    func aTruncationBeyondTheEndIsNothing(_ index: LogIndex) throws {
        let plan = try log.plan { $0.truncate(from: index) }
        #expect(plan.truncatesFrom == nil)
        #expect(plan.state == log.state)
    }

    @Test func thereIsNothingToTruncateInAnEmptyLog() throws {
        #expect(try SmallLog().plan { $0.truncate(from: 0) }.truncatesFrom == nil)
        let empty = SmallLog(compacted: .at(1, 4))
        #expect(try empty.plan { $0.truncate(from: 5) }.state == empty.state)
        #expect(empty.refusal { $0.truncate(from: 4) } == .compacted(index: 4, first: nil))
    }

    @Test(arguments: [0, 3, 4])
    func committedEntriesCannotBeTruncated(_ index: LogIndex) {
        #expect(
            log.refusal { $0.truncate(from: index) } == .compacted(index: index, first: 5))
    }

    @Test func aConflictIsReplacedInOneBatch() throws {
        let plan = try log.plan {
            $0.append([], at: .at(3, 6))
            $0.truncate(from: 6)
        }
        #expect(plan.truncatesFrom == 6)
        #expect(plan.state.last == .at(3, 6))
        // What is durable of the log is what was not cut.
        #expect(plan.state.durable == .at(1, 5))
    }

    /// The term that an append after a truncation may not fall below is that of what is left.
    @Test func theTermBeforeATruncationIsForgotten() throws {
        #expect(
            try log.plan {
                $0.truncate(from: 7)
                $0.append([], at: .at(1, 7))
            }.state.last == .at(1, 7))
        #expect(
            try uncompacted.plan {
                $0.truncate(from: 0)
                $0.append([], at: .at(0, 99))
            }.state == LogState(first: 99, last: .at(0, 99)))
    }

    @Test func anUnreadablePredecessorRefusesATruncation() {
        var batch = WriteBatch()
        batch.truncate(from: 7)
        let damage = LogStoreError.corrupt("damaged", file: "f", index: 6)
        let refusal = failure { () throws(LogStoreError) in
            try batch.plan(on: log.state, capabilities: .small) {
                (_) throws(LogStoreError) in throw damage
            }
        }
        #expect(refusal == damage)
    }

    // MARK: Resetting

    @Test(
        arguments: [.at(0, 0), .at(1, 4), .at(9, 6), .at(1, 7), .at(3, 99), .at(.max, .max - 1)]
            as [LogPosition])
    func aResetGoesAnywhere(_ position: LogPosition) throws {
        let plan = try log.plan { $0.reset(to: position) }
        #expect(plan.resets)
        #expect(plan.state == LogState(compacted: position, last: position))
    }

    @Test func aResetToNothingForgetsThatAnythingWasWritten() throws {
        let plan = try log.plan {
            $0.reset(to: nil)
            $0.append([], at: .at(0, 3))
        }
        #expect(plan.resets)
        #expect(plan.state == LogState(first: 3, last: .at(0, 3)))
    }

    @Test func appendsFollowTheResetAndNotTheOldLog() throws {
        let plan = try log.plan {
            $0.append([], at: .at(9, 101))
            $0.reset(to: .at(9, 100))
        }
        #expect(plan.state == LogState(compacted: .at(9, 100), first: 101, last: .at(9, 101)))
        let behind = log.refusal {
            $0.reset(to: .at(9, 100))
            $0.append([], at: .at(9, 8))
        }
        #expect(behind == .compacted(index: 8, first: nil))
        let lower = log.refusal {
            $0.reset(to: .at(9, 100))
            $0.append([], at: .at(8, 101))
        }
        #expect(lower == .termRegression(index: 101, expected: 9, found: 8))
    }

    @Test func aResetToTheHighestIndexIsRefused() {
        #expect(log.refusal { $0.reset(to: .at(1, .max)) }?.code == .indexOutOfRange)
    }

    @Test func aTruncationAfterAResetSeesTheResetLog() throws {
        #expect(
            log.refusal {
                $0.reset(to: .at(1, 6))
                $0.truncate(from: 6)
            } == .compacted(index: 6, first: nil))
        #expect(
            try log.plan {
                $0.reset(to: .at(1, 6))
                $0.truncate(from: 7)
            }.truncatesFrom == nil)
    }

    // MARK: Sizes

    @Test func sizesAreLimited() throws {
        func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
        _ = try SmallLog().plan { $0.append(bytes(16), at: .at(1, 1)) }
        #expect(
            SmallLog().refusal { $0.append(bytes(17), at: .at(1, 1)) }
                == .entryTooLarge(index: 1, byteCount: 17, limit: 16))
        let fourOf = { (size: Int) in
            { (batch: inout WriteBatch) in
                for index in LogIndex(1)...4 { batch.append(bytes(size), at: .at(1, index)) }
            }
        }
        _ = try SmallLog().plan(.small, fourOf(16))
        let refusal = SmallLog().refusal {
            fourOf(16)(&$0)
            $0.removeMetadata(for: "k")
        }
        #expect(refusal == .batchTooLarge(byteCount: 65, limit: 64))
    }

    @Test func metadataIsLimited() throws {
        _ = try SmallLog().plan { $0.setMetadata([UInt8](repeating: 0, count: 8), for: "k") }
        #expect(
            SmallLog().refusal { $0.setMetadata([UInt8](repeating: 0, count: 9), for: "k") }
                == .metadataTooLarge("", byteCount: 9, limit: 8))
        let large = LogStoreCapabilities.small { $0.maximumBatchByteCount = 4096 }
        // 255 bytes, not characters.
        let longest = MetadataKey(String(repeating: "\u{E9}", count: 127) + "e")
        _ = try SmallLog().plan(large) { $0.setMetadata([], for: longest) }
        let longer = MetadataKey(String(repeating: "\u{E9}", count: 128))
        for change in [
            { $0.setMetadata([], for: longer) }, { $0.removeMetadata(for: longer) },
        ] as [(inout WriteBatch) -> Void] {
            #expect(
                SmallLog().refusal(large, change)
                    == .metadataTooLarge("", byteCount: 256, limit: 255))
        }
        #expect(SmallLog().refusal { $0.setMetadata([], for: "") }?.code == .invalidArgument)
        #expect(SmallLog().refusal { $0.removeMetadata(for: "") }?.code == .invalidArgument)
    }
}
