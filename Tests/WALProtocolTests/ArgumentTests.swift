import Testing
import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// No argument of a caller traps, however absurd: it throws or does the harmless thing.
///
/// Limits below zero, offsets at the end of the number line and impossible states ended the process.
@Suite struct ArgumentTests {
    /// A file that transfers one byte per call and puts no limit on offsets.
    private let dripping = DrippingFile()

    @Test func aTransferThatRunsBeyondTheLastOffsetIsAnError() {
        #expect(throws: SystemCallError(call: "pwrite", errno: EINVAL, path: "dripping")) {
            let bytes: [UInt8] = [1, 2, 3]
            try bytes.withUnsafeBytes { try dripping.writeAll($0, at: .max - 1) }
        }
        #expect(throws: SystemCallError(call: "pread", errno: EINVAL, path: "dripping")) {
            try dripping.readBytes(at: .max - 1, count: 3)
        }
        #expect(dripping.offsets == [.max - 1, .max, .max - 1, .max])
    }

    @Test(arguments: [0, -1, .min]) func aReadOfNegativeLengthReadsNothing(_ count: Int) throws {
        #expect(try dripping.readBytes(at: 0, count: count) == [])
        #expect(dripping.offsets.isEmpty)
    }

    @Test func aNegativeLimitRefusesEverything() {
        let log = SmallLog()
        let batch = { (batch: inout WriteBatch) in batch.append([], at: .at(1, 1)) }
        #expect(
            log.refusal(.small { $0.maximumEntryByteCount = -1 }, batch)
                == .entryTooLarge(index: 1, byteCount: 0, limit: 0))
        #expect(
            log.refusal(.small { $0.maximumBatchByteCount = .min }, batch)
                == .batchTooLarge(byteCount: 0, limit: 0))
        #expect(
            log.refusal(.small { $0.maximumMetadataValueByteCount = -1 }) {
                $0.setMetadata([], for: "k")
            } == .metadataTooLarge("", byteCount: 0, limit: 0))
    }

    @Test func factoriesTakeAnyNumber() {
        #expect(LogStoreError.entryTooLarge(index: 1, byteCount: -1, limit: -1).context.found == 0)
        #expect(LogStoreError.batchTooLarge(byteCount: .min, limit: .max).context.found == 0)
        let error = LogStoreError.metadataTooLarge("the key", byteCount: -1, limit: 5)
        #expect(error.context.limit == 5)
    }

    @Test(arguments: [0, -1, .min]) func reservingNothingChangesNothing(_ count: Int) {
        var batch = WriteBatch()
        batch.append([1], at: .at(1, 1))
        batch.reserve(entryCount: count, payloadByteCount: count)
        #expect(batch.entryCount == 1)
        #expect(batch.byteCount == 1)
    }

    /// A state is a value that anyone can make, out of a damaged file for one.
    @Test(
        arguments: [
            LogState(first: 0, last: .at(1, .max)), LogState(first: .max, last: .at(1, .max)),
            LogState(compacted: .at(1, .max), last: .at(1, .max)), LogState(first: 9),
            LogState(first: 9, last: .at(1, 3)), LogState(first: .max, last: .at(1, 0)),
            LogState(compacted: .at(1, 9), first: 3, last: .at(1, 5)),
        ])
    func aStateThatNoLogHasAnswersAllTheSame(_ state: LogState) throws {
        #expect(state.count == state.indexes.upperBound - state.indexes.lowerBound)
        #expect(state.isEmpty == (state.first == nil))
        let edges: [LogIndex] = [0, 1, 3, 4, 9, 10, .max - 1, .max]
        for index in edges {
            _ = failure { () throws(LogStoreError) in try state.checkRead(at: index) }
            for end in edges where end >= index {
                _ = failure { () throws(LogStoreError) in try state.readableRange(index..<end) }
                try planEverything(on: state, index, end)
            }
        }
    }

    /// Plans small batches; what comes out is either a plan or an error of the contract.
    private func planEverything(
        on state: LogState, _ index: LogIndex, _ other: LogIndex
    ) throws {
        for enforcesTermOrder in [true, false] {
            let limits = LogStoreCapabilities.small { $0.enforcesTermOrder = enforcesTermOrder }
            for changes in 0..<16 {
                var batch = WriteBatch()
                if changes & 1 != 0 { batch.truncate(from: index) }
                if changes & 2 != 0 { batch.append([], at: .at(1, index)) }
                if changes & 4 != 0 { batch.append([], at: .at(1, other)) }
                if changes & 8 != 0 { batch.compact(through: .at(1, other)) }
                let error = failure { () throws(LogStoreError) in
                    try batch.plan(on: state, capabilities: limits) { _ in 1 }
                }
                #expect(error?.code != .corrupt)
            }
        }
    }

    @Test func aFullLogTakesNothingMore() {
        let impossible = SmallLog(first: .max, terms: [1])
        #expect(impossible.state.next == .max)
        #expect(impossible.refusal { $0.append([], at: .at(1, .max)) }?.code == .indexOutOfRange)
        #expect(
            impossible.refusal { $0.append([], at: .at(1, 0)) }
                == .notContiguous(expected: .max, found: 0))
    }
}

/// Transfers a byte at a time, at any offset, and notes where.
private final class DrippingFile: File, @unchecked Sendable {
    let path = "dripping"
    private(set) var offsets: [UInt64] = []

    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Int {
        offsets.append(offset)
        buffer[0] = 0
        return 1
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemCallError) -> Int {
        offsets.append(offset)
        return 1
    }

    func size() throws(SystemCallError) -> UInt64 { .max }
    func setSize(_ byteCount: UInt64) throws(SystemCallError) {}
    func reserve(_ byteCount: UInt64) throws(SystemCallError) {}
    func sync() throws(SystemCallError) {}
}
