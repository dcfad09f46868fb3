internal import Synchronization
public import WALProtocol

extension SegmentStore {
    /// Appends one entry; see ``LogStore/append(_:at:kind:)``.
    ///
    /// - Complexity: one checksum and one copy of the payload; every 512 KiB one write.
    /// - Durability: none until ``flush()`` or ``sync()``.
    public func append(
        _ payload: RawSpan, at position: LogPosition, kind: EntryKind
    ) throws(LogStoreError) {
        // Everything unusual has no room: closed, poisoned, never written, a new term, a watermark
        // owed, a full block.
        let count = payload.byteCount
        let size = SegmentFormat.recordByteCount(payload: count)
        guard position.index == hot.pointee.next, position.term == hot.pointee.term,
            size + 4 <= hot.pointee.room, position.index != .max
        else {
            try appendSlowly(payload, at: position, kind: kind)
            return
        }
        let first = hot.pointee.count
        payload.withUnsafeBytes { putEntry(position, kind, flags: 0, $0) }
        publishEntries(first + 1)
    }

    private func appendSlowly(
        _ payload: RawSpan, at position: LogPosition, kind: EntryKind
    ) throws(LogStoreError) {
        try checkWritable()
        try state.checkAppend(at: position, capabilities)
        let count = payload.byteCount
        guard count <= capabilities.maximumEntryByteCount else {
            throw .entryTooLarge(
                index: position.index, byteCount: count, limit: capabilities.maximumEntryByteCount)
        }
        try makeRoom(
            recordBytes: SegmentFormat.recordByteCount(payload: count), entries: 1,
            firstIndex: position.index)
        putOwedWatermark()
        noteTerm(position)
        payload.withUnsafeBytes { putEntry(position, kind, flags: 0, $0) }
        if start == nil {
            start = position.index
            publish()
        }
        publishEntries(hot.pointee.count)
        refreshRoom()
    }

    /// Applies a batch as one unit; see ``LogStore/write(_:)``.
    ///
    /// - Complexity: O(bytes of the batch + metadata keys).
    /// - Durability: none until ``flush()`` or ``sync()``.
    public func write(_ batch: WriteBatch) throws(LogStoreError) {
        if batch.hasOnlyEntries, appendQuickly(batch) { return }
        try checkWritable()
        let plan = try batch.plan(on: state, capabilities: capabilities) {
            (index) throws(LogStoreError) in try cursor.term(at: index)
        }
        let newMetadata = try metadataAfter(batch)
        let unit = UnitSize(batch, plan)
        guard unit.recordCount > 0 else { return }
        let isStructural = plan.resets || plan.truncatesFrom != nil || compactsBeyondLast(plan)
        let firstIndex =
            batch.entryCount > 0
            ? batch.entryHeader(at: 0).position.index : plan.state.next ?? 0
        try makeRoom(
            recordBytes: unit.byteCount, entries: batch.entryCount, firstIndex: firstIndex,
            isStructural: isStructural)
        putOwedWatermark()
        put(batch, plan, recordCount: unit.recordCount)
        metadata = newMetadata
        metadataByteCount = newMetadata.byteCount
        // Entries first: a tail block that a truncation began is in no reader's view yet.
        publishEntries(hot.pointee.count)
        if let through = plan.compactsThrough, let tail, hot.pointee.count > 0,
            through.index >= tail.firstIndex + UInt64(hot.pointee.count)
        {
            // The log goes on behind a hole, and a block has none.
            closeTail()
        }
        adopt(plan)
        refreshRoom()
    }

    /// Appends the entries of a batch that has nothing else, if they are as usual: of the present
    /// term, and with room for all of them.
    ///
    /// - Returns: whether they were; if not, nothing has changed.
    private func appendQuickly(_ batch: WriteBatch) -> Bool {
        let count = batch.entryCount
        var next = hot.pointee.next
        var size = 0
        for place in 0..<count {
            let header = batch.entryHeader(at: place)
            guard header.position.index == next, header.position.term == hot.pointee.term else {
                return false
            }
            next &+= 1
            size &+= SegmentFormat.recordByteCount(payload: header.payloadByteCount) &+ 4
        }
        guard size <= hot.pointee.room, next > hot.pointee.next else { return false }
        let last = next &- 1
        batch.visitEntries { header, payload in
            let flags = header.position.index == last ? 0 : RecordFlags.more
            payload.withUnsafeBytes { putEntry(header.position, header.kind, flags: flags, $0) }
        }
        publishEntries(hot.pointee.count)
        return true
    }

