internal import WALProtocol

/// The footer of the active segment.
///
/// It is put together where it will stand: of 64 MiB of small entries it takes some megabytes.
extension SegmentStore {
    /// Which entries of the active segment still count.
    struct ActiveFooter {
        var first: LogIndex = 0
        var count = 0
        var runs: [SegmentIndex.TermRun] = []

        var payloadByteCount: Int { SegmentIndex.byteCount(entries: count, runs: runs.count) }

        var recordByteCount: Int { SegmentFormat.recordByteCount(payload: payloadByteCount) }
    }

    var activeFooter: ActiveFooter {
        guard let activeFirst = active.first, let start, hasLast else { return ActiveFooter() }
        let first = max(activeFirst, start)
        guard hot.pointee.next > first else { return ActiveFooter() }
        var runs = active.runs
        runs.begin(at: first)
        return ActiveFooter(first: first, count: Int(hot.pointee.next - first), runs: runs)
    }

    /// Puts a footer into the tail block, which has room for it and no entries of its own.
    func put(_ footer: ActiveFooter) {
        guard let record = hot.pointee.cursor else { return }
        let payload = record + SegmentFormat.recordHeaderByteCount
        SegmentIndex.encodeHead(
            to: payload, first: footer.first, count: footer.count, runs: footer.runs)
        putOffsets(of: footer, to: payload + SegmentIndex.byteCount(entries: 0, runs: 0))
        let offset = hot.pointee.fileOffset
        RecordHeader.complete(
            record, seed: hot.pointee.seed.seed(at: offset), type: .index,
            payloadByteCount: footer.payloadByteCount)
        hot.pointee.cursor = record + footer.recordByteCount
        hot.pointee.fileOffset = offset + footer.recordByteCount
    }

    private func putOffsets(of footer: ActiveFooter, to target: UnsafeMutableRawPointer) {
        var place = 0
        let spans = footer.count == 0 ? [] : blocks
        for span in spans where span.segment === active.segment && span.end > footer.first {
            let skip = span.first < footer.first ? Int(footer.first - span.first) : 0
            for offset in span.offsets.dropFirst(skip) {
                target.put(offset, 4 * place)
                place += 1
            }
        }
        precondition(place == footer.count, "every live entry has an offset")
    }
}
