import Foundation
import RaftWAL
import Testing

/// `Backend.copy` with a writer that steps in between two pieces of the copy (P87).
@Suite struct CopyTests {
    let scratch = Scratch()

    static let pairs = Backend.available.flatMap { from in
        Backend.available.map { (from, $0) }
    }

    /// What a log holds.
    private struct Contents: Equatable {
        var state: LogState
        var terms: [Term]
        var metadata: [MetadataKey: [UInt8]] = [:]

        init(_ log: any LogReading) throws {
            state = log.state
            state.durable = nil
            terms = try log.entries(in: log.state.indexes).map(\.term)
            for key in try log.metadataKeys() { metadata[key] = try log.metadata(for: key) }
        }
    }

    private func open(_ backend: Backend, _ name: String = "/store") throws -> any LogStore {
        var configuration = StoreConfiguration(backend)
        configuration.maximumSegmentByteCount = 64 << 10
        return try openLogStore(at: scratch.path + name, configuration)
    }

    private func append(
        _ indexes: ClosedRange<LogIndex>, term: Term, to store: any LogStore
    ) throws {
        var batch = WriteBatch()
        for index in indexes {
            batch.append(
                [UInt8](repeating: UInt8(truncatingIfNeeded: index &+ term), count: 60),
                at: LogPosition(term: term, index: index))
        }
        batch.setMetadata([UInt8(truncatingIfNeeded: term)], for: "of term")
        try store.write(batch)
        try store.sync()
    }

    /// What a writer does in the middle of a copy.
    enum Intrusion: CaseIterable {
        case appends, truncates, compacts, compactsAll, resets
    }

    @Test(arguments: pairs, Intrusion.allCases)
    func theCopyIsTheLogBeforeOrAfter(pair: (Backend, Backend), intrusion: Intrusion) throws {
        let store = try open(pair.0)
        for start in stride(from: 1, to: 12_000, by: 2000) as StrideTo<LogIndex> {
            try append(start...start + 1999, term: 1, to: store)
        }
        let before = try Contents(store)
        var after: Contents?
        var failure: (any Error)?
        var options = CopyOptions()
        options.backend = pair.1
        let report = try pair.0.copy(
            at: scratch.path + "/store", to: scratch.path + "/copy", options: options
        ) { _ in
            guard after == nil, failure == nil else { return }
            do {
                switch intrusion {
                case .appends: break
                case .truncates: try store.truncate(from: 2500)
                case .compacts: try store.compact(through: LogPosition(term: 1, index: 3000))
                case .compactsAll: try store.compact(through: LogPosition(term: 1, index: 12_000))
                case .resets: try store.reset(to: LogPosition(term: 1, index: 20_000))
                }
                let next = store.state.next ?? 1
                try append(next...next + 3000, term: 2, to: store)
                after = try Contents(store)
            } catch {
                failure = error
            }
        }
        #expect(failure == nil)
        #expect(after != nil, "nothing was said of the copy's progress")
        let copy = try open(pair.1, "/copy")
        let found = try Contents(copy)
        #expect(found == before || found == after)
        #expect(report.state.last == found.state.last)
        #expect(try pair.1.verify(at: scratch.path + "/copy").damages.isEmpty)
    }

    /// Whoever writes one of two stores that share files changes nothing in the other.
    @Test func aSharedFileIsNeverWritten() throws {
        var store = try open(.segment)
        for start in stride(from: 1, to: 3000, by: 500) as StrideTo<LogIndex> {
            try append(start...start + 499, term: 1, to: store)
        }
        // Segments are marked as sealed in the background, and at the latest by this.
        try store.close()
        let report = try Backend.segment.copy(
            at: scratch.path + "/store", to: scratch.path + "/copy")
        #expect(report.linkedByteCount + report.clonedByteCount > 0)
        store = try open(.segment)
        let copy = try open(.segment, "/copy")
        try copy.truncate(from: 100)
        try append(100...4000, term: 3, to: copy)
        try copy.close()
        try store.compact(through: LogPosition(term: 1, index: 50))
        try append(3001...6000, term: 2, to: store)
        try store.close()
        #expect(try Backend.segment.verify(at: scratch.path + "/store").damages.isEmpty)
        #expect(try Backend.segment.verify(at: scratch.path + "/copy").damages.isEmpty)
        #expect(
            try Contents(open(.segment)).terms == [Term](repeating: 1, count: 2950)
                + [Term](repeating: 2, count: 3000))
        #expect(
            try Contents(open(.segment, "/copy")).terms == [Term](repeating: 1, count: 99)
                + [Term](repeating: 3, count: 3901))
    }
}