    /// Whether a compaction drops more than the log has, so that the tail cannot go on.
    private func compactsBeyondLast(_ plan: WritePlan) -> Bool {
        guard let through = plan.compactsThrough else { return false }
        return last.map { through.index > $0.index } ?? true
    }

    private func metadataAfter(
        _ batch: WriteBatch
    ) throws(LogStoreError) -> [MetadataKey: [UInt8]] {
        guard !batch.metadataChanges.isEmpty else { return metadata }
        var result = metadata
        for change in batch.metadataChanges { result[change.key] = change.value }
        let limit = capabilities.maximumMetadataTotalByteCount
        guard result.byteCount <= limit else {
            throw .metadataTooLarge(
                "all metadata together", byteCount: result.byteCount, limit: limit)
        }
        return result
    }

    // MARK: - Records

    /// The records that a batch becomes.
    private struct UnitSize {
        var recordCount: Int
        var byteCount: Int

        init(_ batch: WriteBatch, _ plan: WritePlan) {
            let small =
                (plan.resets ? 1 : 0) + (plan.truncatesFrom != nil ? 1 : 0)
                + (plan.compactsThrough != nil ? 1 : 0)
            recordCount = small + batch.entryCount + batch.metadataChanges.count
            byteCount = small * SegmentFormat.recordHeaderByteCount
            for offset in 0..<batch.entryCount {
                byteCount += SegmentFormat.recordByteCount(
                    payload: batch.entryHeader(at: offset).payloadByteCount)
            }
            for change in batch.metadataChanges {
                byteCount += SegmentFormat.recordByteCount(
                    payload: MetadataRecord.byteCount(change.key, change.value))
            }
        }
    }

    /// Writes the records of a batch, all but the last one saying that more follows.
    private func put(_ batch: WriteBatch, _ plan: WritePlan, recordCount: Int) {
        var left = recordCount
        func flags() -> UInt8 {
            left -= 1
            return left > 0 ? RecordFlags.more : 0
        }
        if plan.resets {
            let position = batch.reset?.position
            let absent = position == nil ? RecordFlags.absent : 0
            putControl(.reset, flags: flags() | absent, position)
            active.first = nil
            active.runs = []
        }
        if let from = plan.truncatesFrom {
            putControl(
                .truncate, flags: flags(),
                LogPosition(term: termBefore(from, batch, plan), index: from))
            active.runs.truncate(from: from)
            if let first = active.first, from <= first { active.first = nil }
        }
        batch.visitEntries { header, payload in
            noteTerm(header.position)
            payload.withUnsafeBytes { putEntry(header.position, header.kind, flags: flags(), $0) }
        }
        if let through = plan.compactsThrough { putControl(.compact, flags: flags(), through) }
        for change in batch.metadataChanges {
            let absent = change.value == nil ? RecordFlags.absent : 0
            let payload = MetadataRecord.encode(change.key, change.value)
            payload.span.bytes.withUnsafeBytes {
                putRecord(.metadata, flags: flags() | absent, nil, $0)
            }
        }
        assert(left == 0, "the unit has as many records as were counted")
    }

    /// The term of the last entry that a truncation leaves; 0 if it leaves none.
    private func termBefore(_ from: LogIndex, _ batch: WriteBatch, _ plan: WritePlan) -> Term {
        guard batch.entryCount == 0, plan.compactsThrough == nil else {
            return (try? cursor.term(at: from &- 1)) ?? 0
        }
        return plan.state.last?.term ?? 0
    }

