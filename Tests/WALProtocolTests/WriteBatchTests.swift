import Testing
import WALProtocol

@Suite struct WriteBatchTests {
    @Test func aNewBatchChangesNothing() {
        let batch = WriteBatch()
        #expect(batch.isEmpty)
        #expect(batch.entryCount == 0)
        #expect(batch.byteCount == 0)
    }

    @Test(
        arguments: [
            { $0.reset(to: nil) }, { $0.truncate(from: 0) }, { $0.compact(through: .at(0, 0)) },
            { $0.append([], at: .at(0, 0)) }, { $0.setMetadata([], for: "k") },
            { $0.removeMetadata(for: "k") },
        ] as [@Sendable (inout WriteBatch) -> Void])
    func anyChangeMakesItNotEmpty(_ change: @Sendable (inout WriteBatch) -> Void) {
        var batch = WriteBatch()
        change(&batch)
        #expect(!batch.isEmpty)
        batch.removeAll()
        #expect(batch.isEmpty)
        #expect(batch == WriteBatch())
    }

    @Test func entriesComeBackInTheOrderOfTheCalls() {
        var batch = WriteBatch()
        batch.append([1, 2, 3], at: .at(4, 10), kind: EntryKind(rawValue: 7))
        batch.append([], at: .at(4, 11))
        batch.append([UInt8](repeating: 9, count: 5000).span.bytes, at: .at(5, 12))
        #expect(batch.entryCount == 3)
        #expect(batch.byteCount == 5003)
        let entries = batch.entries
        #expect(
            entries == [
                Entry(position: .at(4, 10), kind: EntryKind(rawValue: 7), payload: [1, 2, 3]),
                Entry(position: .at(4, 11), payload: []),
                Entry(position: .at(5, 12), payload: [UInt8](repeating: 9, count: 5000)),
            ])
        for (offset, entry) in entries.enumerated() {
            let header = batch.entryHeader(at: offset)
            #expect(header.position == entry.position)
            #expect(header.kind == entry.kind)
            #expect(header.payloadByteCount == entry.payload.count)
        }
    }

    @Test func visitingStopsAtTheFirstError() {
        struct Stop: Error {}
        var batch = WriteBatch()
        for index in LogIndex(1)...3 { batch.append([], at: .at(1, index)) }
        var visited: [LogIndex] = []
        #expect(throws: Stop.self) {
            try batch.visitEntries { header, _ in
                visited.append(header.position.index)
                if visited.count == 2 { throw Stop() }
            }
        }
        #expect(visited == [1, 2])
    }

    @Test func theLowestTruncationCounts() {
        var batch = WriteBatch()
        batch.truncate(from: 7)
        batch.truncate(from: 5)
        batch.truncate(from: .max)
        #expect(batch.truncation == 5)
    }

    /// A compaction at or below one that was made before is a no-op, whatever its term (P35), in
    /// one batch as well as in two.
    @Test func theHighestCompactionCounts() {
        var batch = WriteBatch()
        batch.compact(through: .at(1, 5))
        batch.compact(through: .at(1, 9))
        batch.compact(through: .at(8, 9))
        batch.compact(through: .at(8, 7))
        #expect(batch.compaction == .at(1, 9))
    }

    @Test func theLastResetCounts() {
        var batch = WriteBatch()
        batch.reset(to: .at(1, 5))
        #expect(batch.reset?.position == .at(1, 5))
        batch.reset(to: nil)
        #expect(batch.reset == WriteBatch.Reset(to: nil))
    }

    @Test func metadataChangesKeepTheirOrder() {
        var batch = WriteBatch()
        batch.setMetadata([1], for: "b")
        batch.removeMetadata(for: "a")
        batch.setMetadata([2, 3], for: "b")
        #expect(batch.metadataChanges.map(\.key) == ["b", "a", "b"])
        #expect(batch.metadataChanges.map(\.value) == [[1], nil, [2, 3]])
        // Three keys of a byte and three bytes of values.
        #expect(batch.byteCount == 6)
    }

    @Test func aReusedBatchHoldsNothingOfItsFormerLife() {
        var batch = WriteBatch()
        batch.reserve(entryCount: 10, payloadByteCount: 100)
        for round in UInt8(0)..<3 {
            batch.removeAll()
            batch.append([round, round], at: .at(1, 1))
            batch.append([round], at: .at(1, 2))
            #expect(batch.entries.map(\.payload) == [[round, round], [round]])
            #expect(batch.byteCount == 3)
        }
    }

    @Test func aCopyIsIndependent() {
        var batch = WriteBatch()
        batch.append([1], at: .at(1, 1))
        let copy = batch
        batch.removeAll()
        batch.append([2], at: .at(1, 1))
        #expect(copy.entries.map(\.payload) == [[1]])
    }

    /// Swift's strings are equal if they look equal; keys are what is stored, byte by byte.
    @Test func keysThatLookAlikeAreDifferentKeys() {
        let composed = MetadataKey("caf\u{E9}")
        let decomposed = MetadataKey("cafe\u{301}")
        #expect(composed.name == decomposed.name)
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(decomposed < composed)
        #expect(!(composed < decomposed))
        #expect(MetadataKey("a") < "b")
        #expect(!(MetadataKey("a") < "a"))
        #expect(MetadataKey("a") < "aa")
    }
}

extension WriteBatch {
    /// The entries, copied out.
    fileprivate var entries: [Entry] {
        var list: [Entry] = []
        visitEntries { list.append(Entry(copying: $0, $1)) }
        return list
    }

    /// Whether two batches would do the same.
    fileprivate static func == (lhs: WriteBatch, rhs: WriteBatch) -> Bool {
        lhs.entries == rhs.entries && lhs.reset == rhs.reset && lhs.truncation == rhs.truncation
            && lhs.compaction == rhs.compaction && lhs.metadataChanges == rhs.metadataChanges
    }
}
