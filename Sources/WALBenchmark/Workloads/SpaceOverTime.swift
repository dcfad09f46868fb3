import Foundation
import WALProtocol

/// The room that a log takes while it is written and compacted, again and again.
struct SpaceOverTime: Workload {
    var id: String { "space.compacted" }
    var unit: FigureUnit { .timesPayload }
    var durability: Durability { .none }
    var smallestProfile: Profile { .standard }
    var needsDisk: Bool { true }
    var repetitionLimit: Int { 5 }
    var sentence: String {
        "the most room on disk, over the payload bytes that are alive then, while 1M entries of "
            + "128 bytes are appended and every 50,000 the log is compacted to its last 50,000"
    }

    private static let roundCount = 20
    private static let roundEntryCount = 50_000
    private static let syncedCount = 10_000

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        Trial {
            let path = bench.scratch.fresh(contestant.name)
            defer { bench.scratch.remove(path) }
            let store = try contestant.open(path, nil)
            var course = Course(along: "entries written", points: [])
            for round in 1...Self.roundCount {
                let end = round * Self.roundEntryCount
                for next in stride(
                    from: end - Self.roundEntryCount + Self.syncedCount, through: end,
                    by: Self.syncedCount)
                {
                    try bench.fill(store, through: next)
                    try store.sync()
                    let alive = Double(store.state.count) * Double(bench.payloads.byteCount)
                    course.points.append(
                        .init(x: Double(next), y: Double(Self.room(of: path)) / alive))
                }
                if round > 1 {
                    let dropped = LogIndex(end - Self.roundEntryCount)
                    try store.compact(through: LogPosition(term: 1, index: dropped))
                    try store.sync()
                }
            }
            try store.close()
            // A log of a few entries is mostly what was reserved for the next.
            let settled = course.points.filter { $0.x > Double(Self.roundEntryCount) }
            return Sample(settled.map(\.y).max() ?? 0, course: course)
        }
    }

    /// The bytes that the file system has given to the files of a directory.
    private static func room(of path: String) -> Int {
        let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return names.reduce(0) { sum, name in
            var status = stat()
            // A segment may be gone by now.
            guard lstat(path + "/" + name, &status) == 0 else { return sum }
            return sum + Int(status.st_blocks) * 512
        }
    }
}