    /// Copies an entry into the tail block, which has room; readers do not see it yet.
    @inline(__always)
    private func putEntry(
        _ position: LogPosition, _ kind: EntryKind, flags: UInt8, _ payload: UnsafeRawBufferPointer
    ) {
        guard let cursor = hot.pointee.cursor, let offsetCursor = hot.pointee.offsetCursor else {
            return
        }
        let offset = hot.pointee.fileOffset
        RecordHeader.encode(
            to: cursor, seed: hot.pointee.seed.seed(at: offset),
            word: RecordHeader.word(
                payload: payload.count, type: .entry, flags: flags, kind: kind.rawValue),
            index: position.index, term: position.term, payload: payload)
        let size = SegmentFormat.recordByteCount(payload: payload.count)
        offsetCursor.pointee = UInt32(truncatingIfNeeded: offset)
        hot.pointee.offsetCursor = offsetCursor - 1
        hot.pointee.count &+= 1
        hot.pointee.cursor = cursor + size
        hot.pointee.fileOffset = offset &+ size
        hot.pointee.room &-= size &+ 4
        hot.pointee.next = position.index &+ 1
        hot.pointee.term = position.term
    }

    /// Makes the first `count` entries of the tail block visible to every reader.
    @inline(__always)
    private func publishEntries(_ count: Int) {
        hot.pointee.published?.pointee.store(count, ordering: .releasing)
    }

    func putRecord(
        _ type: RecordType, flags: UInt8, _ position: LogPosition?,
        _ payload: UnsafeRawBufferPointer
    ) {
        guard let cursor = hot.pointee.cursor else { return }
        let offset = hot.pointee.fileOffset
        RecordHeader.encode(
            to: cursor, seed: hot.pointee.seed.seed(at: offset),
            word: RecordHeader.word(payload: payload.count, type: type, flags: flags, kind: 0),
            index: position?.index ?? 0, term: position?.term ?? 0, payload: payload)
        let size = SegmentFormat.recordByteCount(payload: payload.count)
        hot.pointee.cursor = cursor + size
        hot.pointee.fileOffset = offset + size
    }

    private func putControl(_ type: RecordType, flags: UInt8, _ position: LogPosition?) {
        putRecord(type, flags: flags, position, UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// Says in the log what the last sync made durable, before anything that it did not cover.
    func putOwedWatermark() {
        guard owesWatermark else { return }
        owesWatermark = false
        putControl(
            .watermark, flags: 0, LogPosition(term: watermark.offset, index: watermark.sequence))
    }

    /// Writes the watermark by itself, so that recovery does not doubt what was just synced.
    func putWatermarkNow() throws(LogStoreError) {
        try makeRoom(recordBytes: 0, entries: 0, firstIndex: state.next ?? 0)
        putOwedWatermark()
        refreshRoom()
    }

    private func noteTerm(_ position: LogPosition) {
        if active.first == nil {
            active.first = position.index
            active.runs = []
        }
        active.runs.note(position)
        hasLast = true
    }

    // MARK: - Structure

    /// Takes over what the plan says about the structure; its records are in the tail block.
    private func adopt(_ plan: WritePlan) {
        if plan.resets || plan.truncatesFrom != nil { rewriteCount += 1 }
        if plan.resets { dropEntries(from: 0) }
        if let from = plan.truncatesFrom { dropEntries(from: from) }
        compacted = plan.state.compacted
        start = plan.state.first ?? plan.state.compacted.map { $0.index + 1 }
        durable = plan.state.durable
        if let last = plan.state.last {
            hot.pointee.next = last.index + 1
            hot.pointee.term = last.term
            hasLast = true
        } else {
            hasLast = false
        }
        if hot.pointee.count == 0 { lastBeforeTail = last }
        if let start { dropEntries(below: start) }
        publish()
    }

    private func dropEntries(from index: LogIndex) {
        while let span = blocks.last, span.first >= index { removeBlock(at: blocks.count - 1) }
        if let span = blocks.last, span.end > index {
            blocks[blocks.count - 1].count = Int(index - span.first)
        }
        while let span = segments.last, span.first >= index {
            doomed.append(span.segment)
            segments.removeLast()
        }
        if let span = segments.last, span.end > index {
            segments[segments.count - 1].count = index - span.first
        }
    }

    private func dropEntries(below index: LogIndex) {
        while let span = blocks.first, span.end <= index { removeBlock(at: 0) }
        let dead = segments.prefix { $0.end <= index }
        doomed.append(contentsOf: dead.map(\.segment))
        segments.removeFirst(dead.count)
    }

    // MARK: - Obstacles

    func checkWritable() throws(LogStoreError) {
        if let obstacle { throw obstacle }
    }
}
