internal import WALProtocol

/// Finds out what a store's files say, changing nothing: steps 1 to 3 of recovery (DESIGN.md).
struct LogRecovery {
    /// What was found out.
    struct Outcome {
        var inventory: Inventory
        var log: ReplayedLog
        /// The newest segment with records that count.
        var newest: UInt64
        /// Everything before this place is durable.
        var watermark: StreamOffset
        /// Set after a clean close: where the log goes on, in the newest segment.
        var cleanSlot: StatusSlot?
        /// The segments whose records were replayed, with the end of what counts in each.
        var replayed: [UInt64: SegmentScan] = [:]
        /// Bytes to be quarantined: what recovery cut.
        var torn: [(sequence: UInt64, start: Int, end: Int)] = []
        /// A blank segment that a clean close left prepared.
        var prepared: UInt64?
        var report = RecoveryReport()

        /// The footer at the end of a segment's records, if it is proven durable.
        func durableFooter(of span: ReplayedLog.Span) -> SegmentScan.Mark? {
            guard let scan = replayed[span.sequence], scan.endsWithFooter,
                UInt64(scan.end) == span.end,
                watermark >= StreamOffset(sequence: span.sequence, offset: span.end)
            else { return nil }
            return scan.last
        }
    }

    let inventory: Inventory
    var report = RecoveryReport()
    private var scans: [UInt64: SegmentScan] = [:]

    let policy: RecoveryPolicy

    init(_ inventory: Inventory, policy: RecoveryPolicy) {
        self.inventory = inventory
        self.policy = policy
    }

    /// Recovers, in memory.
    ///
    /// - Throws: `corrupt` for every row of the table that refuses; `io`.
    mutating func run() throws(LogStoreError) -> Outcome {
        report.findings.append(contentsOf: inventory.temporaries.map { .init(.leftover, file: $0) })
        guard let newest = inventory.segments.last(where: \.isValid) else {
            throw Self.corrupt(
                row: 6, "no segment has a valid header", inventory.segments[0], at: 0)
        }
        var outcome: Outcome
        if let slot = try cleanSlot(newest), isFollowedByPreparedOnly(newest) {
            outcome = try recoverCleanly(newest, slot)
        } else {
            outcome = try recoverFromRecords()
        }
        guard outcome.log.isWhole else {
            throw Self.corrupt(
                row: 9, "the entries are not those between the log's ends", newest, at: nil)
        }
        try checkOlderSegments(&outcome)
        report.entryCount = outcome.log.entryCount
        outcome.report = report
        return outcome
    }

    // MARK: - After a crash

    private mutating func recoverFromRecords() throws(LogStoreError) -> Outcome {
        report.stoppedCleanly = false
        let sealed = inventory.segments.last { $0.slot?.state == .sealed }
        let open = inventory.segments.filter {
            $0.sequence > sealed?.sequence ?? 0 || sealed == nil
        }
        guard !open.isEmpty else {
            throw Self.corrupt(
                row: 6, "the segment after it is missing", sealed ?? inventory.segments[0], at: nil)
        }
        // The newest first: beside a live writer a watermark that was read then covers only what
        // is there when the segments before it are read.
        for segment in open.reversed() { try scan(segment) }
        let watermark = try provenWatermark(open)
        let run = Self.run(open, watermark)
        let (anchor, head) = try anchor(run)
        return try replay(from: anchor, head, watermark)
    }

    /// The consecutive segments to replay.
    ///
    /// What stands behind a gap counts only if something of it is proven durable: then what was in
    /// the gap was let go. Otherwise a crash took the names.
    private static func run(
        _ open: [Inventory.SegmentFile], _ watermark: StreamOffset
    ) -> [Inventory.SegmentFile] {
        var run: [Inventory.SegmentFile] = []
        for segment in open.reversed() {
            if let lowest = run.first, segment.sequence + 1 != lowest.sequence {
                if watermark.sequence >= lowest.sequence { break }
                run = []
            }
            run.insert(segment, at: 0)
        }
        return run
    }

    private mutating func scan(_ segment: Inventory.SegmentFile) throws(LogStoreError) {
        guard scans[segment.sequence] == nil else { return }
        let scan = try Inventory.reading { () throws(SystemCallError) in
            try SegmentScanner.scan(segment.file, seed: segment.seed)
        }
        scans[segment.sequence] = scan
        report.scannedByteCount += scan.byteCount
    }

