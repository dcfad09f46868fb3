import WALProtocol

/// What the writers of one store told before they were killed.
struct KillHistory {
    private var entries: [LogIndex: KillEntry] = [:]
    /// How many entries each task of each round had acknowledged.
    private var counts: [Author: UInt64] = [:]

    private struct Author: Hashable {
        var round: UInt32
        var task: UInt32

        init(_ entry: KillEntry) {
            round = entry.round
            task = entry.task
        }
    }

    mutating func add(_ told: [Acknowledgement]) {
        for acknowledgement in told {
            entries[acknowledgement.index] = acknowledgement.entry
            counts[Author(acknowledgement.entry), default: 0] += 1
        }
    }

    /// Opens the store that was left behind and holds it against what is known.
    ///
    /// - Returns: How many entries it has.
    func check(_ opening: LogStoreSuite.Opening, at path: String) throws -> Int {
        let store = try opening(path)
        try check(store)
        let count = store.state.count
        try store.close()
        return Int(clamping: count)
    }

    private func check(_ store: any LogStore) throws {
        var seen: [Author: UInt64] = [:]
        var found = 0
        for index in (store.state.first ?? 1)..<(store.state.next ?? 1) {
            guard let entry = KillEntry(payload: try store.entry(at: index).payload) else {
                throw KillFailure("nobody wrote what stands at \(index)")
            }
            if let told = entries[index] {
                guard told == entry else {
                    throw KillFailure("\(told) was acknowledged at \(index), where \(entry) stands")
                }
                found += 1
            }
            let count = seen[Author(entry), default: 0]
            guard entry.count == count else {
                throw KillFailure("\(entry) stands at \(index), where the task's \(count) belongs")
            }
            seen[Author(entry)] = count + 1
        }
        guard found == entries.count else {
            let missing = entries.keys.filter { $0 >= store.state.next ?? 1 }.sorted()
            throw KillFailure(
                "\(entries.count - found) acknowledged entries are gone, from "
                    + "\(missing.first ?? 0) on; the log ends at \(store.state.last?.index ?? 0)")
        }
        for (author, count) in seen where count > counts[author, default: 0] + 1 {
            throw KillFailure("\(author) wrote \(count) entries and told of fewer than all but one")
        }
    }
}

/// An entry whose payload follows from who wrote it.
struct KillEntry: Hashable, Sendable {
    /// The process that wrote it, the task in it, and how many that task had written before.
    var round: UInt32
    var task: UInt32
    var count: UInt64

    static let headerByteCount = 16

    /// The header, and up to 255 bytes more that follow from it.
    var payload: [UInt8] {
        var bytes: [UInt8] = []
        withUnsafeBytes(of: (round, task, count)) { bytes += $0 }
        var state = UInt64(round) << 32 ^ UInt64(task) << 20 ^ count
        for _ in 0..<Int(truncatingIfNeeded: (state &* 0x9E37_79B9_7F4A_7C15) >> 56) {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes.append(UInt8(truncatingIfNeeded: state >> 56))
        }
        return bytes
    }

    init(round: UInt32, task: UInt32, count: UInt64) {
        self.round = round
        self.task = task
        self.count = count
    }

    /// Who wrote a payload; `nil` if nobody did: all of its bytes have to follow from the header.
    init?(payload: [UInt8]) {
        guard payload.count >= Self.headerByteCount else { return nil }
        (round, task, count) = payload.withUnsafeBytes {
            (
                $0.loadUnaligned(as: UInt32.self),
                $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self),
                $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            )
        }
        guard self.payload == payload else { return nil }
    }
}
