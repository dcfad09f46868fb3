import Testing
import WALProtocol

@Suite struct HardStateTests {
    @Test(arguments: [
        HardState(currentTerm: 0), HardState(currentTerm: 1, votedFor: [7]),
        HardState(currentTerm: 0x0102_0304_0506_0708, votedFor: []),
        HardState(currentTerm: .max, votedFor: [UInt8](repeating: 1, count: 100)),
    ])
    func isReadAsItWasWritten(_ hardState: HardState) throws {
        var values = Values()
        values.adopt { $0.setHardState(hardState) }
        #expect(try values.hardState() == hardState)
    }

    @Test func nothingIsStoredAtFirst() throws {
        #expect(try Values().hardState() == nil)
        // A vote without a term says nothing.
        #expect(try Values(metadata: [.votedFor: [1]]).hardState() == nil)
    }

    @Test func isStoredInLittleEndian() {
        var values = Values()
        values.adopt { $0.setHardState(HardState(currentTerm: 0x0102)) }
        #expect(values.metadata == [.currentTerm: [2, 1, 0, 0, 0, 0, 0, 0]])
    }

    /// A new term has no vote: the old one must not survive it (Raft §5.2).
    @Test func aTermWithoutAVoteClearsTheOldOne() throws {
        var values = Values()
        values.adopt { $0.setHardState(HardState(currentTerm: 1, votedFor: [7])) }
        values.adopt { $0.setHardState(HardState(currentTerm: 2)) }
        #expect(try values.hardState() == HardState(currentTerm: 2, votedFor: nil))
    }

    @Test(arguments: [0, 1, 7, 9, 100])
    func aTermOfAnotherLengthIsCorrupt(_ byteCount: Int) {
        let values = Values(metadata: [.currentTerm: [UInt8](repeating: 0, count: byteCount)])
        let error = failure { () throws(LogStoreError) in try values.hardState() }
        #expect(error?.code == .corrupt)
        #expect(error?.context.expected == 8)
        #expect(error?.context.found == UInt64(byteCount))
    }

    @Test func aReadErrorIsPassedOn() {
        let values = Values(damage: .corrupt("damaged", file: "f"))
        #expect(failure { () throws(LogStoreError) in try values.hardState() }?.code == .corrupt)
    }
}

/// A log that holds only metadata.
private struct Values: LogReading {
    var metadata: [MetadataKey: [UInt8]] = [:]
    var damage: LogStoreError?
    let state = LogState()

    /// Carries out a batch's metadata changes.
    mutating func adopt(_ build: (inout WriteBatch) -> Void) {
        var batch = WriteBatch()
        build(&batch)
        for change in batch.metadataChanges { metadata[change.key] = change.value }
    }

    func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? {
        if let damage { throw damage }
        return metadata[key]
    }

    func metadataKeys() throws(LogStoreError) -> [MetadataKey] { metadata.keys.sorted() }

    func term(at index: LogIndex) throws(LogStoreError) -> Term {
        throw state.readError(at: index)
    }

    func withEntry<R>(
        at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        throw state.readError(at: index)
    }

    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        try state.readableRange(range).upperBound
    }
}
