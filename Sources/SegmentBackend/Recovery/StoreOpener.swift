internal import WALProtocol

/// What a store starts from.
struct OpenedStore {
    var storeID: StoreID
    var lock: (any FileLock)?
    var report: RecoveryReport
    var segments: [SegmentSpan] = []
    var blocks: [BlockSpan] = []
    var start: LogIndex?
    var compacted: LogPosition?
    var last: LogPosition?
    var metadata: [MetadataKey: [UInt8]] = [:]
    var active: ActiveSegment
    var watermark: StreamOffset
    /// Set if the end of a salvaged log is lost.
    var lostEnd: LogView.LostEnd?
    /// Set if the store was opened for reading: where its records end.
    var streamStart: RecordStream.Start?
    var owesWatermark = false
    var prepared: SegmentPreparation.Prepared?
    /// Paths to be removed once the store is open.
    var leftovers: [String] = []
}

/// Opens or creates a store: locks, recovers, and carries out what recovery decided.
struct StoreOpener {
    let directory: StoreDirectory
    let options: SegmentStore.Options

    private var fileSystem: any FileSystem { options.fileSystem }

    func open() throws(LogStoreError) -> OpenedStore {
        guard options.policy != .salvage || options.access == .readOnly else {
            throw .invalidArgument("salvage opens a store for reading only")
        }
        if options.access == .readOnly {
            try verify()
            return try openReadOnly()
        }
        try directory.create()
        let lock: (any FileLock)?
        do throws(SystemCallError) {
            lock = try fileSystem.lock(directory.path(SegmentFormat.lockFileName))
        } catch {
            throw LogStoreError(error)
        }
        guard let lock else { throw .locked(path: directory.path) }
        do throws(LogStoreError) {
            try verify()
            return try openLocked(lock)
        } catch {
            lock.release()
            throw error
        }
    }

    /// Refuses a damaged store before anything is changed, if that was asked for.
    private func verify() throws(LogStoreError) {
        guard options.verifiesOnOpen, options.policy == .strict else { return }
        let report: VerificationReport
        do throws(LogStoreError) {
            report =
                fileSystem is POSIXFileSystem
                ? try SegmentStore.verify(at: directory.path)
                : try SegmentStore.verify(at: directory.path, on: fileSystem)
        } catch {
            // There is nothing to check yet.
            guard error.code == .unavailable else { throw error }
            return
        }
        if let refusal = LogStoreError.refusal(for: report.damages) { throw refusal }
    }

    private func openLocked(_ lock: any FileLock) throws(LogStoreError) -> OpenedStore {
        guard let inventory = try Inventory.take(directory) else {
            let storeID =
                options.number.map { StoreID(low: $0.low, high: $0.high) }
                ?? StoreID(low: options.randomNumbers(), high: options.randomNumbers())
            var opened = try makeStore(storeID)
            opened.lock = lock
            return opened
        }
        var recovery = LogRecovery(inventory, policy: options.policy)
        let outcome = try recovery.run()
        let last = outcome.cleanSlot == nil ? try lastProven(outcome) : nil
        var opened: OpenedStore
        do throws(SystemCallError) {
            if inventory.lacksIdentity {
                try directory.writeAtomically(
                    StoreIdentity.encode(inventory.storeID), name: SegmentFormat.identityFileName)
            }
            if let slot = outcome.cleanSlot {
                opened = try continueCleanly(outcome, slot)
            } else {
                opened = try copyForward(outcome, lastProven: last)
            }
        } catch {
            throw LogStoreError(error)
        }
        opened.lock = lock
        return opened
    }

    // MARK: - A new store

