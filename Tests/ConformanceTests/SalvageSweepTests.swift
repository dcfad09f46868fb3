import SegmentBackend
import Testing
import WALProtocol

@testable import Conformance

/// Stores of a random history, damaged at random: what a salvage reads is what was written, what it
/// cannot read is listed, and a repair makes the store whole (P80).
@Suite struct SalvageSweepTests {
    private static let path = "/store"

    /// The log as it should be.
    private struct Truth {
        var entries: [LogIndex: Entry] = [:]
        var state = LogState()
        var metadata: [UInt8]?
    }

    /// Every seed but the first ones found a fault once.
    @Test(arguments: [1, 2, 3, 4, 5, 8, 9, 46, 261, 330] as [UInt64])
    func damageIsReportedAndRepaired(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let disk = SimulatedDisk()
        let truth = try write(to: disk, &random)
        for round in 0..<12 {
            let damaged = SimulatedDisk(disk.state.afterPowerCut(.keepsEverything))
            var story = "seed \(seed), round \(round):"
            for _ in 0...random.next() % 2 { story += " " + damage(damaged, &random) }
            do {
                try check(damaged, truth, story)
            } catch let error as LogStoreError where error.code == .unsupportedFormat {
                // The version is believed without a checksum, in every mode.
                continue
            } catch {
                Issue.record("\(story): \(error)")
            }
        }
    }

    // MARK: - A history

    private func write(
        to disk: SimulatedDisk, _ random: inout SeededGenerator
    ) throws -> Truth {
        var truth = Truth()
        var store = try SegmentStore(at: Self.path, options: .simulated(disk))
        var term: Term = 1
        for step in 0..<160 as Range<LogIndex> {
            let next = (truth.state.last?.index ?? 0) + 1
            let first = store.state.first ?? next
            switch random.next() % 24 {
            case 0 where next > first + 3:
                let from = next - 1 - random.next() % min(next - first - 1, 6)
                try store.truncate(from: from)
                for index in from..<next { truth.entries[index] = nil }
                // A truncated entry is replaced by a later leader.
                term += 1
            case 1 where next > first + 40:
                let position = try #require(truth.entries[first + 5]).position
                try store.compact(through: position)
                for index in first...position.index { truth.entries[index] = nil }
            case 2: term += 1
            case 3, 4:
                let value = [UInt8](repeating: UInt8(truncatingIfNeeded: step), count: 9)
                try store.setMetadata(value, for: "vote")
                truth.metadata = value
            case 5:
                try store.close()
                store = try SegmentStore(at: Self.path, options: .simulated(disk))
            default:
                var batch = WriteBatch()
                for index in next...next + random.next() % 4 {
                    let entry = Entry(
                        position: LogPosition(term: term, index: index),
                        kind: EntryKind(rawValue: UInt8(random.next() % 3)),
                        payload: (0..<random.next() % 150).map { _ in UInt8(random.next() % 256) })
                    batch.append(entry.payload, at: entry.position, kind: entry.kind)
                    truth.entries[index] = entry
                }
                try store.write(batch)
            }
            if random.next() % 3 == 0 { try store.sync() }
            truth.state = store.state
        }
        try store.sync()
        truth.state = store.state
        if random.next() % 2 == 0 { try store.close() }
        return truth
    }

    // MARK: - Damage

    /// Damages a file.
    ///
    /// - Returns: what was done.
    private func damage(_ disk: SimulatedDisk, _ random: inout SeededGenerator) -> String {
        let paths = disk.state.names.keys.filter { $0.hasSuffix(".wal") }.sorted()
        let path = paths[Int(random.next() % UInt64(paths.count))]
        guard case .file(let file) = disk.state.node(at: path) else { return "nothing" }
        guard !disk.state.files[file].shown.isEmpty else { return "nothing" }
        let used = (disk.state.files[file].shown.lastIndex { $0 != 0 } ?? 0) + 1
        let offset = Int(random.next() % UInt64(used))
        func change(_ body: (inout [UInt8]) -> Void) { disk.state.files[file].damage(body) }
        switch random.next() % 6 {
        case 0, 1:
            let bit = UInt8(1) << UInt8(random.next() % 8)
            change { $0[offset] ^= bit }
            return "bit \(bit) of \(path) at \(offset)"
        case 2:
            let start = offset / 512 * 512
            change { for place in start..<min(start + 512, $0.count) { $0[place] = 0 } }
            return "sector of \(path) at \(start)"
        case 3:
            let count = Int(8 + random.next() % 200)
            let junk = UInt8(random.next() % 255) + 1
            change { for place in offset..<min(offset + count, $0.count) { $0[place] = junk } }
            return "junk in \(path) at \(offset), \(count) bytes"
        case 4:
            change { $0.removeLast($0.count - offset) }
            return "cut \(path) at \(offset)"
        default:
            guard paths.count > 2 else { return "nothing" }
            try? disk.remove(path)
            try? disk.syncDirectory(Self.path)
            return "removed \(path)"
        }
    }

