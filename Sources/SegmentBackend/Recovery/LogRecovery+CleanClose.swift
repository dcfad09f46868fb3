internal import WALProtocol

/// Recovery after a clean close: there is nothing to replay, and nothing that a crash could excuse.
extension LogRecovery {
    /// The mark of a clean close, if the store was left so.
    func cleanSlot(_ newest: Inventory.SegmentFile) throws(LogStoreError) -> StatusSlot? {
        guard let slot = newest.slot, slot.state == .clean else { return nil }
        do throws(LogStoreError) {
            try checkNothingFollows(newest, slot)
            return slot
        } catch {
            // Whoever accepts a loss gets what the records say.
            guard case .truncateTail = policy, error.code == .corrupt else { throw error }
            return nil
        }
    }

    /// Whether behind the newest segment stands at most the one that was prepared.
    func isFollowedByPreparedOnly(_ newest: Inventory.SegmentFile) -> Bool {
        let later = inventory.segments.filter { $0.sequence > newest.sequence }
        return later.count <= 1 && later.allSatisfy { $0.sequence == newest.sequence + 1 }
    }

    /// Row 3: a clean mark is taken back, durably, before anything is written behind it, in this
    /// segment or the next; whatever stands there, no crash has left it.
    private func checkNothingFollows(
        _ newest: Inventory.SegmentFile, _ slot: StatusSlot
    ) throws(LogStoreError) {
        let size = try Inventory.reading { () throws(SystemCallError) in try newest.file.size() }
        guard size >= max(UInt64(newest.capacity), slot.end) else {
            throw Self.corrupt(
                row: 3, "the file was cut, though the store was closed cleanly", newest,
                at: Int(clamping: size))
        }
        let room = min(size - slot.end, UInt64(SegmentFormat.endMarkByteCount))
        let behind = try Inventory.reading { () throws(SystemCallError) in
            try newest.file.readBytes(at: slot.end, count: Int(room))
        }
        guard behind.allSatisfy({ $0 == 0 }) else {
            throw Self.corrupt(
                row: 3, "records stand behind the mark of a clean close, not taken back",
                newest, at: Int(clamping: slot.end))
        }
        if let later = inventory.segments.first(where: {
            $0.sequence > newest.sequence && $0.header != .blank
        }) {
            throw Self.corrupt(
                row: 3, "the segment behind a clean close is not empty", later, at: 0)
        }
    }

    mutating func recoverCleanly(
        _ newest: Inventory.SegmentFile, _ slot: StatusSlot
    ) throws(LogStoreError) -> Outcome {
        let checkpoint: Checkpoint
        let index: SegmentIndex
        do throws(LogStoreError) {
            let record = try RecordReader.read(
                newest.file, at: Int(clamping: slot.checkpointOffset), seed: newest.seed,
                expecting: .checkpoint)
            let footer = try RecordReader.read(
                newest.file, at: Int(clamping: slot.indexOffset), seed: newest.seed,
                expecting: .index)
            guard let decoded = record.decode({ Checkpoint($0, in: newest.sequence) }),
                let decodedIndex = footer.decode(SegmentIndex.decode)
            else {
                throw .corrupt("checkpoint or footer makes no sense", file: newest.path)
            }
            checkpoint = decoded
            index = decodedIndex
        } catch {
            guard error.code == .corrupt else { throw error }
            // Row 3: every byte before a clean mark is accounted for.
            throw .corrupt(
                "\(error.message), though the store was closed cleanly", file: newest.path,
                byteOffset: error.context.byteOffset)
        }
        var log = ReplayedLog(checkpoint)
        if !index.offsets.isEmpty {
            log.spans.append(
                ReplayedLog.Span(
                    sequence: newest.sequence, end: slot.end, first: index.first,
                    count: UInt64(index.offsets.count), offsets: index.offsets, runs: index.runs))
        }
        report.findings.append(.init(.clean, file: Self.name(newest)))
        return Outcome(
            inventory: inventory, log: log, newest: newest.sequence,
            watermark: StreamOffset(sequence: newest.sequence, offset: slot.end), cleanSlot: slot,
            prepared: inventory.segment(newest.sequence + 1)?.sequence)
    }

    /// Whether the records of a clean close stand before a place, and bytes behind it that nobody
    /// wrote: unless the mark was taken back there, nothing follows but their end mark, and only of
    /// that can a crash leave anything.
    ///
    /// The slot that takes the mark back names that place or a later one, if more was appended
    /// before the first write; slots from before the close name earlier ones.
    func wasClosed(
        at place: StreamOffset, _ newest: Inventory.SegmentFile, _ outcome: Outcome
    ) -> Bool {
        guard let scan = outcome.replayed[newest.sequence], UInt64(scan.end) == place.offset,
            scan.last?.type == .index, let checkpoint = scan.beforeLast,
            checkpoint.type == .checkpoint,
            checkpoint.offset > SegmentFormat.headerBlockByteCount,
            newest.slot.map({ $0.end < place.offset }) ?? true
        else { return false }
        return scan.garbageEnd > scan.end + SegmentFormat.endMarkByteCount
    }

    /// Whether a status slot is damaged in a segment whose first block was synced once.
    ///
    /// A crash can leave such a slot only while it is being written, and then every record was
    /// synced and none follows: it cannot have left a bad record as well.
    func hasDamagedMark(_ newest: Inventory.SegmentFile, _ outcome: Outcome) -> Bool {
        newest.hasDamagedSlot && outcome.watermark.sequence == newest.sequence
    }
}
