internal import WALProtocol

/// Blocks and segments: where the next records go.
extension SegmentStore {
    /// Where the next record goes in the active segment.
    var fileEnd: Int { tail == nil ? active.end : hot.pointee.fileOffset }

    /// The number of entries of the active segment that its footer has to name.
    private var activeEntryCount: Int {
        guard let first = active.first, hasLast, hot.pointee.next > first else { return 0 }
        return Int(hot.pointee.next - first)
    }

    /// The bytes that fit into the active segment before its footer and the reserve.
    private var segmentRoom: Int {
        let footer = SegmentFormat.recordByteCount(
            payload: SegmentIndex.byteCount(
                entries: activeEntryCount, runs: active.runs.count + 1))
        return active.segment.capacity - fileEnd - footer - SegmentFormat.endMarkByteCount
            - SegmentFormat.controlReserveByteCount
    }

    /// The bytes that fit into the tail block.
    private var blockRoom: Int {
        guard let tail, let cursor = hot.pointee.cursor else { return 0 }
        let used = cursor - tail.records
        return min(
            tail.roomByteCount - used - 4 * hot.pointee.count, tail.recordRoomByteCount - used)
    }

    /// Opens the fast path again, as far as block and segment go.
    func refreshRoom() {
        let isUsual =
            tail != nil && hasLast && hot.pointee.next != .max && !owesWatermark
            && active.first != nil && obstacle == nil
        hot.pointee.room = isUsual ? max(0, min(blockRoom, segmentRoom)) : 0
    }

    /// Makes room for one unit, in one block and one segment, before any of it is put.
    ///
    /// May write blocks out and go on to the next segment; both are invisible, so that a failure
    /// leaves everything as it was.
    ///
    /// - Parameters:
    ///   - recordBytes: The bytes of all records; a watermark may come on top.
    ///   - entries: The number of entries among them.
    ///   - firstIndex: The index of the first entry that will follow.
    ///   - isStructural: Whether the tail block cannot go on; the caller publishes.
    /// - Throws: `noSpace`, `io`; `poisoned`.
    func makeRoom(
        recordBytes: Int, entries: Int, firstIndex: LogIndex, isStructural: Bool = false
    ) throws(LogStoreError) {
        let needed = recordBytes + SegmentFormat.recordHeaderByteCount + 20 * entries
        if segmentRoom < needed {
            do throws(LogStoreError) {
                try rotate(needed: needed)
            } catch {
                // A compaction has to work on a full disk: it is what frees it.
                let reserve = SegmentFormat.controlReserveByteCount
                guard error.code == .noSpace, entries == 0, segmentRoom + reserve >= needed else {
                    throw error
                }
            }
        }
        if let tail, !isStructural, blockRoom >= needed,
            hot.pointee.count > 0 || tail.firstIndex == firstIndex
        {
            return
        }
        try writeOutClosedBlocks()
        closeTail()
        openBlock(roomFor: needed, firstIndex: firstIndex)
        if !isStructural { publish() }
    }

    /// Ends the tail block: its entries stay readable, its bytes are to be written out.
    func closeTail() {
        guard let block = tail, let cursor = hot.pointee.cursor else { return }
        block.usedByteCount = cursor - block.records
        active.end = hot.pointee.fileOffset
        if block.usedByteCount > block.writtenByteCount { unwritten.append(block) }
        if hot.pointee.count > 0 {
            blocks.append(
                BlockSpan(
                    place: .memory(block), first: block.firstIndex, count: hot.pointee.count))
        } else {
            cachedByteCount -= block.memory.byteCount
            retire(block)
        }
        tail = nil
        lastBeforeTail = last
        hot.pointee.count = 0
        hot.pointee.room = 0
        hot.pointee.cursor = nil
        hot.pointee.offsetCursor = nil
        hot.pointee.published = nil
    }

