import Foundation
@testable import SegmentBackend
import Testing
import WALProtocol

/// Repairs with plan and consent, down to a store that works.
@Suite struct GuidedRepairTests {
    /// Ways to damage a closed store of 300 entries in many segments, and whether that loses
    /// anything acknowledged.
    enum Harm: String, CaseIterable {
        case entry, zeroedSector, missingSegment, missingOldest, missingNewest, header, checkpoint
        case footer, foreign, identity, lastEntry, tail, two, nothing

        var losesAcknowledged: Bool {
            ![.header, .checkpoint, .footer, .identity, .nothing].contains(self)
        }

        func apply(to directory: StoreFiles) throws {
            let oldest = try directory.oldest()
            switch self {
            case .entry:
                let record = try directory.entryRecord(60)
                try directory.flip(record.sequence, at: record.offset + 40)
            case .zeroedSector:
                let record = try directory.entryRecord(200)
                try directory.overwrite(
                    record.sequence, at: record.offset / 512 * 512,
                    with: [UInt8](repeating: 0, count: 512))
            case .missingSegment: try directory.remove(oldest + 2)
            case .missingOldest: try directory.remove(oldest)
            case .missingNewest: try directory.remove(try directory.newest())
            case .header: try directory.flip(oldest + 1, at: 20)
            case .checkpoint: try directory.flip(oldest + 1, at: 4096 + 40)
            case .footer:
                let footer = try #require(
                    try directory.survey(oldest).records.last { $0.header.type == .index })
                try directory.flip(oldest, at: footer.offset + 40)
            case .foreign: try directory.copy(oldest + 1, over: oldest)
            case .identity: try directory.flip(path: directory.path + "/STORE", at: 20, mask: 1)
            case .lastEntry:
                let record = try directory.entryRecord(300)
                try directory.flip(record.sequence, at: record.offset + 40)
            case .tail:
                let record = try directory.entryRecord(298)
                try directory.cut(record.sequence, at: record.offset)
            case .two:
                try Harm.entry.apply(to: directory)
                try Harm.missingNewest.apply(to: directory)
            case .nothing: break
            }
        }
    }

    /// Every file below the store's directory, as a file system shows it.
    private func tree(_ fileSystem: any FileSystem, _ path: String) throws -> [String: [UInt8]] {
        var tree: [String: [UInt8]] = [:]
        for name in try fileSystem.list(path) where name != SegmentFormat.lockFileName {
            if try fileSystem.kind(of: path + "/" + name) == .directory {
                for (inner, bytes) in try self.tree(fileSystem, path + "/" + name) {
                    tree[name + "/" + inner] = bytes
                }
            } else {
                let file = try fileSystem.open(path + "/" + name, .read)
                tree[name] = try file.readBytes(at: 0, count: Int(try file.size()))
            }
        }
        return tree
    }

    @Test(arguments: Harm.allCases, [true, false])
    func planSaysWhatApplyDoes(harm: Harm, close: Bool) throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: close)
            try harm.apply(to: directory)
            let damaged = try tree(POSIXFileSystem(), directory.path)
            let plan = try SegmentStore.repair(
                at: directory.path, .plan, options: directory.options)
            #expect(!plan.isApplied)
            // Not a byte was changed, nor was a file made.
            #expect(try tree(POSIXFileSystem(), directory.path) == damaged)
            let report = try SegmentStore.repair(
                at: directory.path, .apply(acceptingLoss: true), options: directory.options)
            #expect(report.isApplied)
            #expect(report.steps == plan.steps)
            #expect(report.givenUp == plan.givenUp && report.discarded == plan.discarded)
            #expect(report.isStateGivenUp == plan.isStateGivenUp)
            #expect(report.damages == plan.damages)
            #expect(report.isVerified && plan.isVerified)
            if close { #expect(report.losesAcknowledged == harm.losesAcknowledged) }
            // After a kill, recovery writes a footer over the watermarks at the end.
            if close { try expectKept(damaged, directory) }
            try expectTruthful(report, directory)
        }
    }

    /// What the report says is lost is what is not there any more; and the store works.
    private func expectTruthful(_ report: RepairReport, _ directory: StoreFiles) throws {
        var gone = (report.givenUp + report.discarded).map(\.indexes)
        // Without a clean close, the last write may be a torn one.
        if let index = report.doubtfulFrom { gone.append(index..<LogIndex.max) }
        let store = try directory.open()
        let last = store.state.isEmpty ? 0 : store.state.last?.index ?? 0
        for index in 1...300 as ClosedRange<LogIndex> {
            let isLost = gone.contains { $0.contains(index) }
            #expect(isLost == (index > last), "\(index)")
            if index <= last { #expect(try store.entry(at: index) == StoreFiles.entry(index)) }
        }
        let next = StoreFiles.entry(last + 1, term: 99)
        try store.append(next.payload, at: next.position)
        try store.sync()
        try store.close()
        #expect(try SegmentStore.verify(at: directory.path).damages.isEmpty)
        let again = try SegmentStore.repair(
            at: directory.path, .apply(acceptingLoss: false), options: directory.options)
        #expect(again.steps.isEmpty && again.isVerified)
    }

    /// Every record that was there is there still, or in the quarantine.
    ///
    /// Header blocks are left out: those of a segment that goes on change.
    private func expectKept(_ damaged: [String: [UInt8]], _ directory: StoreFiles) throws {
        let kept = try tree(POSIXFileSystem(), directory.path).map(\.value)
        for (name, bytes) in damaged {
            let start = name.hasSuffix(".wal") ? SegmentFormat.headerBlockByteCount : 0
            guard let last = bytes.lastIndex(where: { $0 != 0 }), last >= start else { continue }
            let isThere = kept.contains {
                $0.count > last && $0[start...last].elementsEqual(bytes[start...last])
            }
            #expect(isThere, "\(name)")
        }
    }

    @Test(arguments: Harm.allCases)
    func lossNeedsConsent(harm: Harm) throws {
        try withStoreDirectory { directory in
            try directory.writeTerms(1...300, close: true)
            try harm.apply(to: directory)
            let damaged = try tree(POSIXFileSystem(), directory.path)
            let report = try SegmentStore.repair(
                at: directory.path, .apply(acceptingLoss: false), options: directory.options)
            #expect(report.isApplied != harm.losesAcknowledged)
            let after = try tree(POSIXFileSystem(), directory.path)
            #expect((after == damaged) == (harm.losesAcknowledged || harm == .nothing))
            #expect(report.isVerified)
        }
    }

    @Test(arguments: Harm.allCases)
    func replicaBringsEverythingBack(harm: Harm) throws {
        try withStoreDirectory { directory in
            try withStoreDirectory { other in
                try directory.writeTerms(1...300, close: true)
                try other.writeTerms(1...300, close: true)
                let replica = try other.open()
                try harm.apply(to: directory)
                let report = try SegmentStore.repair(
                    at: directory.path, .apply(acceptingLoss: true), from: replica,
                    options: directory.options)
                try replica.close()
                #expect(report.isVerified)
                #expect(report.discarded.isEmpty)
                #expect(report.after?.state.last?.index == 300)
                #expect(report.mustCatchUpBeforeVoting == report.before.mustCatchUpBeforeVoting)
            }
        }
    }

    /// A shorter log brought in an entry that never had a majority.
    ///
    /// The term of the lost entry was known to be 1, 2 or 3. A replica that had been away offered
    /// what the leader of term 2 had left there, and it was taken, although the entries behind it
    /// had followed on one of term 3. Only a replica that has one of these can be believed since.
    @Test(arguments: [true, false])
    func replicaMustAgreeBehindALossOfUnknownTerm(isAtOldPlace: Bool) throws {
        func entry(_ index: LogIndex, staleFrom stale: LogIndex = .max) -> Entry {
            StoreFiles.entry(index, term: index < 10 ? 1 : index >= stale ? 2 : 3)
        }
        try withStoreDirectory { directory in
            try withStoreDirectory { other in
                func write(
                    _ entries: [Entry], to directory: StoreFiles, close: Bool
                ) throws {
                    let store = try directory.open()
                    for entry in entries {
                        try store.append(entry.payload, at: entry.position)
                        try store.sync()
                    }
                    if close { try store.close() }
                }
                let last: LogIndex = isAtOldPlace ? 12 : 300
                try write((1...last).map { entry($0) }, to: directory, close: !isAtOldPlace)
                try write((1...10).map { entry($0, staleFrom: 10) }, to: other, close: true)
                let record = try directory.entryRecord(10)
                if isAtOldPlace {
                    try directory.flip(record.sequence, at: record.offset + 40)
                } else {
                    try directory.overwrite(
                        record.sequence, at: record.offset, with: [UInt8](repeating: 0, count: 32))
                    // Nothing says what this segment held.
                    let footer = try directory.survey(record.sequence).records.last {
                        $0.header.type == .index
                    }
                    try directory.flip(record.sequence, at: try #require(footer).offset + 40)
                }
                func repair(with replica: SegmentStore) throws -> RepairReport {
                    defer { try? replica.close() }
                    return try SegmentStore.repair(
                        at: directory.path, .apply(acceptingLoss: false), from: replica,
                        options: directory.options)
                }
                let damaged = try directory.contents()
                let refused = try repair(with: try other.open())
                #expect(!refused.isApplied)
                #expect(refused.givenUp.first?.indexes.lowerBound == 10)
                #expect(try directory.contents() == damaged)
                let longer = try other.open()
                try longer.truncate(from: 10)
                for index in 10...11 as ClosedRange<LogIndex> {
                    try longer.append(entry(index).payload, at: entry(index).position)
                }
                let report = try repair(with: longer)
                #expect(report.isApplied && report.isVerified)
                let store = try directory.open()
                #expect(try store.entry(at: 10) == entry(10))
                try store.close()
            }
        }
    }

    @Test func anotherLogIsRefused() throws {
        try withStoreDirectory { directory in
            try withStoreDirectory { other in
                try directory.writeTerms(1...300, close: true)
                let store = try other.open()
                for index in 1...300 as ClosedRange<LogIndex> {
                    let entry = StoreFiles.entry(index, term: StoreFiles.term(index) + 1)
                    try store.append(entry.payload, at: entry.position)
                }
                try Harm.entry.apply(to: directory)
                let damaged = try tree(POSIXFileSystem(), directory.path)
                let error = #expect(throws: LogStoreError.self) {
                    try SegmentStore.repair(
                        at: directory.path, .apply(acceptingLoss: true), from: store,
                        options: directory.options)
                }
                #expect(error?.code == .positionConflict)
                #expect(try tree(POSIXFileSystem(), directory.path) == damaged)
                try store.close()
            }
        }
    }

    @Test func writerIsNotDisturbed() throws {
        try withStoreDirectory { directory in
            let store = try directory.open()
            #expect(try SegmentStore.repair(at: directory.path, .plan).steps.isEmpty)
            let error = #expect(throws: LogStoreError.self) {
                try SegmentStore.repair(at: directory.path, .apply(acceptingLoss: true))
            }
            #expect(error?.code == .locked)
            try store.close()
        }
    }

    @Test func nothingIsMadeWhereNoStoreIs() throws {
        try withStoreDirectory { directory in
            for mode in [RepairMode.plan, RepairMode.apply(acceptingLoss: true)] {
                let error = #expect(throws: LogStoreError.self) {
                    try SegmentStore.repair(at: directory.path, mode)
                }
                #expect(error?.code == .unavailable)
                let files = try directory.contents()
                #expect(files.isEmpty)
            }
        }
    }
}
