internal import Synchronization
internal import WALProtocol

/// Visiting a range: one run of entries after the other, so that what a run has in common, such as
/// its file and its footer, is looked up once and not for every entry.
extension LogCursor {
    func visitEntries(
        in range: Range<LogIndex>, maxByteCount: Int,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> LogIndex {
        let view = try openView()
        // A range that lies wholly beyond the log continues where it began.
        var visit = Visit(try view.state.readableRange(range), maxByteCount: maxByteCount)
        while visit.next < visit.end, !visit.isFull {
            switch run(at: visit.next, in: view) {
            case .memory(let block, let end):
                try withExtendedLifetime(view) { () throws(LogStoreError) in
                    try visitMemory(block, upTo: end, &visit, body)
                }
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
        if !visit.isFull, visit.next < range.upperBound { try view.checkLostEnd(visit.next) }
        return visit.next
    }

    /// How far a visit has come.
    private struct Visit {
        var next: LogIndex
        let end: LogIndex
        /// Whether the limit on bytes has been reached.
        var isFull = false
        private var budget: Int
        private let start: LogIndex

        init(_ range: Range<LogIndex>, maxByteCount: Int) {
            start = range.lowerBound
            next = range.lowerBound
            end = range.upperBound
            budget = maxByteCount
        }

        /// Counts an entry towards the limit, or ends the visit at it; the first one always fits.
        @inline(__always)
        mutating func admits(_ byteCount: Int) -> Bool {
            guard byteCount <= budget || next == start else {
                isFull = true
                return false
            }
            budget -= min(budget, byteCount)
            return true
        }
    }

    private func visitMemory(
        _ block: Block, upTo end: LogIndex, _ visit: inout Visit,
        _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) {
        let end = min(end, visit.end)
        while visit.next < end {
            let record = block.record(Int(visit.next - block.firstIndex))
            let entry = StoredEntry(record: record)
            guard visit.admits(entry.payload.count) else { return }
            try body(entry.header, entry.payload.bytes)
            visit.next += 1
        }
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
                visit.admits(entry.payload.count)
            else { return }
            try body(entry.header, entry.payload.bytes)
            visit.next += 1
        }
    }
}