    /// Starts a block behind the records there are.
    func openBlock(roomFor byteCount: Int, firstIndex: LogIndex) {
        evictBlocks()
        // A unit that does not fit before the boundary goes beyond it, if the memory lets it.
        let needed = byteCount + Block.prefixByteCount + SegmentFormat.endMarkByteCount
        let size =
            needed <= Block.standardByteCount
            ? Block.standardByteCount : (needed + 4095) & ~4095
        let block = Block(
            memory: takeMemory(byteCount: size), segment: active.segment, fileOffset: active.end,
            firstIndex: firstIndex)
        cachedByteCount += block.memory.byteCount
        tail = block
        hot.pointee.cursor = block.records
        hot.pointee.offsetCursor = block.offsetsEnd - 1
        hot.pointee.published = block.published
        hot.pointee.fileOffset = block.fileOffset
        hot.pointee.seed = active.segment.seed
        hot.pointee.count = 0
        hot.pointee.room = 0
    }

    // MARK: - Cache

    /// Makes the cache fit its budget, oldest blocks first; only what was written out goes.
    private func evictBlocks() {
        while cachedByteCount > options.cacheByteCount {
            let candidate = blocks.firstIndex {
                if case .memory = $0.place { return true }
                return false
            }
            guard let candidate, case .memory(let block) = blocks[candidate].place,
                block.writtenByteCount == block.usedByteCount
            else { return }
            if block.segment === active.segment {
                // There is no footer yet, so the offsets stay in memory.
                var terms = active.runs
                terms.begin(at: blocks[candidate].first)
                terms.truncate(from: blocks[candidate].end)
                let cold = BlockSpan.Cold(
                    segment: block.segment, offsets: blocks[candidate].offsets, terms: terms)
                blocks[candidate].place = .file(cold)
                cachedByteCount -= block.memory.byteCount
                retire(block)
            } else {
                removeBlock(at: candidate)
            }
        }
    }

    /// Takes a block out of the structure.
    func removeBlock(at place: Int) {
        let span = blocks.remove(at: place)
        guard case .memory(let block) = span.place else { return }
        cachedByteCount -= block.memory.byteCount
        retire(block)
    }

    /// Keeps a block's memory for the next one.
    private func retire(_ block: Block) {
        guard block.memory.byteCount == Block.standardByteCount else { return }
        if retired.count == 4 { retired.removeFirst() }
        retired.append(block)
    }

    private func takeMemory(byteCount: Int) -> BlockMemory {
        if byteCount == Block.standardByteCount {
            // Unwritten blocks and readers' views hold what must not be overwritten.
            for place in retired.indices where isKnownUniquelyReferenced(&retired[place]) {
                return retired.remove(at: place).memory
            }
            // A small log is not worth a huge page, which is filled with zeros as a whole.
            guard cachedByteCount >= 4 << 20 else { return BlockMemory(byteCount: byteCount) }
            if spare.isEmpty { spare = BlockSlab.make() }
            return spare.removeLast()
        }
        return BlockMemory(byteCount: byteCount)
    }

    // MARK: - Rotation

    /// Goes on to the next segment, which is ready or made now.
    ///
    /// Nothing here waits for the disk. The segment left behind gets its footer now and is synced
    /// by the next ``sync()``, which knows of it.
    private func rotate(needed: Int) throws(LogStoreError) {
        if unsyncedByteCount >= options.maximumUnsyncedByteCount { try sync() }
        try writeOutClosedBlocks()
        closeTail()
        let head = headByteCount
        let minimum = head + needed + 2 * SegmentFormat.controlReserveByteCount
        let prepared = try preparation.take(
            sequence: active.segment.sequence + 1, atLeast: minimum,
            capacity: nextCapacity(needed: minimum))
        try takeBackCleanMark()
        sealActive()
        activate(prepared)
    }

    /// The bytes of header block and checkpoint of the next segment.
    private var headByteCount: Int {
        SegmentFormat.headerBlockByteCount
            + SegmentFormat.recordByteCount(
                payload: Checkpoint.byteCount(
                    segments: segments.count + 1, metadataKeys: metadata.count,
                    metadataBytes: metadataByteCount))
    }

