@testable import Conformance
import SegmentBackend
import Testing
import WALProtocol

/// Syncs that run beside appends: what they prove, and what they do not.
@Suite struct SplitSyncTests {
    private func append(
        _ indexes: ClosedRange<LogIndex>, to store: SegmentStore, byteCount: Int = 100
    ) throws {
        for index in indexes {
            try store.append(
                [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: byteCount),
                at: LogPosition(term: 1, index: index))
        }
    }

    private func end(_ sync: any PendingSync, of store: SegmentStore) throws {
        try sync.perform()
        try store.endSync(sync, .success(()))
    }

    @Test func whatWasAppendedMeanwhileIsVisibleAndNotDurable() throws {
        let disk = SimulatedDisk()
        let store = try SegmentStore(at: "/store", options: .simulated(disk))
        try append(1...3, to: store)
        let sync = try store.beginSync()
        try append(4...5, to: store)
        #expect(store.state.durable == nil && store.state.last?.index == 5)
        try sync.perform()
        #expect(store.state.durable == nil)
        try store.endSync(sync, .success(()))
        #expect(store.state.durable?.index == 3 && store.state.last?.index == 5)
        let again = try SegmentStore(
            at: "/store", options: .simulated(disk.afterPowerCut(.losesEverything)))
        #expect(again.state.last?.index == 3)
    }

    /// The end of the second sync proves what the first one was for, which has not ended.
    @Test func eachSyncCoversWhatNoFinishedOneDid() throws {
        let disk = SimulatedDisk()
        let store = try SegmentStore(at: "/store", options: .simulated(disk))
        try append(1...30, to: store, byteCount: 400)
        let first = try store.beginSync()
        try append(31...60, to: store, byteCount: 400)
        let second = try store.beginSync()
        try end(second, of: store)
        #expect(store.state.durable?.index == 60)
        let again = try SegmentStore(
            at: "/store", options: .simulated(disk.afterPowerCut(.losesEverything)))
        #expect(again.state.last?.index == 60)
        try end(first, of: store)
        #expect(store.state.durable?.index == 60)
    }

    @Test func aSyncOfOneCallCoversWhatIsUnderWay() throws {
        let disk = SimulatedDisk()
        let store = try SegmentStore(at: "/store", options: .simulated(disk))
        try append(1...30, to: store, byteCount: 400)
        let pending = try store.beginSync()
        try append(31...31, to: store)
        try store.sync()
        #expect(store.state.durable?.index == 31)
        let again = try SegmentStore(
            at: "/store", options: .simulated(disk.afterPowerCut(.losesEverything)))
        #expect(again.state.last?.index == 31)
        try end(pending, of: store)
        #expect(store.state.durable?.index == 31)
    }

    /// Entry 5 of the sync was cut, and the one that took its place is not durable.
    @Test func entriesThatWereCutMeanwhileDoNotBecomeDurable() throws {
        let disk = SimulatedDisk()
        let store = try SegmentStore(at: "/store", options: .simulated(disk))
        try append(1...5, to: store)
        let sync = try store.beginSync()
        try store.truncate(from: 4)
        try append(4...5, to: store)
        try end(sync, of: store)
        #expect(store.state.durable?.index ?? 0 <= 3)
        try store.sync()
        #expect(store.state.durable?.index == 5)
    }

