import Foundation
import SegmentBackend
import Conformance
import Testing
import WALProtocol

/// Failing system calls: what the caller is told, and what is left.
@Suite struct FaultTests {
    private func withFaultyStore(
        _ body: (SegmentStore, FaultyFileSystem, StoreFiles) throws -> Void
    ) throws {
        try withStoreDirectory { directory in
            let system = FaultyFileSystem()
            let store = try SegmentStore(at: directory.path, options: options(directory, system))
            try body(store, system, directory)
        }
    }

    private func options(
        _ directory: StoreFiles, _ system: FaultyFileSystem
    ) -> SegmentStore.Options {
        var options = directory.options
        options.fileSystem = system
        options.executor = InlineExecutor()
        return options
    }

    private func append(_ store: SegmentStore, _ index: LogIndex, _ count: Int = 50) throws {
        let payload = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: count)
        try store.append(payload, at: LogPosition(term: 1, index: index))
    }

    @Test func failedSyncPoisonsForGood() throws {
        try withStoreDirectory { directory in
            let system = FaultyFileSystem()
            var store: SegmentStore? = try SegmentStore(
                at: directory.path, options: options(directory, system))
            if let store {
                try append(store, 1)
                try store.sync()
                try append(store, 2)
                system.fault = .init(call: "fdatasync", errno: EIO, times: 1)
                #expect(throws: LogStoreError.self) { try store.sync() }
                // The disk is well again, but what it dropped nobody knows.
                for _ in 0..<3 {
                    let error = #expect(throws: LogStoreError.self) { try store.sync() }
                    #expect(error?.code == .poisoned)
                    #expect(error?.cause?.errno == EIO)
                }
                let error = #expect(throws: LogStoreError.self) { try append(store, 3) }
                #expect(error?.code == .poisoned)
                #expect(store.state.durable?.index == 1)
                #expect(try store.entry(at: 2).index == 2)
            }
            store = nil
            let reopened = try directory.open()
            #expect(try reopened.entry(at: 1).payload.count == 50)
            try append(reopened, reopened.state.next ?? 0)
        }
    }

    @Test(arguments: [ENOSPC, EDQUOT, EFBIG])
    func fullDiskIsToldAndRetried(errno: Int32) throws {
        try withFaultyStore { store, system, directory in
            try append(store, 1)
            try store.sync()
            try append(store, 2)
            system.fault = .init(call: "pwrite", errno: errno)
            for _ in 0..<3 {
                let error = #expect(throws: LogStoreError.self) { try store.sync() }
                #expect(error?.code == .noSpace)
            }
            #expect(store.state.last?.index == 2)
            system.fault = nil
            try store.sync()
            #expect(store.state.durable?.index == 2)
            try append(store, 3)
            try store.close()
            #expect(try directory.open().count == 3)
        }
    }

    @Test func fullDiskAtARotationRefusesTheEntryAndLosesNothing() throws {
        try withFaultyStore { store, system, directory in
            // A segment takes one entry of this size; one is prepared when the store is opened.
            try append(store, 1, 2500)
            try append(store, 2, 2500)
            system.fault = .init(call: "fallocate", errno: ENOSPC)
            let error = #expect(throws: LogStoreError.self) { try append(store, 3, 2500) }
            #expect(error?.code == .noSpace)
            #expect(store.state.last?.index == 2)
            system.fault = nil
            try append(store, 3, 2500)
            try store.close()
            let reopened = try directory.open()
            #expect(try reopened.entries(in: 1...9).map(\.payload.count) == [2500, 2500, 2500])
        }
    }

    @Test func compactingWorksOnAFullDisk() throws {
        try withFaultyStore { store, system, directory in
            for index in 1...6 as ClosedRange<LogIndex> { try append(store, index, 1000) }
            try store.sync()
            let full = FaultyFileSystem.Fault(call: "fallocate", errno: ENOSPC)
            system.fault = full
            var last: LogIndex = 6
            while true {
                do { try append(store, last + 1, 1000) } catch { break }
                last += 1
                if last > 50 { break }
            }
            let before = try directory.sequences().count
            try store.compact(through: LogPosition(term: 1, index: last))
            try store.sync()
            #expect(try directory.sequences().count < before)
            #expect(store.isEmpty)
            system.fault = nil
            try append(store, last + 1)
            try store.close()
            #expect(try directory.open().state.first == last + 1)
        }
    }

    @Test func failedBatchNeverSurfaces() throws {
        try withFaultyStore { store, system, directory in
            try append(store, 1)
            try store.sync()
            var batch = WriteBatch()
            batch.append([UInt8](repeating: 0xEE, count: 9000), at: LogPosition(term: 1, index: 2))
            batch.setMetadata([1], for: "lost")
            system.fault = .init(call: "fallocate", errno: ENOSPC)
            #expect(throws: LogStoreError.self) { try store.write(batch) }
            #expect(try store.metadata(for: "lost") == nil)
            system.fault = nil
            try append(store, 2, 10)
            try store.close()
            let reopened = try directory.open()
            #expect(try reopened.entry(at: 2).payload.count == 10)
            #expect(try reopened.metadata(for: "lost") == nil)
        }
    }

    @Test func readErrorIsNeitherCorruptionNorAbsence() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...5, close: true)
            let system = FaultyFileSystem()
            let store = try SegmentStore(at: directory.path, options: options(directory, system))
            system.fault = .init(call: "pread", errno: EIO, times: 1)
            let error = #expect(throws: LogStoreError.self) { try store.entry(at: 2) }
            #expect(error?.code == .io)
            #expect(error?.cause?.errno == EIO)
            #expect(try store.entry(at: 2).index == 2)
        }
    }

    @Test(arguments: ["list", "open", "pread", "stat"])
    func errorWhileOpeningIsNeverFewerSegments(call: String) throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...300, close: true)
            let system = FaultyFileSystem()
            system.fault = .init(call: call, errno: EMFILE)
            let error = #expect(throws: LogStoreError.self) {
                try SegmentStore(at: directory.path, options: options(directory, system))
            }
            #expect(error?.code == .io)
            system.fault = nil
            let store = try SegmentStore(at: directory.path, options: options(directory, system))
            #expect(store.count == 300)
        }
    }

    @Test func aForkedChildWritesNothing() throws {
        try withFaultyStore { store, system, directory in
            try append(store, 1)
            try store.sync()
            try append(store, 2)
            let before = try directory.contents()
            system.isForkedChild = true
            let error = #expect(throws: LogStoreError.self) { try store.sync() }
            #expect(error?.code == .locked)
            #expect(try directory.contents() == before)
            system.isForkedChild = false
            try store.close()
        }
    }

    @Test func interruptedCallsAreRepeated() throws {
        try withFaultyStore { store, system, directory in
            for call in ["pwrite", "pread"] {
                system.fault = .init(call: call, errno: EINTR, times: 3)
                try append(store, store.state.next ?? 1)
                try store.sync()
            }
            try store.close()
            #expect(try directory.open().count == 2)
        }
    }

    @Test func aDurableAppendIsOneWriteAndOneSync() throws {
        try withFaultyStore { store, system, _ in
            try append(store, 1)
            try store.sync()
            let writes = system.count("pwrite")
            let syncs = system.count("fdatasync")
            for index in 2...11 as ClosedRange<LogIndex> {
                try append(store, index)
                try store.sync()
            }
            #expect(system.count("pwrite") - writes == 10)
            #expect(system.count("fdatasync") - syncs == 10)
        }
    }

    @Test func syncCoversSegmentsSealedBeforeIt() throws {
        try withFaultyStore { store, system, directory in
            // Three rotations without a sync, then one.
            for index in 1...8 as ClosedRange<LogIndex> { try append(store, index, 1500) }
            let before = system.count("fdatasync")
            try store.sync()
            #expect(system.count("fdatasync") - before >= 3)
            #expect(system.calls.contains("syncDirectory"))
            #expect(store.state.durable?.index == 8)
        }
    }

    /// Once a checkpoint that could not be read counted as damaged.
    ///
    /// An opening called an intact store corrupt, or took the watermark in the checkpoint for none.
    /// The fault sweep found it.
    @Test func aCheckpointThatCannotBeReadIsNotDamaged() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...400, close: false)
            let system = FaultyFileSystem()
            var reads = 0
            while true {
                system.fault = .init(call: "pread", errno: EIO, times: 1, after: reads)
                do {
                    let store = try SegmentStore(
                        at: directory.path, options: options(directory, system))
                    if system.fault?.times == 1 { break }
                    #expect(store.count == 400)
                } catch let error as LogStoreError {
                    #expect(error.code == .io, "read \(reads): \(error)")
                }
                reads += 1
            }
            #expect(reads > 3)
        }
    }

    /// Once the next segment got its name in the background, and making that durable failed.
    ///
    /// From then on no segment could be begun: the name was taken. The fault sweep found it.
    @Test func aNextSegmentThatWasNotFinishedIsMadeAgain() throws {
        try withFaultyStore { store, system, directory in
            // A segment takes one entry of this size; the next one is prepared by a sync.
            try append(store, 1, 2500)
            try append(store, 2, 2500)
            system.fault = .init(call: "syncDirectory", errno: EIO, times: 1)
            try store.sync()
            #expect(system.fault?.times == 0)
            for index in 3...6 as ClosedRange<LogIndex> { try append(store, index, 2500) }
            try store.close()
            #expect(try directory.open().count == 6)
        }
    }

    /// Once a store whose sync had failed was closed without a complaint, although closing promises
    /// what a sync does.
    @Test func closingAfterAFailedSyncSaysSo() throws {
        try withStoreDirectory { directory in
            let system = FaultyFileSystem()
            let store = try SegmentStore(at: directory.path, options: options(directory, system))
            try append(store, 1)
            system.fault = .init(call: "fdatasync", errno: EIO, times: 1)
            #expect(throws: LogStoreError.self) { try store.sync() }
            let error = #expect(throws: LogStoreError.self) { try store.close() }
            #expect(error?.code == .poisoned)
            // The directory is given up all the same, and closing twice is no error.
            try store.close()
            _ = try directory.open()
        }
    }

    /// Once a store's own directory was made by an opening that then failed to sync its name.
    ///
    /// The next opening found it there and synced nothing above it: a power cut could take the
    /// whole store, with everything acknowledged. The fault sweep found it.
    @Test func aDirectoryThatWasThereIsMadeDurableToo() throws {
        try withStoreDirectory { directory in
            let path = directory.path + "/above/store"
            let system = FaultyFileSystem()
            system.fault = .init(call: "syncDirectory", errno: EIO, times: 1)
            let error = #expect(throws: LogStoreError.self) {
                try SegmentStore(at: path, options: options(directory, system))
            }
            #expect(error?.code == .io)
            let before = system.paths.count
            _ = try SegmentStore(at: path, options: options(directory, system))
            for parent in [directory.path, directory.path + "/above"] {
                #expect(system.paths[before...].contains("syncDirectory " + parent))
            }
        }
    }

    /// Once a segment that an earlier process had prepared counted as durable by its name.
    ///
    /// That process may have failed to sync the name in the background, and have been closed
    /// cleanly all the same: a power cut then took the segment, with entries that were synced into
    /// it. The fault sweep found it.
    @Test func aPreparedSegmentsNameIsSyncedByWhoeverUsesIt() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...2, close: true)
            let system = FaultyFileSystem()
            let store = try SegmentStore(at: directory.path, options: options(directory, system))
            // A segment takes one entry of this size.
            try append(store, 3, 2500)
            try append(store, 4, 2500)
            let before = system.paths.count
            try store.sync()
            let calls = system.paths[before...]
            let directorySync = calls.firstIndex(of: "syncDirectory " + directory.path)
            let preparation = calls.firstIndex { $0.hasPrefix("create") }
            #expect((directorySync ?? .max) < (preparation ?? .max))
        }
    }
}