    /// The capacity of the next segment: checkpoints stay a small part of what is written.
    private func nextCapacity(needed: Int) -> Int {
        options.capacity(
            of: active.segment.sequence + 1, after: active.segment.capacity,
            needed: max(needed, SegmentFormat.headerBlockByteCount + 3 * (headByteCount - 4096)))
    }

    /// Lets the next segment be made in the background, once a sync shows that this one is being
    /// written durably: a writer that never syncs would be slowed down by the zeros.
    func prepareSuccessor(syncedByteCount: Int = 0) {
        let full = fileEnd + max(0, segmentRoom)
        preparation.prepare(
            sequence: active.segment.sequence + 1, capacity: nextCapacity(needed: 0),
            progress: Double(fileEnd) / Double(full), syncedByteCount: syncedByteCount)
    }

    /// Puts the footer behind the records of the active segment.
    ///
    /// Cannot fail: it goes to memory.
    private func sealActive() {
        let footer = activeFooter
        openBlock(roomFor: footer.recordByteCount, firstIndex: 0)
        let indexOffset = UInt64(hot.pointee.fileOffset)
        put(footer)
        closeTail()
        let segment = active.segment
        segment.seal(indexOffset: indexOffset)
        sealing.append(
            SealedSegment(
                segment: segment,
                slot: StatusSlot(
                    generation: active.slotGeneration + 1, state: .sealed,
                    end: UInt64(active.end), indexOffset: indexOffset)))
        if footer.count == 0 {
            doomed.append(segment)
        } else {
            segments.append(
                SegmentSpan(
                    segment: segment, recordsEnd: UInt64(active.end), first: footer.first,
                    count: UInt64(footer.count)))
        }
        // The footer serves what is not in memory from now on.
        blocks.removeAll {
            guard case .file(let cold) = $0.place else { return false }
            return cold.segment === segment
        }
    }

    /// Begins a segment with its header and a checkpoint.
    ///
    /// Cannot fail: it goes to memory.
    private func activate(_ prepared: SegmentPreparation.Prepared) {
        if !prepared.isNameDurable { owedDirectorySync = writeCount + 1 }
        active = ActiveSegment(
            segment: Segment(
                sequence: prepared.sequence, path: directory.segmentPath(prepared.sequence),
                seed: SegmentFormat.seed(storeID: storeID, sequence: prepared.sequence),
                capacity: prepared.capacity, fileSystem: options.fileSystem,
                handle: prepared.file),
            end: 0, slotGeneration: 0)
        let payload = checkpoint().encode()
        openBlock(roomFor: headByteCount, firstIndex: 0)
        guard let cursor = hot.pointee.cursor else { return }
        cursor.initializeMemory(
            as: UInt8.self, repeating: 0, count: SegmentFormat.headerBlockByteCount)
        SegmentHeader(
            storeID: storeID, sequence: prepared.sequence,
            capacity: UInt64(prepared.capacity), durableAtBirth: 0
        ).encode(to: cursor)
        hot.pointee.cursor = cursor + SegmentFormat.headerBlockByteCount
        hot.pointee.fileOffset += SegmentFormat.headerBlockByteCount
        payload.span.bytes.withUnsafeBytes { putRecord(.checkpoint, flags: 0, nil, $0) }
        owesWatermark = false
        closeTail()
    }

    /// The state of the log, but for the entries of the active segment.
    func checkpoint() -> Checkpoint {
        var checkpoint = Checkpoint()
        checkpoint.compacted = compacted
        checkpoint.last = last
        checkpoint.first = state.first
        checkpoint.watermark = watermark
        checkpoint.metadata = metadata
        checkpoint.segments = segments.map { span in
            let first = max(span.first, start ?? span.first)
            return Checkpoint.LiveSegment(
                sequence: span.segment.sequence, end: span.recordsEnd, first: first,
                count: span.end - first)
        }
        return checkpoint
    }
}