    /// The greatest place that anything proves durable: rows 2 and 4 differ by it.
    private func provenWatermark(
        _ open: [Inventory.SegmentFile]
    ) throws(LogStoreError) -> StreamOffset {
        var proven = StreamOffset(sequence: 0, offset: 0)
        for segment in inventory.segments {
            for slot in segment.slots where slot.state != .open {
                proven = max(proven, StreamOffset(sequence: segment.sequence, offset: slot.end))
            }
            if segment.durableAtBirth > 0 {
                proven = max(
                    proven,
                    StreamOffset(sequence: segment.sequence, offset: segment.durableAtBirth))
            }
        }
        for segment in open {
            if let found = scans[segment.sequence]?.watermark { proven = max(proven, found) }
            if let head = try checkpoint(of: segment) { proven = max(proven, head.watermark) }
        }
        return proven
    }

    /// The checkpoint at the head of a segment, if header and checkpoint are valid.
    ///
    /// - Throws: `io`: what could not be read is neither damaged nor absent.
    private func checkpoint(
        of segment: Inventory.SegmentFile
    ) throws(LogStoreError) -> Checkpoint? {
        guard segment.isValid, let first = scans[segment.sequence]?.first,
            first.type == .checkpoint, first.offset == SegmentFormat.headerBlockByteCount
        else { return nil }
        return try checkpoint(of: segment, at: first.offset)
    }

    private func checkpoint(
        of segment: Inventory.SegmentFile, at offset: Int
    ) throws(LogStoreError) -> Checkpoint? {
        do throws(LogStoreError) {
            return try RecordReader.read(
                segment.file, at: offset, seed: segment.seed, expecting: .checkpoint
            ).decode { Checkpoint($0, in: segment.sequence) }
        } catch {
            guard error.code == .corrupt else { throw error }
            return nil
        }
    }

    /// The segment whose checkpoint the replay starts from.
    private func anchor(
        _ run: [Inventory.SegmentFile]
    ) throws(LogStoreError) -> (Inventory.SegmentFile, Checkpoint) {
        // A segment that was made by recovery stands for everything before it.
        if let born = run.last(where: { $0.durableAtBirth > 0 }) {
            guard let head = try checkpoint(of: born) else {
                throw Self.corrupt(
                    row: 4, "the checkpoint is damaged", born,
                    at: SegmentFormat.headerBlockByteCount)
            }
            return (born, head)
        }
        guard let lowest = run.first else { preconditionFailure("a run has a segment") }
        if let head = try checkpoint(of: lowest) { return (lowest, head) }
        // Row 4: the segment before is sealed once this one's head is durable.
        throw Self.corrupt(
            row: 4, "header or checkpoint are damaged", lowest,
            at: lowest.isValid ? SegmentFormat.headerBlockByteCount : 0)
    }

    private mutating func replay(
        from anchor: Inventory.SegmentFile, _ head: Checkpoint, _ watermark: StreamOffset
    ) throws(LogStoreError) -> Outcome {
        var outcome = Outcome(
            inventory: inventory, log: ReplayedLog(head), newest: anchor.sequence,
            watermark: watermark)
        var cut = StreamOffset(sequence: anchor.sequence, offset: 0)
        var segment = anchor
        var isTorn = false
        while true {
            guard let scan = scans[segment.sequence] else { break }
            if segment.sequence != anchor.sequence {
                guard let head = try checkpoint(of: segment) else { break }
                guard outcome.log.agrees(with: head) else {
                    throw Self.corrupt(
                        row: 10, "the checkpoint contradicts the records before it", segment,
                        at: SegmentFormat.headerBlockByteCount)
                }
            }
            outcome.newest = segment.sequence
            let end = try apply(scan, of: segment, to: &outcome.log)
            outcome.replayed[segment.sequence] = scan
            outcome.replayed[segment.sequence]?.dropEntries()
            scans[segment.sequence]?.dropEntries()
            cut = StreamOffset(sequence: segment.sequence, offset: UInt64(end))
            // A file has its full size before it has a record.
            isTorn = scan.isTorn || end < scan.end || scan.fileByteCount < segment.capacity
            setEnd(end, of: segment.sequence, in: &outcome.log)
            if scan.garbageEnd > end {
                outcome.torn.append((segment.sequence, end, scan.garbageEnd))
            }
            guard !isTorn, scan.endsWithFooter, let next = inventory.segment(segment.sequence + 1)
            else { break }
            segment = next
        }
        try judge(cut, isTorn: isTorn, &outcome)
        return outcome
    }

    private func setEnd(_ end: Int, of sequence: UInt64, in log: inout ReplayedLog) {
        if let place = log.spans.lastIndex(where: { $0.sequence == sequence }) {
            log.spans[place].end = UInt64(end)
        }
    }

