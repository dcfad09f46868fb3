internal import WALProtocol

/// Describing a store.
extension Inspector {
    func describe() throws(LogStoreError) -> StoreDescription {
        let outcome = try patiently { () throws(LogStoreError) in
            var recovery = LogRecovery(try inventory(), policy: .strict)
            return try recovery.run()
        }
        var description = StoreDescription(
            backend: "segment", formatVersion: SegmentFormat.version,
            storeID: outcome.inventory.storeID.hex)
        description.state = outcome.log.state
        description.metadataKeys = outcome.log.metadata.keys.sorted()
        description.recovery = outcome.report
        for segment in outcome.inventory.segments {
            description.segments.append(try describe(segment, outcome))
        }
        return description
    }

    fileprivate func describe(
        _ segment: Inventory.SegmentFile, _ outcome: LogRecovery.Outcome
    ) throws(LogStoreError) -> StoreDescription.Segment {
        let span = outcome.log.spans.first { $0.sequence == segment.sequence }
        let size = try Inventory.reading { () throws(SystemCallError) in try segment.file.size() }
        var live: UInt64 = 0
        var total: UInt64 = 0
        if segment.isValid {
            let scan = try Inventory.reading { () throws(SystemCallError) in
                try SegmentScanner.scan(
                    segment.file, seed: segment.seed,
                    counting: span.map { $0.first..<$0.endIndex } ?? 0..<0)
            }
            total = UInt64(scan.end)
            live = UInt64(scan.countedByteCount)
        }
        live = min(live, total)
        return StoreDescription.Segment(
            file: SegmentFormat.fileName(sequence: segment.sequence), sequence: segment.sequence,
            state: state(of: segment, span, outcome), first: span?.first,
            entryCount: span?.count ?? 0, liveByteCount: live, deadByteCount: total - live,
            fileByteCount: size)
    }

    fileprivate func state(
        of segment: Inventory.SegmentFile, _ span: ReplayedLog.Span?,
        _ outcome: LogRecovery.Outcome
    ) -> String {
        guard segment.sequence <= outcome.newest else {
            return segment.header == .blank ? "prepared" : "leftover"
        }
        if segment.sequence == outcome.newest { return outcome.cleanSlot == nil ? "open" : "clean" }
        return span == nil ? "leftover" : "sealed"
    }
}

extension ReplayedLog {
    /// The positions, all of which were read from the disk.
    var state: LogState {
        var state = LogState(compacted: compacted, last: last, durable: last)
        if let start, let last, last.index >= start { state.first = start }
        return state
    }
}