    // MARK: - What has to hold

    private func check(_ disk: SimulatedDisk, _ truth: Truth, _ story: String) throws {
        var reading = SegmentStore.Options.simulated(disk)
        reading.access = .readOnly
        reading.policy = .salvage
        let store = try SegmentStore(at: Self.path, options: reading)
        let report = store.recoveryReport
        let isDoubted = report.isMetadataUncertain || report.verdict == .ambiguous
        try checkEntries(of: store, truth, story)
        if !isDoubted {
            #expect(try store.metadata(for: "vote") == truth.metadata, "\(story)")
            #expect(store.state.compacted == truth.state.compacted, "\(story)")
            #expect(store.state.last == truth.state.last, "\(story)")
            for range in report.lostRanges where range.term != nil {
                for index in range.indexes {
                    #expect(truth.entries[index]?.term == range.term, "\(story)")
                }
            }
        }
        if !report.mustCatchUpBeforeVoting {
            #expect(store.state.last == truth.state.last, "\(story)")
        }
        try checkRepair(disk, truth, report, isDoubted: isDoubted, story)
    }

    private func checkEntries(
        of store: SegmentStore, _ truth: Truth, _ story: String
    ) throws {
        let report = store.recoveryReport
        // A truncation that the last damage hides, or that was cut with it, is not undone.
        let isEndDoubted =
            report.isEndLost && report.isMetadataUncertain || report.verdict == .ambiguous
        let end = max(truth.state.last?.index ?? 0, store.state.last?.index ?? 0)
        for index in 1...end {
            let isListed = report.lostRanges.contains { $0.indexes.contains(index) }
            let expected = truth.entries[index]
            switch read(index, in: store) {
            case .success(let entry):
                #expect(!isListed, "\(story): \(index) is readable")
                if let expected {
                    #expect(
                        entry == expected || isEndDoubted, "\(story): \(index) is another entry")
                } else {
                    #expect(
                        report.isMetadataUncertain || report.verdict == .ambiguous,
                        "\(story): \(index) was dropped")
                }
            case .failure(let error) where error.code == .corrupt:
                #expect(isListed, "\(story): \(index) is not listed: \(error)")
                #expect(error.context.index == index && error.context.file != nil, "\(story)")
            case .failure(let error):
                #expect(
                    expected == nil || report.verdict == .ambiguous
                        || report.isMetadataUncertain && error.code == .compacted,
                    "\(story): \(index): \(error)")
                #expect(!isListed || expected == nil, "\(story): \(index): \(error)")
            }
        }
    }

    private func read(
        _ index: LogIndex, in store: SegmentStore
    ) -> Result<Entry, LogStoreError> {
        do throws(LogStoreError) {
            return .success(try store.entry(at: index))
        } catch {
            return .failure(error)
        }
    }

    private func checkRepair(
        _ disk: SimulatedDisk, _ truth: Truth, _ before: RecoveryReport, isDoubted: Bool,
        _ story: String
    ) throws {
        let isCertain = !before.isMetadataUncertain && !before.isEndLost
        let report: RepairReport
        do throws(LogStoreError) {
            report = try SegmentStore.repair(
                at: Self.path, options: .simulated(disk), with: truth.entries.values,
                acceptingLossOfState: !isCertain)
        } catch {
            // What is hidden would have explained it.
            #expect(error.code == .positionConflict && isDoubted, "\(story): \(error)")
            return
        }
        let stillLost = report.stillLost.flatMap { $0.isOpenEnded ? [] : Array($0.indexes) }
        if isDoubted, stillLost.contains(where: { truth.entries[$0] == nil }) {
            // They were compacted: only a snapshot helps.
            return
        }
        #expect(report.isWhole, "\(story): \(report)")
        let store = try SegmentStore(at: Self.path, options: .simulated(disk))
        guard !isDoubted else { return }
        #expect(store.state.last == truth.state.last, "\(story)")
        #expect(store.state.first == truth.state.first, "\(story)")
        #expect(try store.metadata(for: "vote") == truth.metadata, "\(story)")
        for (index, expected) in truth.entries {
            #expect(try store.entry(at: index) == expected, "\(story): \(index) after repair")
        }
    }
}
