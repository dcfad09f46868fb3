public import WALProtocol

/// From memory to the operating system, and from there to stable storage.
extension SegmentStore {
    /// Hands everything written to the operating system: it survives the death of the process.
    ///
    /// - Throws: `noSpace`, `io`: nothing is lost, and the call may be repeated; `poisoned`.
    /// - Complexity: one `pwrite` for each block with new records.
    public func flush() throws(LogStoreError) {
        try checkWritable()
        try checkOwnership()
        try writeOutClosedBlocks()
        guard let tail, let cursor = hot.pointee.cursor else { return }
        tail.usedByteCount = cursor - tail.records
        try writeOut(tail, isLast: true)
    }

    /// Brings everything written to stable storage: it survives the loss of power.
    ///
    /// - Throws: as ``flush()``; `poisoned` if the disk failed, for good.
    /// - Complexity: one `fdatasync` for each segment written since the last sync.
    public func sync() throws(LogStoreError) {
        try flush()
        guard !dirty.isEmpty else { return }
        let point = takeSyncPoint()
        try syncWritten()
        finishSync(point)
    }

    /// What a sync that begins now will cover.
    func takeSyncPoint() -> SyncPoint {
        defer {
            sealing = []
            doomed = []
        }
        return SyncPoint(
            end: StreamOffset(sequence: active.segment.sequence, offset: UInt64(fileEnd)),
            last: last, writeCount: writeCount, rewriteCount: rewriteCount,
            byteCount: unsyncedByteCount, sealed: sealing, released: doomed)
    }

    /// Everything before a point is durable.
    func finishSync(_ point: SyncPoint) {
        dirty.removeAll { $0.lastWrite <= point.writeCount }
        if let owed = owedDirectorySync, owed <= point.writeCount { owedDirectorySync = nil }
        unsyncedByteCount -= min(unsyncedByteCount, point.byteCount)
        if watermark < point.end {
            watermark = point.end
            owesWatermark = true
            hot.pointee.room = 0
        }
        advanceDurable(to: point)
        publish()
        // A large sync leaves its witness at once: it need not reach the disk to be true, and it
        // spares a recovery after a kill from copying all that was synced. So does one that lets
        // segments go. Without room for it the next write brings it.
        // Writing it may seal another segment, which this sync did not cover, and begin one whose
        // name a crash could take.
        let isWitnessed =
            (point.byteCount >= Self.witnessedByteCount || !point.released.isEmpty)
            && active.segment.sequence == watermark.sequence
            && (try? putWatermarkNow()) != nil && (try? flush()) != nil
            && active.segment.sequence == watermark.sequence
        if !isWitnessed { doomed = point.released + doomed }
        markSealed(point.sealed, thenRemove: isWitnessed ? point.released : [])
        prepareSuccessor(syncedByteCount: point.byteCount)
    }

    /// What was last at the point is durable, if it is still in the log.
    private func advanceDurable(to point: SyncPoint) {
        guard let last = point.last, point.rewriteCount == rewriteCount,
            last.index >= compacted?.index ?? 0, last.index >= durable?.index ?? 0
        else { return }
        durable = last
    }

    /// Brings what was written to stable storage: every segment, and their names.
    private func syncWritten() throws(LogStoreError) {
        for written in dirty { try sync(written.segment) }
        if owedDirectorySync != nil {
            do throws(SystemCallError) {
                try options.fileSystem.syncDirectory(directory.path)
            } catch {
                throw poison(.poisoned(by: error))
            }
            owedDirectorySync = nil
        }
        dirty.removeAll(keepingCapacity: true)
    }

    private func sync(_ segment: Segment) throws(LogStoreError) {
        do throws(LogStoreError) {
            try segment.sync()
        } catch {
            throw poison(error)
        }
    }

    /// A sync of at least this much writes its watermark at once.
    private static let witnessedByteCount = 256 << 10

    /// A forked child has the parent's store in its memory, but not its lock (P115).
    private func checkOwnership() throws(LogStoreError) {
        guard writerLock?.isHeld != true else { return }
        throw .locked(path: directory.path)
    }

    /// After a failed sync nothing is written any more: a later one that succeeds would prove
    /// nothing, because the kernel marks the pages it failed to write as clean.
    func poison(_ error: LogStoreError) -> LogStoreError {
        obstacle = error
        hot.pointee.room = 0
        return error
    }

