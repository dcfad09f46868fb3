internal import WALProtocol

/// Opening what is left of a damaged store, for reading.
extension StoreOpener {
    /// A log with holes: every run of entries is a span of its own.
    func salvaged(_ outcome: Salvage.Outcome) -> OpenedStore {
        let inventory = outcome.inventory
        let log = outcome.log
        let newest = inventory.segment(outcome.newest)
        let active = ActiveSegment(
            segment: segment(
                outcome.newest, inventory.storeID, capacity: newest?.capacity ?? 0),
            end: 0, slotGeneration: 0)
        var opened = OpenedStore(
            storeID: inventory.storeID, report: outcome.report, active: active,
            watermark: StreamOffset(sequence: outcome.newest, offset: 0))
        opened.start = log.start
        opened.compacted = log.compacted
        opened.last = log.last
        opened.metadata = log.metadata
        var files: [UInt64: Segment] = [:]
        for run in log.runs {
            let file = inventory.segment(run.sequence)
            let shared =
                files[run.sequence]
                ?? segment(
                    run.sequence, inventory.storeID, capacity: file?.capacity ?? 0,
                    indexOffset: file?.slot?.indexOffset)
            // Nothing of it is only in memory: its handle may be given up.
            shared.unpin()
            files[run.sequence] = shared
            var span = SegmentSpan(
                segment: shared, recordsEnd: 0, first: run.first, count: run.count)
            if let loss = run.loss {
                span.loss = SegmentSpan.Loss(
                    byteOffset: loss.byteOffset, offsets: run.offsets, terms: run.terms)
            } else if let offsets = run.offsets {
                span.index = SegmentIndex(first: run.first, offsets: offsets, runs: run.terms)
            }
            opened.segments.append(span)
        }
        opened.lostEnd = outcome.lostFrom.map {
            LogView.LostEnd(first: $0, file: directory.segmentPath(outcome.newest))
        }
        return opened
    }
}
