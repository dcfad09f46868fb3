public import WALProtocol

/// Visiting a range: one run of entries after the other, so that what a run has in common, such as
/// its block, or its file and its footer, is looked up once and not for every entry.
extension LogCursor {
    @inlinable
    @inline(__always)
    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        var visit = Visit(range, maxByteCount: maxByteCount)
        // Most ranges are in one block.
        var run = finder.pointee.run(of: range)
        while true {
            if run.isEmpty { run = try nextRun(&visit, body) }
            if run.isEmpty { break }
            // What the closure is looking at stays, even if it changes the log.
            let first = visit.next
            var next = first
            finder.pointee.readsBegun &+= 1
            defer {
                finder.pointee.readsEnded &+= 1
                finder.pointee.count(reads: next &- first &- 1)
            }
            repeat {
                let entry = StoredEntry(record: run.record)
                let payload = entry.payload
                guard visit.admits(payload.count, at: next) else { break }
                try body(entry.header(index: next), payload.bytes)
                next &+= 1
                run.removeFirst()
            } while !run.isEmpty
            visit.next = next
            if visit.isOver { break }
        }
        return try end(visit, of: range)
    }

    /// How far a visit has come.
    @usableFromInline
    struct Visit {
        @usableFromInline var next: LogIndex
        @usableFromInline var end: LogIndex
        /// Whether the limit on bytes has been reached.
        @usableFromInline var isFull = false
        @usableFromInline var budget: Int
        @usableFromInline let start: LogIndex
        /// The log as it was; none as long as all comes from one block.
        @usableFromInline var view: LogView?

        @inlinable
        @inline(__always)
        init(_ range: Range<LogIndex>, maxByteCount: Int) {
            start = range.lowerBound
            next = range.lowerBound
            end = range.upperBound
            budget = maxByteCount
        }

        /// Counts an entry towards the limit, or ends the visit at it; the first one always fits.
        @inlinable
        @inline(__always)
        mutating func admits(_ byteCount: Int, at index: LogIndex) -> Bool {
            if byteCount > budget {
                guard index == start else {
                    isFull = true
                    return false
                }
                budget = byteCount
            }
            budget &-= byteCount
            return true
        }

        @inlinable
        @inline(__always)
        var isOver: Bool { isFull || next >= end }
    }

    /// Where the next entries stand in memory; those that do not are visited here.
    ///
    /// - Returns: no entries at the end of the visit.
    @usableFromInline
    func nextRun(
        _ visit: inout Visit, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> EntryRun {
        let view = try beginVisit(&visit)
        while !visit.isOver {
            switch run(at: visit.next, in: view) {
            case .memory(let block, let end):
                return EntryRun(block, visit.next..<min(end, visit.end))
            case .file(let cold, let first, let end):
                try visitFile(
                    cold.segment, cold.offsets, first: first, upTo: end, &visit, body)
            case .segment(let span):
                let footer = try retrying(visit.next) { () throws(LogStoreError) in
                    try span.places(from: visit.next, shared.cache)
                }
                try visitFile(
                    span.segment, footer.offsets, first: footer.first, upTo: span.end, &visit, body)
            }
        }
        return .empty
    }

    /// The log as it is when a visit begins, and how much of the range it has.
    private func beginVisit(_ visit: inout Visit) throws(LogStoreError) -> LogView {
        if let view = visit.view { return view }
        let view = try openView()
        // A range that lies wholly beyond the log continues where it began.
        visit.end = try view.state.readableRange(visit.next..<visit.end).upperBound
        visit.view = view
        return view
    }

    /// Ends a visit.
    ///
    /// - Returns: the index to continue from.
    /// - Throws: `corrupt` if the log ends in the range only because the rest is lost.
    @inlinable
    @inline(__always)
    func end(_ visit: Visit, of range: Range<LogIndex>) throws(LogStoreError) -> LogIndex {
        if !visit.isFull, visit.next < range.upperBound { try checkLostEnd(visit) }
        return visit.next
    }

    @usableFromInline
    func checkLostEnd(_ visit: Visit) throws(LogStoreError) {
        try visit.view?.checkLostEnd(visit.next)
    }

    private func visitFile(
        _ segment: Segment, _ offsets: [UInt32], first: LogIndex, upTo end: LogIndex,
        _ visit: inout Visit, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) {
        let end = min(end, visit.end, first + LogIndex(offsets.count))
        guard visit.next < end, visit.next >= first else {
            throw .corrupt(
                "the footer does not know an entry that is live", file: segment.path,
                index: visit.next)
        }
        let start = visit.next
        defer { finder.pointee.count(reads: visit.next &- start) }
        while visit.next < end, !visit.isFull {
            let place = Int(visit.next - first)
            let offset = Int(offsets[place])
            let behind = Int(end - first)
            let rest = behind < offsets.count ? Int(offsets[behind]) - offset : Int.max
            // A closure that reads through this cursor may load the window with other bytes: these
            // stay until all of them were visited.
            let piece = try retrying(visit.next) { () throws(LogStoreError) in
                try cold(
                    segment, offset, visit.next, length: min(rest, ReadWindow.readAheadByteCount))
            }
            let available = window.available(sequence: segment.sequence, at: offset).count
            try withExtendedLifetime(window.buffer) { () throws(LogStoreError) in
                try visitRecords(
                    UnsafeRawBufferPointer(start: piece, count: available), at: offset,
                    seed: segment.seed, offsets[place..<behind], &visit, body)
            }
        }
    }

    /// Visits entries as long as their records stand whole and valid in a piece of the file.
    private func visitRecords(
        _ piece: UnsafeRawBufferPointer, at start: Int, seed: UInt32, _ offsets: ArraySlice<UInt32>,
        _ visit: inout Visit, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) {
        guard let base = piece.baseAddress else { return }
        for offset in offsets {
            let place = Int(offset) - start
            guard place >= 0 else { return }
            let record = base + place
            let entry = StoredEntry(record: record)
            guard
                record.isEntry(
                    visit.next, available: piece.count - place,
                    seed: seed.seed(at: Int(offset))),
                visit.admits(entry.payload.count, at: visit.next)
            else { return }
            try body(entry.header(index: visit.next), entry.payload.bytes)
            visit.next += 1
        }
    }
}
