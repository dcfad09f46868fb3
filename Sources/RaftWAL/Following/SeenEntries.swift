/// What a follower remembers of the entries that it has handed out: the last ones, so that it can
/// tell which of them are still there.
struct SeenEntries {
    /// An entry without its payload.
    struct Known: Hashable {
        var index: LogIndex
        var term: Term
        var checksum: UInt32
    }

    /// Twice as many are kept at most, 24 bytes each.
    private static let capacity = 8192

    /// With consecutive indexes.
    private var entries: [Known] = []
    /// The index that comes next.
    private(set) var next: LogIndex = 0

    var isEmpty: Bool { entries.isEmpty }
    var last: Known? { entries.last }
    var newestFirst: ReversedCollection<[Known]> { entries.reversed() }
    /// The oldest index that is remembered.
    var oldestIndex: LogIndex { entries.first?.index ?? next }

    /// Forgets everything and goes on at an index.
    mutating func begin(at index: LogIndex) {
        entries = []
        next = index
    }

    /// Adds the entry that was handed out.
    mutating func add(_ position: LogPosition, _ checksum: UInt32) {
        if let last, position.index != last.index + 1 { entries = [] }
        if entries.count >= 2 * Self.capacity { entries.removeFirst(Self.capacity) }
        entries.append(Known(index: position.index, term: position.term, checksum: checksum))
        next = position.index + 1
    }

    /// Forgets the entries from an index on.
    ///
    /// - Returns: whether one of them was handed out.
    mutating func truncate(from index: LogIndex) -> Bool {
        guard index < next else { return false }
        let oldest = oldestIndex
        let wasSeen = !entries.isEmpty
        if index <= oldest {
            entries = []
        } else {
            entries.removeLast(entries.count - Int(index - oldest))
        }
        next = index
        return wasSeen
    }
}
