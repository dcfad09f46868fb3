/// One file of a simulated disk: what reads show, and what a power cut would leave.
///
/// Bytes move between the two in units of 512, the smallest piece that a disk writes as a whole.
struct StoredFile: Sendable {
    static let unitByteCount = 512
    /// The largest file; there is not the memory for more.
    static let maximumByteCount = 1 << 32

    /// A unit that was written and is not on stable storage.
    struct Unsynced: Sendable {
        var unit: Int
        /// The bytes of the unit that were written, the only ones that a torn write can spoil.
        var written: Range<Int>
        /// What the unit held between the writes: the disk may have taken any of it.
        var earlier: [[UInt8]] = []
        /// A sync failed, and the page was marked clean all the same: no later sync writes it.
        var isDropped = false
    }

    /// What reads show.
    private(set) var shown: [UInt8] = []
    /// What is on stable storage.
    private(set) var durable: [UInt8] = []
    /// Ascending by unit.
    private(set) var unsynced: [Unsynced] = []
    /// The sizes that the file has had since the last sync, the present one last.
    private(set) var unsyncedSizes: [Int] = []

    init() {}

    /// A file whose bytes are all on stable storage.
    init(durable bytes: [UInt8]) {
        shown = bytes
        durable = bytes
    }

    // MARK: - Reading