    /// Creates the first segment, and the identity file once the segment is durable.
    private func makeStore(_ storeID: StoreID) throws(LogStoreError) -> OpenedStore {
        do throws(SystemCallError) {
            try directory.makeOwnNameDurable()
            let capacity = options.capacity(of: 1, after: nil, needed: 0)
            let head = Self.head(
                storeID, sequence: 1, capacity: capacity, Checkpoint())
            let file = try directory.makeSegment(sequence: 1, capacity: capacity, head: head)
            try directory.writeAtomically(
                StoreIdentity.encode(storeID), name: SegmentFormat.identityFileName)
            var report = RecoveryReport()
            report.findings = [.init(.clean, file: SegmentFormat.fileName(sequence: 1))]
            return OpenedStore(
                storeID: storeID, report: report,
                active: ActiveSegment(
                    segment: segment(1, storeID, capacity: capacity, handle: file),
                    end: head.count, slotGeneration: 0),
                watermark: StreamOffset(sequence: 1, offset: UInt64(head.count)))
        } catch {
            throw LogStoreError(error)
        }
    }

    /// Header block and checkpoint of a segment that is durable before it has its name.
    ///
    /// - Parameter recordsEnd: The end of the records behind them, if there are any.
    private static func head(
        _ storeID: StoreID, sequence: UInt64, capacity: Int, _ checkpoint: Checkpoint,
        recordsEnd: Int = 0
    ) -> [UInt8] {
        let seed = SegmentFormat.seed(storeID: storeID, sequence: sequence)
        let payload = checkpoint.encode()
        let start = SegmentFormat.headerBlockByteCount
        let recordsStart = start + SegmentFormat.recordByteCount(payload: payload.count)
        var bytes = [UInt8](repeating: 0, count: recordsStart)
        bytes.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            SegmentHeader(
                storeID: storeID, sequence: sequence, capacity: UInt64(capacity),
                durableAtBirth: UInt64(max(recordsStart, recordsEnd))
            ).encode(to: base)
            payload.withUnsafeBytes {
                RecordHeader(type: .checkpoint, payloadByteCount: payload.count).encode(
                    to: base + start, seed: seed.seed(at: start), payload: $0)
            }
        }
        return bytes
    }

    func segment(
        _ sequence: UInt64, _ storeID: StoreID, capacity: Int, handle: (any File)? = nil,
        indexOffset: UInt64? = nil, index: SegmentIndex? = nil
    ) -> Segment {
        Segment(
            sequence: sequence, path: directory.segmentPath(sequence),
            seed: SegmentFormat.seed(storeID: storeID, sequence: sequence), capacity: capacity,
            fileSystem: fileSystem, handle: handle, indexOffset: indexOffset, index: index)
    }

    // MARK: - After a clean close

    private func continueCleanly(
        _ outcome: LogRecovery.Outcome, _ slot: StatusSlot
    ) throws(SystemCallError) -> OpenedStore {
        let path = directory.segmentPath(outcome.newest)
        let file = try fileSystem.open(path, .readWrite)
        let capacity = outcome.inventory.segment(outcome.newest)?.capacity ?? 0
        var active = ActiveSegment(
            segment: segment(
                outcome.newest, outcome.inventory.storeID, capacity: capacity, handle: file),
            end: Int(clamping: slot.end), slotGeneration: slot.generation)
        active.cleanMark = slot
        var opened = makeOpened(outcome, active)
        if let sequence = outcome.prepared {
            let file = try fileSystem.open(directory.segmentPath(sequence), .readWrite)
            // Whoever gave it its name may have failed to make that durable.
            opened.prepared = SegmentPreparation.Prepared(
                sequence: sequence, capacity: Int(clamping: try file.size()), file: file,
                isNameDurable: false)
        }
        return opened
    }

    /// What both ways have in common; the newest segment's entries become a block without bytes.
    private func makeOpened(
        _ outcome: LogRecovery.Outcome, _ active: ActiveSegment
    ) -> OpenedStore {
        let log = outcome.log
        var opened = OpenedStore(
            storeID: outcome.inventory.storeID, report: outcome.report, active: active,
            watermark: outcome.watermark)
        opened.start = log.start
        opened.compacted = log.compacted
        opened.last = log.last
        opened.metadata = log.metadata
        for span in log.spans {
            if span.sequence == active.segment.sequence {
                opened.active.first = span.first
                opened.active.runs = span.runs
                opened.blocks = [
                    BlockSpan(
                        place: .file(
                            BlockSpan.Cold(
                                segment: active.segment, offsets: span.offsets ?? [],
                                terms: span.runs)),
                        first: span.first, count: Int(span.count))
                ]
            } else {
                opened.segments.append(older(span, outcome.inventory))
            }
        }
        opened.leftovers = leftovers(outcome)
        return opened
    }

    private func older(_ span: ReplayedLog.Span, _ inventory: Inventory) -> SegmentSpan {
        let file = inventory.segment(span.sequence)
        var indexOffset = span.indexOffset
        var index: SegmentIndex?
        if let offsets = span.offsets, indexOffset == nil {
            index = SegmentIndex(first: span.first, offsets: offsets, runs: span.runs)
        } else {
            indexOffset = indexOffset ?? file?.slot?.indexOffset
        }
        return SegmentSpan(
            segment: segment(
                span.sequence, inventory.storeID, capacity: file?.capacity ?? 0,
                indexOffset: indexOffset, index: index),
            recordsEnd: span.end, first: span.first, count: span.count)
    }

    /// Segments below the newest that hold nothing live, and unfinished files.
    private func leftovers(_ outcome: LogRecovery.Outcome) -> [String] {
        let live = Set(outcome.log.spans.map(\.sequence))
        return outcome.inventory.temporaries.map { directory.path($0) }
            + outcome.inventory.segments
            .filter { $0.sequence < outcome.newest && !live.contains($0.sequence) }
            .map(\.path)
    }

    // MARK: - After a crash

    /// Steps 4 and 5 of recovery: what no watermark covers is copied to a new segment, which is
    /// synced, and only then given its name.
    ///
    /// That rename is the commit point: before it everything is as it was, after it the new
    /// segment's checkpoint stands for all that came before.
    private func copyForward(
        _ outcome: LogRecovery.Outcome, lastProven last: LogPosition?
    ) throws(SystemCallError) -> OpenedStore {
        var outcome = outcome
        try quarantine(&outcome)
        let inventory = outcome.inventory
        let sequence = (inventory.segments.last?.sequence ?? 0) + 1
        var (proven, doubted) = split(outcome)
        var checkpoint = Checkpoint()
        checkpoint.compacted = outcome.log.compacted
        checkpoint.metadata = outcome.log.metadata
        checkpoint.watermark = outcome.watermark
        checkpoint.segments = proven.map {
            Checkpoint.LiveSegment(
                sequence: $0.sequence, end: $0.end, first: $0.first, count: $0.count)
        }
        if let last {
            checkpoint.first = outcome.log.start
            checkpoint.last = last
        } else {
            checkpoint.last = outcome.log.compacted
        }
        let headByteCount =
            SegmentFormat.headerBlockByteCount
            + SegmentFormat.recordByteCount(payload: checkpoint.encode().count)
        let seed = SegmentFormat.seed(storeID: inventory.storeID, sequence: sequence)
        var copied = SegmentIndex(first: 0, offsets: [], runs: [])
        var end = headByteCount
        var capacity = 0
        let file = try directory.makeSegment(sequence: sequence) { (file) throws(SystemCallError) in
            var copy = EntryCopy(to: file, at: headByteCount, seed: seed)
            for span in doubted {
                guard let segment = inventory.segment(span.sequence) else { continue }
                try copy.append(span.offsets ?? [], first: span.first, of: segment)
            }
            try copy.writeOut()
            end = copy.end
            copied = SegmentIndex(
                first: doubted.first?.first ?? 0, offsets: copy.offsets, runs: copy.runs)
            let footer = SegmentIndex.byteCount(
                entries: copied.offsets.count, runs: copied.runs.count + 1)
            // Capacities start small again: filling a large segment with zeros now would be most
            // of the time that opening after a crash takes.
            capacity = options.capacity(
                of: sequence, after: nil,
                needed: end + footer + 4 * SegmentFormat.controlReserveByteCount)
            let head = Self.head(
                inventory.storeID, sequence: sequence, capacity: capacity, checkpoint,
                recordsEnd: end)
            try file.writeAll(head, at: 0)
            return end..<capacity
        }

        // From here on everything may fail or be interrupted, and is done again next time.
        for place in proven.indices where proven[place].offsets != nil {
            proven[place].indexOffset = (try? finish(proven[place], outcome)) ?? nil
        }
        if let first = doubted.first {
            outcome.report.findings.append(
                .init(.copiedForward, file: SegmentFormat.fileName(sequence: first.sequence)))
        }
        var active = ActiveSegment(
            segment: segment(sequence, inventory.storeID, capacity: capacity, handle: file),
            end: end, slotGeneration: 0)
        active.runs = copied.runs
        outcome.log.spans = proven
        outcome.newest = sequence
        if let first = doubted.first {
            outcome.log.spans.append(
                ReplayedLog.Span(
                    sequence: sequence, end: UInt64(end), first: first.first,
                    count: UInt64(copied.offsets.count), offsets: copied.offsets,
                    runs: copied.runs))
        }
        outcome.watermark = StreamOffset(sequence: sequence, offset: UInt64(end))
        return makeOpened(outcome, active)
    }

    /// The last entry that stays in its file; `nil` if none does.
    ///
    /// Its term may be known to a footer only, which is read before anything is written: if that is
    /// damaged, the store is, and the disk has no part in it.
    private func lastProven(
        _ outcome: LogRecovery.Outcome
    ) throws(LogStoreError) -> LogPosition? {
        let (proven, doubted) = split(outcome)
        guard let last = proven.last else { return nil }
        let index = last.endIndex - 1
        var term = doubted.isEmpty ? outcome.log.last?.term ?? 0 : last.runs.term(at: index)
        if term == nil {
            let cache = SegmentCache(limit: 1, footerByteCountMax: .max)
            term = try older(last, outcome.inventory).segment.loadIndex(cache).term(at: index)
        }
        return LogPosition(term: term ?? 0, index: index)
    }

    /// Parts the entries at the watermark.
    private func split(
        _ outcome: LogRecovery.Outcome
    ) -> (proven: [ReplayedLog.Span], doubted: [ReplayedLog.Span]) {
        var proven: [ReplayedLog.Span] = []
        var doubted: [ReplayedLog.Span] = []
        for span in outcome.log.spans {
            guard let offsets = span.offsets, outcome.replayed[span.sequence] != nil else {
                proven.append(span)
                continue
            }
            let covered = offsets.partitionPoint {
                StreamOffset(sequence: span.sequence, offset: UInt64($0)) >= outcome.watermark
            }
            let boundary = span.first + LogIndex(covered)
            if covered > 0 {
                var part = span
                part.count = UInt64(covered)
                part.offsets = Array(offsets.prefix(covered))
                part.runs.truncate(from: boundary)
                if outcome.watermark.sequence == span.sequence {
                    part.end = min(part.end, outcome.watermark.offset)
                }
                proven.append(part)
            }
            if covered < offsets.count {
                var part = span
                part.first = boundary
                part.count = span.count - UInt64(covered)
                part.offsets = Array(offsets.dropFirst(covered))
                part.runs.begin(at: boundary)
                doubted.append(part)
            }
        }
        return (proven, doubted)
    }

    /// Keeps what was cut: no policy deletes bytes.
    private func quarantine(_ outcome: inout LogRecovery.Outcome) throws(SystemCallError) {
        guard !outcome.torn.isEmpty else { return }
        let folder = directory.path(SegmentFormat.quarantineName)
        if try fileSystem.kind(of: folder) == nil {
            try fileSystem.createDirectory(folder)
            try fileSystem.syncDirectory(directory.path)
        }
        for part in outcome.torn {
            guard let segment = outcome.inventory.segment(part.sequence) else { continue }
            let bytes = try segment.file.readBytes(
                at: UInt64(part.start), count: part.end - part.start)
            let name =
                SegmentFormat.quarantineName + "/" + SegmentFormat.hex(part.sequence) + "-"
                + String(part.start) + ".cut"
            try directory.writeAtomically(bytes, name: name)
            outcome.report.quarantined.append(name)
        }
        try fileSystem.syncDirectory(folder)
    }

    /// Gives a segment that was cut or never sealed its footer and its status slot.
    ///
    /// The slot is not synced: without it recovery reads the records again.
    ///
    /// - Returns: the offset of the footer.
    private func finish(
        _ span: ReplayedLog.Span, _ outcome: LogRecovery.Outcome
    ) throws(SystemCallError) -> UInt64? {
        guard let segment = outcome.inventory.segment(span.sequence), let offsets = span.offsets
        else { return nil }
        let file = try fileSystem.open(segment.path, .readWrite)
        var end = span.end
        let indexOffset: UInt64
        if let footer = outcome.durableFooter(of: span) {
            indexOffset = UInt64(footer.offset)
        } else {
            indexOffset = span.end
            let index = SegmentIndex(first: span.first, offsets: offsets, runs: span.runs)
            end += try write(index, to: file, at: span.end, seed: segment.seed)
        }
        let slot = StatusSlot(
            generation: (segment.slot?.generation ?? 0) + 1, state: .sealed, end: end,
            indexOffset: indexOffset)
        try file.writeAll(slot.encode(seed: segment.seed), at: slot.fileOffset)
        return indexOffset
    }

    /// Writes a footer, durably.
    ///
    /// - Returns: the bytes of its record.
    private func write(
        _ index: SegmentIndex, to file: any File, at offset: UInt64, seed: UInt32
    ) throws(SystemCallError) -> UInt64 {
        let payload = index.encode()
        let size = SegmentFormat.recordByteCount(payload: payload.count)
        var record = [UInt8](repeating: 0, count: size + SegmentFormat.endMarkByteCount)
        record.withUnsafeMutableBytes { target in
            payload.withUnsafeBytes { source in
                guard let base = target.baseAddress else { return }
                RecordHeader(type: .index, payloadByteCount: payload.count).encode(
                    to: base, seed: seed.seed(at: Int(offset)), payload: source)
            }
        }
        try file.writeAll(record, at: offset)
        try file.sync()
        return UInt64(size)
    }

    // MARK: - Reading only

    /// Recovers in memory.
    ///
    /// A live writer may move files while they are looked at, so what looks like damage is looked
    /// at again.
    private func openReadOnly() throws(LogStoreError) -> OpenedStore {
        var attempt = 0
        while true {
            do throws(LogStoreError) {
                return try openReadOnlyOnce()
            } catch {
                attempt += 1
                guard attempt < 5, error.code == .corrupt || error.code == .io else { throw error }
            }
        }
    }

    private func openReadOnlyOnce() throws(LogStoreError) -> OpenedStore {
        let inventory = try Inventory.take(directory, isLenient: options.policy == .salvage)
        guard let inventory else {
            throw LogStoreError(
                .unavailable, "there is no segment store here",
                context: .init(file: directory.path))
        }
        if options.policy == .salvage {
            var salvage = Salvage(inventory)
            return salvaged(try salvage.run())
        }
        var recovery = LogRecovery(inventory, policy: options.policy)
        let outcome = try recovery.run()
        let newest = outcome.inventory.segment(outcome.newest)
        let active = ActiveSegment(
            segment: segment(
                outcome.newest, inventory.storeID, capacity: newest?.capacity ?? 0),
            end: 0, slotGeneration: 0)
        var opened = makeOpened(outcome, active)
        opened.streamStart = outcome.streamStart
        return opened
    }
}
