@testable internal import Conformance
internal import SegmentBackend
internal import WALProtocol

/// Stores that are right, for edits to start from.
enum SegmentBases {
    static let directory = "/store"

    /// The directory as each of some short lives leaves it.
    static func make() throws -> [SegmentImage] {
        var images = [SegmentImage(DiskState(), directory)]
        for life in [short, long, reset, recovered, readyToRotate] {
            let lived = try life(SimulatedDisk())
            let cut = lived.disk.afterPowerCut(.random(seed: 7))
            images.append(SegmentImage(cut.state, directory))
            images.append(SegmentImage(lived.disk.state, directory))
            try lived.store.close()
            images.append(SegmentImage(lived.disk.state, directory))
        }
        return images
    }

    static func open(_ disk: SimulatedDisk) throws -> any LogStore {
        try SegmentStore(at: directory, options: options(disk))
    }

    static func options(_ disk: SimulatedDisk) -> SegmentStore.Options {
        var options = SegmentStore.Options()
        options.minimumSegmentByteCount = 8 << 10
        options.maximumSegmentByteCount = 8 << 10
        options.cacheByteCount = 64 << 10
        options.openSegmentLimit = 4
        options.fileSystem = disk
        options.executor = InlineExecutor()
        options.randomNumbers = { 0x5eed }
        return options
    }

    // MARK: - Lives

    /// A store and the disk that it is on.
    private typealias Lived = (store: any LogStore, disk: SimulatedDisk)

    private static func append(
        _ store: any LogStore, _ indices: ClosedRange<LogIndex>, term: Term, byteCount: Int = 20
    ) throws {
        for index in indices {
            try store.append(
                [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: byteCount),
                at: LogPosition(term: term, index: index))
        }
    }

    private static func short(_ disk: SimulatedDisk) throws -> Lived {
        let store = try open(disk)
        try append(store, 1...3, term: 1)
        try store.sync()
        try append(store, 4...5, term: 2)
        var batch = WriteBatch()
        batch.append([], at: LogPosition(term: 2, index: 6))
        batch.setMetadata([1, 2, 3], for: "vote")
        try store.write(batch)
        try store.flush()
        return (store, disk)
    }

    private static func long(_ disk: SimulatedDisk) throws -> Lived {
        let store = try open(disk)
        for round in 0..<6 as Range<UInt64> {
            try append(store, round * 5 + 1...round * 5 + 5, term: 1 + round / 2, byteCount: 700)
            try store.setMetadata([UInt8(round)], for: "vote")
            if round == 3 { try store.truncate(from: 19) }
            if round == 3 { try append(store, 19...20, term: 2) }
            if round == 4 { try store.compact(through: LogPosition(term: 1, index: 8)) }
        }
        try append(store, 31...33, term: 4)
        try store.flush()
        return (store, disk)
    }

    private static func reset(_ disk: SimulatedDisk) throws -> Lived {
        let store = try open(disk)
        try append(store, 1...3, term: 1)
        try store.reset(to: LogPosition(term: 5, index: 100))
        try append(store, 101...102, term: 6)
        try store.sync()
        try store.reset(to: nil)
        try store.flush()
        return (store, disk)
    }

    /// Recovered: a segment that was durable before it had its name, and a quarantine.
    private static func recovered(_ disk: SimulatedDisk) throws -> Lived {
        let store = try open(disk)
        try append(store, 1...4, term: 1, byteCount: 500)
        try store.sync()
        try append(store, 5...12, term: 1, byteCount: 500)
        try store.flush()
        let crashed = disk.afterPowerCut(.random(seed: 11))
        let again = try open(crashed)
        let start = again.state.last.map { $0.index + 1 } ?? 1
        try append(again, start...start + 2, term: 3)
        try again.flush()
        return (again, crashed)
    }

    private static func readyToRotate(_ disk: SimulatedDisk) throws -> Lived {
        let store = try open(disk)
        try append(store, 1...7, term: 1, byteCount: 1000)
        try store.flush()
        return (store, disk)
    }
}
