/// Bounds what is kept of segments: open files, and the memory of their footers.
///
/// What goes first is what has not been asked for, and of that what was opened first.
final class SegmentCache: @unchecked Sendable {
    private let lock = Lock()
    private var opened: [Segment] = []
    private let limit: Int
    private let footerByteCountMax: Int
    private var isFull = false
    private var refusals = 0

    init(limit: Int, footerByteCountMax: Int) {
        self.limit = limit
        self.footerByteCountMax = footerByteCountMax
    }

    /// Counts a segment that opened its file, and lets another one go if there are too many.
    func noteOpened(_ segment: Segment) {
        let victims = lock.withLock { () -> [Segment] in
            opened.removeAll { $0 === segment }
            let victims = (0..<max(0, opened.count + 1 - limit)).map { _ in takeVictim() }
            opened.append(segment)
            return victims
        }
        for victim in victims { victim.dropCaches() }
    }

    /// The segment that was opened first of those not in use, or of all if all of them are.
    private func takeVictim() -> Segment {
        for _ in opened.indices {
            guard opened[0].takeUse() else { break }
            opened.append(opened.removeFirst())
        }
        return opened.removeFirst()
    }

    /// Makes room in memory for a segment's footer.
    ///
    /// Whoever can do without it makes others go only now and then: to read all of a footer for
    /// one entry would cost a hundred times what the entry costs.
    ///
    /// - Parameter isUrgent: Others have to go.
    /// - Returns: Whether there is room.
    func makeRoom(forFooterOf byteCount: Int, isUrgent: Bool) -> Bool {
        lock.withLock {
            guard byteCount <= footerByteCountMax else { return false }
            if isFull, !isUrgent {
                refusals += 1
                guard refusals % 1024 == 0 else { return false }
            }
            var used = opened.reduce(0) { $0 + $1.memoryFootprint }
            if used + byteCount <= footerByteCountMax {
                if !isUrgent { isFull = false }
                return true
            }
            guard isFull || isUrgent else {
                isFull = true
                return false
            }
            for isForced in [false, true] {
                for segment in opened where used + byteCount > footerByteCountMax {
                    let released = segment.memoryFootprint
                    guard released > 0, isForced || !segment.takeUse() else { continue }
                    segment.dropIndex()
                    used -= released
                }
            }
            return used + byteCount <= footerByteCountMax
        }
    }

    func forget(_ segment: Segment) {
        lock.withLock { opened.removeAll { $0 === segment } }
        segment.dropCaches()
    }

    var memoryFootprint: Int { lock.withLock { opened }.reduce(0) { $0 + $1.memoryFootprint } }
}
