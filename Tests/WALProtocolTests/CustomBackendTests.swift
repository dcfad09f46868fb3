import Testing
import WALProtocol

/// What the protocols' extensions give to a backend, and that they end in the members it has.
@Suite struct CustomBackendTests {
    private let store = ArrayStore()

    @Test func entriesAreAppendedInEveryForm() throws {
        try store.append([1, 2], at: .at(1, 5))
        try store.append([3], at: .at(1, 6), kind: EntryKind(rawValue: 9))
        try store.append(([4] as [UInt8]).span.bytes, at: .at(2, 7))
        try store.append(([5] as [UInt8]).span.bytes, at: .at(2, 8), kind: EntryKind(rawValue: 3))
        #expect(
            try store.entries(in: 5..<9) == [
                Entry(position: .at(1, 5), payload: [1, 2]),
                Entry(position: .at(1, 6), kind: EntryKind(rawValue: 9), payload: [3]),
                Entry(position: .at(2, 7), payload: [4]),
                Entry(position: .at(2, 8), kind: EntryKind(rawValue: 3), payload: [5]),
            ])
        #expect(store.count == 4)
        #expect(!store.isEmpty)
        #expect(store.syncCount == 0)
    }

    @Test func severalEntriesAreOneUnit() throws {
        let entries = (LogIndex(1)...3).map { Entry(position: .at(1, $0), payload: [7]) }
        try store.append(contentsOf: entries)
        #expect(try store.entries(in: 1...3) == entries)
        let broken = [
            Entry(position: .at(1, 4), payload: []), Entry(position: .at(1, 6), payload: []),
        ]
        let error = failure { () throws(LogStoreError) in
            try store.append(contentsOf: broken)
        }
        #expect(error == .notContiguous(expected: 5, found: 6))
        #expect(store.state.last == .at(1, 3))
    }

    @Test func theLogIsCutAtBothEnds() throws {
        try fill(1...9)
        try store.truncate(from: 8)
        try store.compact(through: .at(1, 3))
        #expect(
            store.state == LogState(compacted: .at(1, 3), first: 4, last: .at(1, 7)))
        #expect(try store.entries(in: 4...LogIndex.max).map(\.index) == [4, 5, 6, 7])
    }

    @Test func theLogIsReset() throws {
        try fill(1...3)
        try store.reset(to: .at(7, 50))
        #expect(store.isEmpty)
        #expect(store.state.next == 51)
        try store.reset(to: nil)
        #expect(store.state == LogState())
    }

    @Test func aTermIsReadWithItsEntry() throws {
        try store.append([], at: .at(1, 1))
        try store.append([], at: .at(4, 2))
        #expect(try store.term(at: 1) == 1)
        #expect(try store.term(at: 2) == 4)
        #expect(
            failure { () throws(LogStoreError) in try store.term(at: 3) }
                == .unavailable(index: 3, next: 3))
    }

    @Test func theTermOfTheCompactedPositionIsKnown() throws {
        try fill(1...5)
        try store.compact(through: .at(1, 4))
        #expect(try store.term(at: 4) == 1)
        #expect(
            failure { () throws(LogStoreError) in try store.term(at: 3) }
                == .compacted(index: 3, first: 5))
        try store.reset(to: .at(6, 60))
        #expect(try store.term(at: 60) == 6)
    }

    @Test func aFlushIsASyncUntilTheBackendKnowsBetter() throws {
        try fill(1...2)
        try store.flush()
        #expect(store.syncCount == 1)
        #expect(store.state.durable == .at(1, 2))
    }

    @Test func metadataIsDurableWhenTheCallReturns() throws {
        try store.setMetadata([1], for: "b")
        #expect(store.syncCount == 1)
        try store.setMetadata([2], for: "a")
        #expect(try store.metadataKeys() == ["a", "b"])
        try store.removeMetadata(for: "b")
        #expect(store.syncCount == 3)
        #expect(try store.metadata(for: "b") == nil)
        #expect(try store.metadata(for: "a") == [2])
    }

    @Test func theHardStateIsDurableWhenTheCallReturns() throws {
        let hardState = HardState(currentTerm: 5, votedFor: [1, 2])
        try store.setHardState(hardState)
        #expect(store.syncCount == 1)
        #expect(try store.hardState() == hardState)
        #expect(try store.metadataKeys() == [.currentTerm, .votedFor])
    }

    @Test func aReadStopsBeforeTheLimitButNotBeforeItsFirstEntry() throws {
        try fill(1...4, byteCount: 5)
        #expect(try store.entries(in: 1..<5, maxByteCount: 10).map(\.index) == [1, 2])
        #expect(try store.entries(in: 2...4, maxByteCount: 0).map(\.index) == [2])
        #expect(try store.entries(in: 2...4, maxByteCount: -1).map(\.index) == [2])
        #expect(try store.entries(in: 5..<9) == [])
    }

    @Test func aVisitWithoutALimitSaysWhereToGoOn() throws {
        try fill(1...4, byteCount: 5)
        var visited: [LogIndex] = []
        let next = try store.visitEntries(in: 2..<100) { (header, _) throws(LogStoreError) in
            visited.append(header.position.index)
        }
        #expect(visited == [2, 3, 4])
        #expect(next == 5)
    }

    @Test func aClosedRangeMayEndAtTheGreatestNumber() throws {
        try store.append([1], at: .at(1, .max - 1))
        #expect(try store.entries(in: LogIndex.max - 1...LogIndex.max).count == 1)
        #expect(try store.entries(in: LogIndex.max...LogIndex.max) == [])
    }

    @Test func aReaderHasTheSameExtensions() throws {
        let reader = store.makeReader().makeReader()
        try fill(1...3)
        try store.setHardState(HardState(currentTerm: 2))
        #expect(reader.count == 3)
        #expect(try reader.entry(at: 2).payload == [2])
        #expect(try reader.term(at: 3) == 1)
        #expect(try reader.hardState() == HardState(currentTerm: 2))
    }

    @Test func aBackendIsUsedThroughTheProtocol() throws {
        let anyStore: any LogStore = store
        try anyStore.append([1], at: .at(1, 1))
        try anyStore.append(([2] as [UInt8]).span.bytes, at: .at(1, 2), kind: .command)
        try anyStore.flush()
        #expect(try anyStore.entry(at: 2).payload == [2])
        #expect(anyStore.memoryFootprint == 2)
        #expect(anyStore.recoveryReport == RecoveryReport())
        try anyStore.close()
        #expect(failure { () throws(LogStoreError) in try anyStore.flush() } == .closed)
    }

    private func fill(_ indexes: ClosedRange<LogIndex>, byteCount: Int = 1) throws {
        try store.append(
            contentsOf: indexes.map {
                Entry(
                    position: .at(1, $0),
                    payload: [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: byteCount))
            })
    }
}
