import Conformance
import RaftEngine
import Testing
import WALProtocol

/// What a replica keeps, through crashes between any two of its steps.
@Suite struct ReplicaStorageTests {
    private func open(_ disk: SimulatedDisk) throws -> ReplicaStorage {
        try SimulatedReplica.open(on: disk)
    }

    private func entries(_ range: ClosedRange<LogIndex>, term: Term) -> WriteBatch {
        var batch = WriteBatch()
        for index in range {
            let payload = [UInt8(truncatingIfNeeded: index)]
            batch.append(payload, at: LogPosition(term: term, index: index))
        }
        return batch
    }

    private func snapshot(_ index: LogIndex, term: Term) -> Snapshot {
        Snapshot(
            position: LogPosition(term: term, index: index), configuration: [9],
            configurationIndex: 1, data: [1, 2, 3])
    }

    @Test func bootstrapHappensOnce() throws {
        let disk = SimulatedDisk()
        let storage = try open(disk)
        try storage.bootstrap(configuration: [9])
        let after = try open(disk.afterPowerCut(.losesEverything))
        let loaded = try after.load()
        #expect(loaded.hardState == HardState(currentTerm: 1))
        #expect(loaded.start == 1)
        #expect(loaded.indexes == 1..<2)
        #expect(try after.store.entry(at: 1).kind == .configuration)
        let error = #expect(throws: LogStoreError.self) { try after.bootstrap(configuration: [9]) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func termForgetsTheVote() throws {
        let disk = SimulatedDisk()
        let storage = try open(disk)
        try storage.setTerm(4)
        try storage.setVote(0x0102_0304_0506_0708)
        var loaded = try open(disk.afterPowerCut(.losesEverything)).load()
        #expect(loaded.hardState?.currentTerm == 4)
        #expect(try ReplicaStorage.voted(loaded.hardState) == 0x0102_0304_0506_0708)
        try storage.setTerm(5)
        loaded = try open(disk.afterPowerCut(.losesEverything)).load()
        #expect(loaded.hardState?.currentTerm == 5)
        #expect(try ReplicaStorage.voted(loaded.hardState) == 0)
        #expect(throws: LogStoreError.self) {
            try ReplicaStorage.voted(HardState(currentTerm: 1, votedFor: [1, 2]))
        }
    }

    @Test func entriesBeforeAVoteAreDurableWithIt() throws {
        let disk = SimulatedDisk()
        let storage = try open(disk)
        try storage.bootstrap(configuration: [9])
        try storage.append(entries(2...5, term: 1))
        try storage.setTerm(2)
        #expect(try open(disk.afterPowerCut(.losesEverything)).load().indexes == 1..<6)
    }

    @Test func snapshotLeavesTrailingEntries() throws {
        let disk = SimulatedDisk()
        let storage = try open(disk)
        try storage.bootstrap(configuration: [9])
        try storage.append(entries(2...20, term: 1))
        let directory = SimulatedReplica.snapshots(on: disk)
        try directory.save(snapshot(15, term: 1))
        try storage.compact(behind: LogPosition(term: 1, index: 15), trailing: 5)
        let loaded = try open(disk.afterPowerCut(.losesEverything)).load()
        #expect(loaded.snapshot?.position.index == 15)
        #expect(loaded.start == 11)
        #expect(loaded.indexes == 11..<21)
    }

    /// The leader's own disk was slower than those of the others.
    ///
    /// It had applied what it had not stored: its log ended before its snapshot.
    @Test func logShorterThanTheSnapshotStartsBehindIt() throws {
        let disk = SimulatedDisk()
        let storage = try open(disk)
        try storage.bootstrap(configuration: [9])
        try storage.append(entries(2...4, term: 1))
        try storage.sync()
        try SimulatedReplica.snapshots(on: disk).save(snapshot(8, term: 1))
        let next = disk.afterPowerCut(.losesEverything)
        let after = try open(next)
        let loaded = try after.load()
        #expect(loaded.start == 9)
        #expect(loaded.indexes.isEmpty)
        try after.append(entries(9...9, term: 1))
        try after.sync()
        #expect(try open(next.afterPowerCut(.losesEverything)).load().indexes == 9..<10)
    }

    /// A snapshot was installed over a log that had gone another way, and the power went between the
    /// two steps.
    @Test func conflictingLogIsDroppedAfterACrashBeforeTheReset() throws {
        let disk = SimulatedDisk()
        let storage = try open(disk)
        try storage.bootstrap(configuration: [9])
        try storage.append(entries(2...12, term: 1))
        try storage.setTerm(3)
        try SimulatedReplica.snapshots(on: disk).save(snapshot(8, term: 3))
        let loaded = try open(disk.afterPowerCut(.losesEverything)).load()
        #expect(loaded.start == 9)
        #expect(loaded.indexes.isEmpty)
    }

    @Test func snapshotThatIsGoneIsCorrupt() throws {
        let disk = SimulatedDisk()
        let storage = try open(disk)
        try storage.bootstrap(configuration: [9])
        try storage.append(entries(2...20, term: 1))
        try storage.compact(behind: LogPosition(term: 1, index: 15), trailing: 5)
        let error = #expect(throws: LogStoreError.self) {
            try open(disk.afterProcessDeath()).load()
        }
        #expect(error?.code == .corrupt)
    }

    @Test func termOlderThanTheLogIsCorrupt() throws {
        let disk = SimulatedDisk()
        let storage = try open(disk)
        try storage.bootstrap(configuration: [9])
        try storage.append(entries(2...3, term: 7))
        try storage.sync()
        let error = #expect(throws: LogStoreError.self) {
            try open(disk.afterProcessDeath()).load()
        }
        #expect(error?.code == .corrupt)
        #expect(error?.context.found == 7)
    }
}