    @Test func aFailureIsToldByTheEndAndPoisons() throws {
        let disk = SimulatedDisk()
        let store = try SegmentStore(at: "/store", options: .simulated(disk))
        try append(1...3, to: store)
        let sync = try store.beginSync()
        let other = try store.beginSync()
        disk.fault = SimulatedFault(at: disk.operationCount, .error(5), calls: [.sync])
        let failure = #expect(throws: LogStoreError.self) { try sync.perform() }
        let error = try #require(failure)
        let told = #expect(throws: LogStoreError.self) {
            try store.endSync(sync, .failure(error))
        }
        #expect(told?.code == .poisoned && told?.cause?.errno == 5)
        #expect(throws: LogStoreError.self) {
            try store.append([1], at: LogPosition(term: 1, index: 4))
        }
        // What a later attempt says does not count.
        #expect(throws: LogStoreError.self) { try other.perform() }
        #expect(throws: LogStoreError.self) { try store.endSync(other, .success(())) }
        #expect(store.state.durable == nil)
    }

    @Test func theEndOfAnotherStoresSyncIsRefused() throws {
        let a = try SegmentStore(at: "/a", options: .simulated(SimulatedDisk()))
        let b = try SegmentStore(at: "/b", options: .simulated(SimulatedDisk()))
        let sync = try a.beginSync()
        let error = #expect(throws: LogStoreError.self) { try b.endSync(sync, .success(())) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func afterClosingThereIsNothingToEnd() throws {
        let store = try SegmentStore(at: "/store", options: .simulated(SimulatedDisk()))
        try append(1...3, to: store)
        let sync = try store.beginSync()
        try store.close()
        let error = #expect(throws: LogStoreError.self) { try store.endSync(sync, .success(())) }
        #expect(error?.code == .closed)
    }

    /// Random histories with up to three syncs under way, and a power cut after every step.
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func everyPowerCutLeavesAPrefixWithAllThatIsDurable(seed: UInt64) throws {
        var history = History(seed: seed)
        let disk = SimulatedDisk()
        let store = try SegmentStore(at: "/store", options: .simulated(disk, DeferredExecutor()))
        for step in 0..<100 {
            try history.step(store)
            for cut in [PowerCut.losesEverything, .random(seed: seed &* 1000 + UInt64(step))] {
                let again = try SegmentStore(
                    at: "/store", options: .simulated(disk.afterPowerCut(cut)))
                let found = try again.state.first.map { try again.entries(in: $0...(.max)) } ?? []
                #expect(
                    history.allows(found, again.state.compacted),
                    "seed \(seed), step \(step), \(cut)")
            }
        }
        #expect(history.finished >= 4)
    }
}

/// What a log went through, and from where on a power cut may return to it.
private struct History {
    private struct Moment: Equatable {
        var entries: [Entry] = []
        var compacted: LogPosition?
    }

    private var random: SeededGenerator
    private var moments = [Moment()]
    private var provenCount = 0
    private var pending: [(sync: any PendingSync, moment: Int)] = []
    private(set) var finished = 0

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// Whether a recovered log is one of those since the last that is known to be durable.
    func allows(_ entries: [Entry], _ compacted: LogPosition?) -> Bool {
        moments[provenCount...].contains(Moment(entries: entries, compacted: compacted))
    }

    mutating func step(_ store: SegmentStore) throws {
        var log = moments[moments.count - 1]
        let first = log.compacted.map { $0.index + 1 } ?? 1
        let next = first + LogIndex(log.entries.count)
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5:
            let size = Int.random(in: 0...1500, using: &random)
            let entry = Entry(
                position: LogPosition(term: 1, index: next), kind: .command,
                payload: [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: size))
            try store.append(contentsOf: [entry])
            log.entries.append(entry)
        case 5 where log.entries.count > 1:
            let from = next - LogIndex.random(in: 1...2, using: &random)
            try store.truncate(from: from)
            log.entries.removeLast(Int(next - from))
        case 6 where log.entries.count > 2:
            let position = log.entries[1].position
            try store.compact(through: position)
            log.entries.removeFirst(2)
            log.compacted = position
        case 7, 8:
            guard pending.count < 3 else { break }
            pending.append((try store.beginSync(), moments.count - 1))
            return
        default:
            guard let place = pending.indices.randomElement(using: &random) else { break }
            let (sync, moment) = pending.remove(at: place)
            try sync.perform()
            try store.endSync(sync, .success(()))
            provenCount = max(provenCount, moment)
            finished += 1
            return
        }
        moments.append(log)
    }
}
