@testable import SegmentBackend
import Testing
import WALProtocol

/// Contents whose checksums are right and whose numbers cannot be (P67).
///
/// The story of all of them: recovery calculated with numbers as it read them (`index + 1`,
/// `first + count`, the generation of the next slot), so that a file made for it ended the process
/// by an arithmetic overflow. Nothing was lost, but the store could not be opened, repaired or even
/// looked at. Now what recovery calculates with is checked when it is decoded.
@Suite struct HostileContentsTests {
    /// A checkpoint that an honest store writes.
    private var checkpoint: Checkpoint {
        var checkpoint = Checkpoint()
        checkpoint.compacted = LogPosition(term: 1, index: 4)
        checkpoint.first = 5
        checkpoint.last = LogPosition(term: 2, index: 20)
        checkpoint.segments = [
            Checkpoint.LiveSegment(sequence: 2, end: 8192, first: 5, count: 6),
            Checkpoint.LiveSegment(sequence: 4, end: 8192, first: 11, count: 8),
        ]
        return checkpoint
    }

    @Test func honestCheckpointIsBelieved() {
        #expect(checkpoint.encode().withUnsafeBytes { Checkpoint($0, in: 5) } == checkpoint)
    }

    /// A checkpoint listed the segment that it stood in, whose entries are not its business.
    @Test func checkpointListsOnlySegmentsBeforeIt() {
        #expect(checkpoint.encode().withUnsafeBytes { Checkpoint($0, in: 4) } == nil)
    }

    static let lies: [@Sendable (inout Checkpoint) -> Void] = [
        { $0.last = LogPosition(term: 2, index: .max) },
        { $0.compacted = LogPosition(term: 1, index: .max) },
        { $0.compacted = LogPosition(term: 1, index: 5) },
        { $0.last = nil },
        { $0.first = nil },
        { $0.first = 21 },
        { $0.first = 6 },
        { $0.last = LogPosition(term: 2, index: 17) },
        { $0.segments[0].first = .max },
        { $0.segments[1].count = .max },
        { $0.segments[1].count = 0 },
        { $0.segments[1].count = 8192 },
        { $0.segments[1].first = 12 },
        { $0.segments[1].sequence = 2 },
        { $0.segments[1].end = .max },
    ]

    @Test(arguments: lies.indices) func checkpointThatCannotBeIsNotBelieved(_ place: Int) {
        var changed = checkpoint
        Self.lies[place](&changed)
        #expect(!changed.isConsistent)
    }

    @Test func checkpointIsDecodedOnlyIfItIsConsistent() {
        var bytes = checkpoint.encode()
        // The index of the last position.
        bytes.replaceSubrange(40..<48, with: repeatElement(0xFF, count: 8))
        #expect(bytes.withUnsafeBytes { Checkpoint($0, in: 5) } == nil)
    }

    @Test(arguments: [
        StatusSlot(generation: .max, state: .open),
        StatusSlot(generation: 1, state: .clean, end: .max),
        StatusSlot(generation: 1, state: .clean, end: 4096, checkpointOffset: 1 << 63),
        StatusSlot(generation: 1, state: .sealed, end: 4096, indexOffset: 1 << 41),
    ])
    func slotWithImpossibleNumbersIsNone(_ slot: StatusSlot) {
        #expect(slot.encode(seed: 3).withUnsafeBytes { StatusSlot($0, seed: 3) } == nil)
    }

    @Test func footerBeyondTheLastIndexIsNone() {
        let run = SegmentIndex.TermRun(first: .max - 1, term: 1)
        let index = SegmentIndex(first: .max - 1, offsets: [4096, 4200], runs: [run])
        #expect(index.encode().withUnsafeBytes { SegmentIndex.decode($0) } == nil)
    }

    @Test(arguments: [RecordType.entry, .truncate, .compact, .reset])
    func recordOfTheLastIndexIsNone(_ type: RecordType) {
        let record = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            let header = RecordHeader(type: type, payloadByteCount: 0, index: .max, term: 1)
            if let base = buffer.baseAddress {
                header.encode(
                    to: base, seed: 1, payload: UnsafeRawBufferPointer(start: nil, count: 0))
            }
            count = 32
        }
        record.withUnsafeBytes { buffer in
            let header = buffer.baseAddress.flatMap { RecordHeader(plausibleAt: $0, available: 32) }
            #expect(header == nil)
        }
    }

    @Test func fileOfAnImpossibleSequenceNumberIsNoSegment() {
        #expect(SegmentFormat.sequence(fileName: "0000000000000000.wal") == nil)
        #expect(SegmentFormat.sequence(fileName: "ffffffffffffffff.wal") == nil)
        #expect(SegmentFormat.sequence(fileName: "7fffffffffffffff.wal") == UInt64(Int64.max))
    }

    @Test func recordsThatDoNotFollowAreNotApplied() {
        var log = ReplayedLog(checkpoint)
        let refused = [
            log.truncate(from: 4, lastTerm: 1), log.truncate(from: 21, lastTerm: 1),
            log.compact(through: LogPosition(term: 1, index: .max)),
            log.compact(through: LogPosition(term: 1, index: 3)),
            log.reset(to: LogPosition(term: 9, index: .max)),
        ]
        #expect(!refused.contains(true))
        #expect(log.last == checkpoint.last)
        let applied = [
            log.truncate(from: 12, lastTerm: 2),
            log.compact(through: LogPosition(term: 2, index: 6)),
        ]
        #expect(applied == [true, true])
        #expect(log.isWhole)
        #expect(log.entryCount == 5)
    }
}