    /// Hands closed blocks to the operating system, in stream order.
    ///
    /// Nothing is lost by a failure: the next call goes on where this one stopped.
    func writeOutClosedBlocks() throws(LogStoreError) {
        var done = 0
        defer { unwritten.removeFirst(done) }
        for block in unwritten {
            try writeOut(block, isLast: false)
            done += 1
        }
    }

    private func writeOut(_ block: Block, isLast: Bool) throws(LogStoreError) {
        var count = block.usedByteCount - block.writtenByteCount
        guard count > 0 else { return }
        try takeBackCleanMark()
        let source = block.records + block.writtenByteCount
        let offset = block.fileOffset + block.writtenByteCount
        let endMark = SegmentFormat.endMarkByteCount
        if isLast, offset + count + endMark <= block.segment.capacity {
            (source + count).initializeMemory(as: UInt8.self, repeating: 0, count: endMark)
            count += endMark
        }
        let bytes = UnsafeRawBufferPointer(start: source, count: count)
        // Dirty before it is written: a failed write may have reached the file in part.
        writeCount += 1
        if dirty.last?.segment !== block.segment {
            dirty.append(WrittenSegment(segment: block.segment, lastWrite: writeCount))
        } else {
            dirty[dirty.count - 1].lastWrite = writeCount
        }
        try block.segment.write(bytes, at: UInt64(offset))
        block.writtenByteCount = block.usedByteCount
        unsyncedByteCount += count
    }

    /// Says in the other status slot that the store is in use, durably, before anything else is
    /// written: whatever stands behind a clean mark is damage.
    ///
    /// The mark is written once more: if its sync failed in another process, it is in the page
    /// cache only, and anything may stand in its place on the disk.
    func takeBackCleanMark() throws(LogStoreError) {
        guard let mark = active.cleanMark else { return }
        try active.segment.write(mark)
        try active.segment.write(
            StatusSlot(generation: mark.generation + 1, state: .open, end: UInt64(active.end)))
        try sync(active.segment)
        active.slotGeneration = mark.generation + 1
        active.cleanMark = nil
    }

    /// Off the caller's path: marks sealed segments, whose records are durable now, and removes
    /// those that hold nothing live.
    ///
    /// The records that say so are durable, and their witness is made durable first: a gap in the
    /// sequence then always has a watermark behind it, so that recovery can tell it from names that
    /// a crash took.
    private func markSealed(_ sealed: [SealedSegment], thenRemove released: [Segment]) {
        for sealed in sealed {
            preparation.executor.submit {
                // Without the mark recovery reads the records instead: no sync has to wait for it.
                guard (try? sealed.segment.write(sealed.slot)) != nil else { return }
                sealed.segment.unpin()
                sealed.segment.dropCaches()
            }
        }
        guard !released.isEmpty else { return }
        for segment in released { shared.cache.forget(segment) }
        let witness = active.segment
        let removal = preparation.removal
        preparation.executor.submit {
            guard (try? witness.sync()) != nil else { return }
            removal.remove(released.map(\.path))
        }
    }

    /// Ends the log so that the next opening has nothing to scan and nothing to doubt.
    func markClean() throws(LogStoreError) {
        guard active.cleanMark == nil else { return }
        closeTail()
        let checkpoint = checkpoint().encode()
        let footer = activeFooter
        openBlock(
            roomFor: SegmentFormat.recordHeaderByteCount
                + SegmentFormat.recordByteCount(payload: checkpoint.count)
                + footer.recordByteCount,
            firstIndex: 0)
        putOwedWatermark()
        let checkpointOffset = UInt64(hot.pointee.fileOffset)
        checkpoint.span.bytes.withUnsafeBytes { putRecord(.checkpoint, flags: 0, nil, $0) }
        let indexOffset = UInt64(hot.pointee.fileOffset)
        put(footer)
        try flush()
        // Not only the active one: the last sync's witness may have sealed the one before.
        try syncWritten()
        try active.segment.write(
            StatusSlot(
                generation: active.slotGeneration + 1, state: .clean, end: UInt64(fileEnd),
                checkpointOffset: checkpointOffset, indexOffset: indexOffset))
        try sync(active.segment)
    }
}
