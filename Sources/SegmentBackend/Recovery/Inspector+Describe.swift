internal import WALProtocol

/// Describing a store.
extension Inspector {
    /// What is known of a segment before its records are read.
    private struct Known: Sendable {
        var segment: Inventory.SegmentFile
        var state: String
        var first: LogIndex?
        var entryCount: UInt64 = 0
        /// Where its records have to end, at least.
        var end: UInt64 = 0

        var entries: Range<LogIndex> {
            guard let first else { return 0..<0 }
            let (end, overflow) = first.addingReportingOverflow(entryCount)
            return first..<(overflow ? .max : end)
        }
    }

    func describe() throws(LogStoreError) -> StoreDescription {
        let outcome: LogRecovery.Outcome
        do throws(LogStoreError) {
            outcome = try patiently { () throws(LogStoreError) in
                var recovery = LogRecovery(try inventory(), policy: .strict)
                return try recovery.run()
            }
        } catch {
            guard error.code == .corrupt else { throw error }
            return try describeDamaged(refusedFor: error)
        }
        var description = StoreDescription(
            backend: "segment", formatVersion: SegmentFormat.version,
            storeID: outcome.inventory.storeID.hex)
        description.state = outcome.log.state
        description.metadataKeys = outcome.log.metadata.keys.sorted()
        description.recovery = outcome.report
        let known = outcome.inventory.segments.map { segment in
            let span = outcome.log.spans.first { $0.sequence == segment.sequence }
            let isNewest = segment.sequence == outcome.newest
            return Known(
                segment: segment, state: state(of: segment, span, outcome), first: span?.first,
                entryCount: span?.count ?? 0,
                end: (isNewest ? outcome.cleanSlot?.end : segment.sealedEnd) ?? span?.end ?? 0)
        }
        description.segments = try map(known) { (known) throws(LogStoreError) in
            try self.describe(known)
        }
        if description.segments.contains(where: { $0.damagedByteCount > 0 }) {
            description.findings = try verify().findings
        }
        return description
    }

    private func state(
        of segment: Inventory.SegmentFile, _ span: ReplayedLog.Span?,
        _ outcome: LogRecovery.Outcome
    ) -> String {
        guard segment.sequence <= outcome.newest else {
            return segment.header == .blank ? "prepared" : "leftover"
        }
        if segment.sequence == outcome.newest { return outcome.cleanSlot == nil ? "open" : "clean" }
        return span == nil ? "leftover" : "sealed"
    }

    // MARK: - One segment

    private static let headByteCount = UInt64(SegmentFormat.headerBlockByteCount)

    /// Reads a segment's records and adds up what they take.
    private func describe(_ known: Known) throws(LogStoreError) -> StoreDescription.Segment {
        let segment = known.segment
        var description = StoreDescription.Segment(
            file: SegmentFormat.fileName(sequence: segment.sequence), sequence: segment.sequence,
            state: known.state, first: known.first, entryCount: known.entryCount,
            liveByteCount: 0, deadByteCount: 0, fileByteCount: 0)
        try Inventory.reading { () throws(SystemCallError) in
            var size = try segment.file.size()
            if let clipped = segment.file as? ClippedFile { size = try clipped.wholeByteCount() }
            description.fileByteCount = size
            guard segment.isValid || known.entryCount > 0 else {
                description.freeByteCount = size
                return
            }
            let scan = try SegmentScanner.scan(
                segment.file, seed: segment.seed, counting: known.entries)
            if UInt64(scan.end) < known.end || !segment.isValid {
                return try survey(known, &description)
            }
            // What a crash left behind the end takes room, too.
            let used = UInt64(max(scan.end, scan.garbageEnd))
            description.liveByteCount = UInt64(scan.countedByteCount)
            if known.entryCount > 0 { description.liveByteCount += Self.headByteCount }
            description.deadByteCount = used - min(used, description.liveByteCount)
            description.freeByteCount = size - min(size, used)
        }
        return description
    }