    /// Applies whole units.
    ///
    /// - Returns: the end of the last whole unit.
    private func apply(
        _ scan: SegmentScan, of segment: Inventory.SegmentFile, to log: inout ReplayedLog
    ) throws(LogStoreError) -> Int {
        let entryCount = scan.offsets.partitionPoint { $0 >= scan.unitsEnd }
        for item in scan.items {
            switch item {
            case .entries(let run) where run.places.lowerBound < entryCount:
                let places = run.places.clamped(to: 0..<entryCount)
                let offsets = scan.offsets[places]
                if !log.append(from: run.first, at: offsets, sequence: segment.sequence) {
                    throw Self.doesNotFollow(.entry, segment, offsets.first, run.first.index)
                }
            case .change(let record) where record.end <= scan.unitsEnd:
                try apply(record, of: segment, to: &log)
            case .entries, .change:
                return scan.unitsEnd
            }
        }
        return scan.unitsEnd
    }

    private func apply(
        _ record: ScannedRecord, of segment: Inventory.SegmentFile, to log: inout ReplayedLog
    ) throws(LogStoreError) {
        let header = record.header
        let position = LogPosition(term: header.term, index: header.index)
        let isAbsent = header.flags & RecordFlags.absent != 0
        var follows = true
        switch header.type {
        case .truncate:
            follows = log.truncate(from: header.index, lastTerm: header.term)
        case .compact:
            follows = log.compact(through: position)
        case .reset:
            follows = log.reset(to: isAbsent ? nil : position)
        case .metadata:
            let whole = try RecordReader.read(
                segment.file, at: record.offset, seed: segment.seed, expecting: .metadata,
                byteCount: header.recordByteCount)
            guard let (key, value) = whole.decode(MetadataRecord.decode) else {
                throw Self.corrupt(
                    row: 9, "the metadata record makes no sense", segment, at: record.offset)
            }
            log.metadata[key] = isAbsent ? nil : value
        case .entry, .watermark, .checkpoint, .index: break
        }
        guard follows else {
            throw Self.doesNotFollow(
                header.type, segment, UInt32(truncatingIfNeeded: record.offset), header.index)
        }
    }

    private static func doesNotFollow(
        _ type: RecordType, _ segment: Inventory.SegmentFile, _ offset: UInt32?, _ index: LogIndex
    ) -> LogStoreError {
        corrupt(
            row: 9, "the \(type) record does not follow from those before", segment,
            at: offset.map { Int($0) }, index: index)
    }

    /// Decides about the place where the records end.
    private mutating func judge(
        _ cut: StreamOffset, isTorn: Bool, _ outcome: inout Outcome
    ) throws(LogStoreError) {
        guard let newest = inventory.segment(outcome.newest) else { return }
        let discarded = inventory.segments.filter { $0.sequence > outcome.newest }
        let hasDiscardedBytes = discarded.contains {
            $0.header != .blank || (scans[$0.sequence].map { $0.garbageEnd > 4096 } ?? true)
        }
        let row = RecoveryTable.row(
            for: .init(
                place: .newest,
                found: isTorn || outcome.watermark > cut ? .badRecord : .validRecords,
                isCleanStop: isTorn
                    && (hasDamagedMark(newest, outcome) || wasClosed(at: cut, newest, outcome)),
                isProvenDurable: outcome.watermark > cut))
        let lostFrom = outcome.log.last.map { $0.index + 1 } ?? 0
        switch row.decision {
        case .refuse where acceptsLoss(from: lostFrom):
            report.findings.append(.init(.tornTail, file: Self.name(newest)))
            // Metadata that was written after the first damage goes with the entries.
            report.lostRanges = [LostRange(indexes: lostFrom..<LogIndex.max)]
            report.isEndLost = true
            report.isMetadataUncertain = true
            outcome.watermark = min(outcome.watermark, cut)
        case .refuse where outcome.watermark <= cut:
            throw Self.corrupt(
                row: row.number,
                "a status slot is damaged or missing, and it was written when everything was "
                    + "synced: so this is damage, too, and no torn tail", newest,
                at: Int(cut.offset))
        case .refuse:
            throw Self.corrupt(
                row: row.number,
                "a record is damaged that was durable: up to offset "
                    + "\(outcome.watermark.offset) of segment \(outcome.watermark.sequence)",
                newest, at: Int(cut.offset), index: outcome.log.last.map { $0.index + 1 })
        case .cutAndCopyForward:
            report.findings.append(.init(.tornTail, file: Self.name(newest)))
        default:
            report.findings.append(.init(.clean, file: Self.name(newest)))
        }
        for segment in discarded {
            let end = scans[segment.sequence]?.garbageEnd ?? 0
            report.findings.append(.init(.emptyTail, file: Self.name(segment)))
            if segment.header != .blank || end > SegmentFormat.headerBlockByteCount {
                outcome.torn.append((segment.sequence, 0, end))
            }
        }
        if discarded.isEmpty {
            let name = SegmentFormat.fileName(sequence: outcome.newest + 1)
            report.findings.append(.init(.rotationInterrupted, file: name))
        }
        if isTorn || hasDiscardedBytes {
            report.tornByteCount = outcome.torn.reduce(0) { $0 + UInt64($1.end - $1.start) }
            report.tornFromIndex = outcome.log.last.map { $0.index + 1 }
            report.verdict = .ambiguous
        }
    }