    /// Copies what is shown.
    ///
    /// - Returns: the bytes copied; 0 at the end.
    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64, isShort: Bool
    ) -> Int {
        guard offset < UInt64(shown.count) else { return 0 }
        let start = Int(offset)
        var count = min(buffer.count, shown.count - start)
        if isShort { count = (count + 1) / 2 }
        guard count > 0 else { return 0 }
        shown.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + count]))
        }
        return count
    }

    // MARK: - Writing

    mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        guard !bytes.isEmpty else { return }
        let end = offset + bytes.count
        note(offset..<end)
        if end > shown.count { resize(end) }
        shown.withUnsafeMutableBytes { target in
            UnsafeMutableRawBufferPointer(rebasing: target[offset..<end]).copyMemory(from: bytes)
        }
    }

    /// Takes down that bytes are about to change.
    private mutating func note(_ range: Range<Int>) {
        let first = range.lowerBound / Self.unitByteCount
        let last = (range.upperBound - 1) / Self.unitByteCount
        var place = place(of: first)
        for unit in first...last {
            let start = unit * Self.unitByteCount
            let written = range.clamped(to: start..<start + Self.unitByteCount)
            if place < unsynced.count, unsynced[place].unit == unit {
                let was = unsynced[place].written
                unsynced[place].earlier.append(Self.unit(unit, of: shown))
                unsynced[place].written =
                    min(
                        was.lowerBound, written.lowerBound)..<max(
                        was.upperBound, written.upperBound)
                unsynced[place].isDropped = false
            } else {
                unsynced.insert(Unsynced(unit: unit, written: written), at: place)
            }
            place += 1
        }
    }

    /// Where a unit is in the list, or belongs.
    private func place(of unit: Int) -> Int {
        var (low, high) = (0, unsynced.count)
        while low < high {
            let middle = (low + high) / 2
            if unsynced[middle].unit < unit { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Cuts or extends the file; new bytes are zeros.
    mutating func resize(_ size: Int) {
        guard size != shown.count else { return }
        if size < shown.count {
            // What is behind the new end is gone, and zeros if the file grows again.
            note(size..<shown.count)
            shown.removeLast(shown.count - size)
        } else {
            shown.append(contentsOf: [UInt8](repeating: 0, count: size - shown.count))
        }
        unsyncedSizes.append(size)
    }

    // MARK: - Syncing

    mutating func sync() {
        unsyncedSizes = []
        guard unsynced.contains(where: \.isDropped) else {
            unsynced = []
            durable = shown
            return
        }
        var synced = shown
        for dropped in unsynced where dropped.isDropped {
            Self.put(Self.unit(dropped.unit, of: durable), at: dropped.unit, of: &synced)
        }
        durable = synced
        unsynced.removeAll { !$0.isDropped }
    }

    /// The disk refused: what should have been written is dropped, and goes on being shown.
    mutating func failSync() {
        for place in unsynced.indices { unsynced[place].isDropped = true }
    }

    // MARK: - After a power cut

    /// What can become of one unit.
    enum Fate: Hashable, Sendable {
        /// It is as it was after the last sync.
        case old
        /// It is as it was last written.
        case new
        /// It is as it was between two writes.
        case earlier(Int)
        /// The written part of it has its first half only.
        case torn
        /// The written part of it is anything: the power went while it was being written.
        case junk(UInt64)
    }

    /// The file with a fate for each unit in ``unsynced`` and a size.
    func afterPowerCut(_ fates: (Int) -> Fate, size: Int) -> StoredFile {
        guard !unsynced.isEmpty || size != durable.count else {
            return StoredFile(durable: durable)
        }
        var bytes = durable
        Self.set(size: size, of: &bytes)
        for (place, unsynced) in unsynced.enumerated() {
            let fate = fates(place)
            guard fate != .old else { continue }
            Self.put(contents(of: unsynced, fate), at: unsynced.unit, of: &bytes)
        }
        return StoredFile(durable: bytes)
    }

    private func contents(of unsynced: Unsynced, _ fate: Fate) -> [UInt8] {
        let old = Self.unit(unsynced.unit, of: durable)
        let new = Self.unit(unsynced.unit, of: shown)
        let start = unsynced.unit * Self.unitByteCount
        let written = unsynced.written.lowerBound - start..<unsynced.written.upperBound - start
        switch fate {
        case .old: return old
        case .new: return new
        case .earlier(let version): return unsynced.earlier[version]
        case .torn:
            var bytes = new
            let half = written.lowerBound + written.count / 2
            bytes.replaceSubrange(half..<written.upperBound, with: old[half..<written.upperBound])
            return bytes
        case .junk(let seed):
            var bytes = new
            var random = SeededGenerator(seed: seed)
            for place in written { bytes[place] = UInt8(truncatingIfNeeded: random.next()) }
            return bytes
        }
    }

    /// Whether it makes a difference what becomes of a unit.
    func isUndecided(_ unsynced: Unsynced) -> Bool {
        guard unsynced.earlier.isEmpty else { return true }
        let start = unsynced.unit * Self.unitByteCount
        let end = min(start + Self.unitByteCount, max(shown.count, durable.count))
        guard start < end else { return false }
        // What is behind the end of one of the two counts as zeros.
        let both = max(start, min(end, shown.count, durable.count))
        return shown.withUnsafeBytes { shown in
            durable.withUnsafeBytes { durable in
                for place in start..<both where shown[place] != durable[place] { return true }
                let longer = shown.count > durable.count ? shown : durable
                return longer[both..<end].contains { $0 != 0 }
            }
        }
    }

    /// The sizes that a power cut can leave: the durable one first, the present one last.
    var possibleSizes: [Int] {
        var sizes = [durable.count]
        for (place, size) in unsyncedSizes.enumerated()
        where !unsyncedSizes[(place + 1)...].contains(size) {
            sizes.append(size)
        }
        return sizes
    }

    // MARK: - Units

    private static func unit(_ unit: Int, of bytes: [UInt8]) -> [UInt8] {
        let start = unit * unitByteCount
        let end = min(start + unitByteCount, bytes.count)
        var result = start < end ? Array(bytes[start..<end]) : []
        result.append(contentsOf: [UInt8](repeating: 0, count: unitByteCount - result.count))
        return result
    }

    /// Puts a unit into bytes, as far as they go.
    private static func put(_ contents: [UInt8], at unit: Int, of bytes: inout [UInt8]) {
        let start = unit * unitByteCount
        let end = min(start + unitByteCount, bytes.count)
        guard start < end else { return }
        bytes.withUnsafeMutableBytes { target in
            contents.withUnsafeBytes { source in
                UnsafeMutableRawBufferPointer(rebasing: target[start..<end]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: source[..<(end - start)]))
            }
        }
    }

    private static func set(size: Int, of bytes: inout [UInt8]) {
        if size < bytes.count {
            bytes.removeLast(bytes.count - size)
        } else {
            bytes.append(contentsOf: [UInt8](repeating: 0, count: size - bytes.count))
        }
    }

    // MARK: - Damage

    /// Changes the bytes behind the store's back, on the medium itself.
    mutating func damage(_ body: (inout [UInt8]) -> Void) {
        body(&durable)
        shown = durable
        unsynced = []
        unsyncedSizes = []
    }
}