    /// Adds up what a damaged segment holds.
    private func survey(
        _ known: Known, _ description: inout StoreDescription.Segment
    ) throws(SystemCallError) {
        let survey = try SegmentSurvey.take(known.segment.file, seed: known.segment.seed)
        description.state = "damaged"
        var live = known.entryCount > 0 && known.segment.isValid ? Self.headByteCount : 0
        for record in survey.records
        where record.header.type == .entry && known.entries.contains(record.header.index) {
            live += UInt64(record.header.recordByteCount)
        }
        let size = description.fileByteCount
        // Zeros where records stood are damage, too.
        let end = min(max(UInt64(survey.end), known.end), size)
        var damaged = end - min(end, UInt64(survey.end))
        for gap in survey.gaps { damaged += UInt64(gap.count) }
        if !known.segment.isValid { damaged += Self.headByteCount }
        damaged = min(damaged, end)
        description.damagedByteCount = damaged
        description.liveByteCount = min(live, end - damaged)
        description.deadByteCount = end - damaged - description.liveByteCount
        description.freeByteCount = size - end
    }

    // MARK: - A store that recovery refuses

    /// Describes what is left, in the words of a salvage.
    private func describeDamaged(
        refusedFor reason: LogStoreError
    ) throws(LogStoreError) -> StoreDescription {
        var description = StoreDescription(
            backend: "segment", formatVersion: SegmentFormat.version, storeID: "")
        description.findings = try verifyDamaged(refusedFor: reason).findings
        let inventory: Inventory
        let outcome: Salvage.Outcome
        do throws(LogStoreError) {
            inventory = try self.inventory(isLenient: true)
            description.storeID = inventory.storeID.hex
            var salvage = Salvage(inventory)
            outcome = try salvage.run()
        } catch {
            guard error.code == .corrupt else { throw error }
            return description
        }
        description.state = outcome.log.state
        description.metadataKeys = outcome.log.metadata.keys.sorted()
        description.recovery = outcome.report
        let damaged = Set(description.findings.compactMap(\.error.context.file))
        var known: [Known] = []
        for segment in inventory.segments {
            let runs = outcome.log.runs.filter { $0.sequence == segment.sequence }
            let isNewest = segment.sequence == outcome.newest
            let state =
                if damaged.contains(segment.path) {
                    "damaged"
                } else if segment.sequence > outcome.newest {
                    segment.header == .blank ? "prepared" : "leftover"
                } else if isNewest { "open" } else { runs.isEmpty ? "leftover" : "sealed" }
            known.append(
                Known(
                    segment: segment, state: state, first: runs.first?.first,
                    entryCount: (runs.last?.end ?? 0) - (runs.first?.first ?? 0),
                    end: runs.isEmpty && !isNewest ? 0 : outcome.ends[segment.sequence] ?? 0))
        }
        description.segments = try map(known) { (known) throws(LogStoreError) in
            try self.describe(known)
        }
        description.segments += absent(outcome)
        description.segments.sort { ($0.sequence, $0.file) < ($1.sequence, $1.file) }
        return description
    }

    /// The segments that are not there, or are another's.
    private func absent(_ outcome: Salvage.Outcome) -> [StoreDescription.Segment] {
        var segments: [StoreDescription.Segment] = []
        let inventory = outcome.inventory
        for run in outcome.log.runs where inventory.segment(run.sequence) == nil {
            if let last = segments.indices.last, segments[last].sequence == run.sequence {
                segments[last].entryCount += run.count
                continue
            }
            let name = SegmentFormat.fileName(sequence: run.sequence)
            segments.append(
                StoreDescription.Segment(
                    file: name, sequence: run.sequence,
                    state: inventory.foreign.contains(name) ? "foreign" : "missing",
                    first: run.first, entryCount: run.count, liveByteCount: 0, deadByteCount: 0,
                    fileByteCount: 0))
        }
        let known = Set(segments.map(\.file))
        for name in inventory.foreign where !known.contains(name) {
            segments.append(
                StoreDescription.Segment(
                    file: name, sequence: SegmentFormat.sequence(fileName: name) ?? 0,
                    state: "foreign", first: nil, entryCount: 0, liveByteCount: 0,
                    deadByteCount: 0, fileByteCount: 0))
        }
        return segments
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