    /// Whether the policy lets everything from an index on go.
    private func acceptsLoss(from index: LogIndex) -> Bool {
        guard case .truncateTail(let acceptingLossFrom) = policy else { return false }
        return index >= acceptingLossFrom
    }

    // MARK: - Older segments

    /// Rows 8 to 11: every live segment before the newest has to be there.
    private mutating func checkOlderSegments(_ outcome: inout Outcome) throws(LogStoreError) {
        for place in outcome.log.spans.indices {
            let span = outcome.log.spans[place]
            guard let segment = inventory.segment(span.sequence) else {
                throw .corrupt(
                    "the segment is missing (recovery row 10)",
                    file: SegmentFormat.fileName(sequence: span.sequence), index: span.first)
            }
            guard segment.isValid else {
                throw Self.corrupt(
                    row: 9, "the header is damaged", segment, at: 0, index: span.first)
            }
            guard span.offsets == nil else { continue }
            if segment.slot?.state == .sealed, segment.slot?.indexOffset != 0 { continue }
            try rebuildFooter(segment, place, &outcome)
        }
        let live = Set(outcome.log.spans.map(\.sequence))
        for segment in inventory.segments
        where segment.sequence < outcome.newest && !live.contains(segment.sequence) {
            report.findings.append(.init(.leftover, file: Self.name(segment)))
        }
    }

    /// Row 8: a crash came before the status slot was written, so the records are read.
    private mutating func rebuildFooter(
        _ segment: Inventory.SegmentFile, _ place: Int, _ outcome: inout Outcome
    ) throws(LogStoreError) {
        let span = outcome.log.spans[place]
        let scan = try Inventory.reading { () throws(SystemCallError) in
            try SegmentScanner.scan(
                segment.file, seed: segment.seed, limit: Int(clamping: span.end))
        }
        report.scannedByteCount += scan.byteCount
        guard UInt64(scan.end) == span.end, let head = scan.first,
            let checkpoint = try checkpoint(of: segment, at: head.offset)
        else {
            throw Self.corrupt(
                row: 9, "a record is damaged", segment, at: scan.end, index: span.first)
        }
        var log = ReplayedLog(checkpoint)
        _ = try apply(scan, of: segment, to: &log)
        guard let found = log.spans.last(where: { $0.sequence == span.sequence }),
            found.first <= span.first, found.endIndex >= span.endIndex, let offsets = found.offsets
        else {
            throw Self.corrupt(
                row: 9, "the records do not hold the entries they should", segment,
                at: scan.end, index: span.first)
        }
        let skip = Int(span.first - found.first)
        outcome.log.spans[place].offsets = Array(offsets.dropFirst(skip).prefix(Int(span.count)))
        var runs = found.runs
        runs.truncate(from: span.endIndex)
        runs.begin(at: span.first)
        outcome.log.spans[place].runs = runs
        report.findings.append(.init(.footerRebuilt, file: Self.name(segment)))
    }

    // MARK: - Errors

    static func name(_ segment: Inventory.SegmentFile) -> String {
        SegmentFormat.fileName(sequence: segment.sequence)
    }

    static func corrupt(
        row: Int, _ what: String, _ segment: Inventory.SegmentFile, at offset: Int?,
        index: LogIndex? = nil
    ) -> LogStoreError {
        .corrupt(
            "\(what) (recovery row \(row))", file: segment.path,
            byteOffset: offset.map { UInt64($0) }, index: index)
    }
}

extension RecordReader.WholeRecord {
    /// Decodes the payload.
    func decode<T>(_ decoder: (UnsafeRawBufferPointer) -> T?) -> T? {
        bytes.withUnsafeBytes {
            decoder(UnsafeRawBufferPointer(rebasing: $0[SegmentFormat.recordHeaderByteCount..<end]))
        }
    }
}
