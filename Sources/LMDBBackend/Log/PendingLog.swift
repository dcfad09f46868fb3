#if LMDB
    import WALProtocol

    /// What was accepted and is not in the database yet, and what of the database still counts.
    ///
    /// The log is ``kept`` followed by the pending entries. A truncation, a compaction or a reset
    /// only shortens the two; at the commit everything in the database outside ``kept`` is
    /// deleted, and the pending entries are put behind it. So all operations since the last commit
    /// become one transaction, in effect the result of carrying them out in order.
    struct PendingLog {
        struct Slot {
            var term: Term
            var payload: UnsafeRawBufferPointer
            var checksum: UInt32
            var kind: EntryKind
            var chunk: UInt32
        }

        /// The entries in the database.
        private(set) var stored: Range<LogIndex>
        /// Those of them that belong to the log.
        private(set) var kept: Range<LogIndex>
        /// The index of the first pending entry, if there is one.
        private(set) var firstIndex: LogIndex = 0
        private(set) var slots: [Slot] = []
        private(set) var chunks: [PayloadChunk] = []
        /// New values by key, as UTF-8; `nil` for a removal.
        private(set) var metadata: [[UInt8]: [UInt8]?] = [:]
        private var metadataByteCount = 0
        private var payloadByteCount = 0
        /// Whether the state record has to be written for another reason.
        var changesState = false
        /// How many truncations and resets there were.
        private(set) var truncationCount: UInt64 = 0

        init(stored: Range<LogIndex>) {
            self.stored = stored
            kept = stored
        }

        var isEmpty: Bool {
            slots.isEmpty && metadata.isEmpty && kept == stored && !changesState
        }

        /// The pending entries.
        var indexes: Range<LogIndex> { firstIndex..<(firstIndex + UInt64(slots.count)) }

        /// The bytes held in memory.
        var byteCount: Int {
            chunks.reduce(0) { $0 + $1.byteCount }
                + slots.count * MemoryLayout<Slot>.stride + metadataByteCount
        }

        /// The bytes that a commit writes, more or less; it counts removed entries until then.
        var writtenByteCount: Int {
            payloadByteCount + slots.count * MemoryLayout<Slot>.stride + metadataByteCount
        }

        @inline(__always)
        mutating func append(
            _ payload: UnsafeRawBufferPointer, at position: LogPosition, kind: EntryKind
        ) {
            if slots.isEmpty { firstIndex = position.index }
            if chunks.last.map({ !$0.fits(payload.count) }) ?? true {
                chunks.append(PayloadChunk(fitting: payload.count))
            }
            payloadByteCount += payload.count
            let last = chunks.count - 1
            slots.append(
                Slot(
                    term: position.term, payload: chunks[last].append(payload),
                    checksum: EntryRecord.checksum(position, kind, payload), kind: kind,
                    chunk: UInt32(truncatingIfNeeded: last)))
        }

        mutating func set(_ value: [UInt8]?, for key: [UInt8]) {
            if let old = metadata.updateValue(value, forKey: key) {
                metadataByteCount -= key.count + (old?.count ?? 0)
            }
            metadataByteCount += key.count + (value?.count ?? 0)
        }

        mutating func truncate(from index: LogIndex) {
            truncationCount += 1
            kept = kept.clamped(to: 0..<index)
            let remaining = index > firstIndex ? index - firstIndex : 0
            if remaining < UInt64(slots.count) {
                slots.removeLast(slots.count - Int(remaining))
                dropUnusedChunks()
            }
        }

        mutating func compact(through index: LogIndex) {
            kept = kept.clamped(to: (index + 1)..<LogIndex.max)
            let dropped = index >= firstIndex ? index - firstIndex + 1 : 0
            let count = Int(min(dropped, UInt64(slots.count)))
            slots.removeFirst(count)
            firstIndex += UInt64(count)
            dropUnusedChunks()
        }

        mutating func reset() {
            truncationCount += 1
            kept = 0..<0
            slots.removeAll(keepingCapacity: true)
            dropUnusedChunks()
        }

        /// Everything is in the database now.
        mutating func didCommit() {
            if slots.isEmpty {
                stored = kept
            } else {
                stored = (kept.isEmpty ? firstIndex : kept.lowerBound)..<indexes.upperBound
            }
            kept = stored
            slots.removeAll(keepingCapacity: true)
            metadata.removeAll(keepingCapacity: true)
            metadataByteCount = 0
            changesState = false
            dropUnusedChunks()
        }

        /// Frees memory that only removed entries used.
        ///
        /// A reader that has a chunk keeps it.
        private mutating func dropUnusedChunks() {
            guard slots.isEmpty else { return }
            chunks.removeAll(keepingCapacity: true)
            payloadByteCount = 0
        }
    }

    /// A block of payloads: written once, front to back, and never moved, so that readers on other
    /// threads can look at what is there while the writer adds to it.
    final class PayloadChunk: @unchecked Sendable {
        private let base: UnsafeMutableRawPointer
        let byteCount: Int
        private(set) var usedByteCount = 0

        private static let usualByteCount = 256 << 10

        init(fitting byteCount: Int) {
            self.byteCount = max(byteCount, Self.usualByteCount)
            base = .allocate(byteCount: self.byteCount, alignment: 16)
        }

        deinit { base.deallocate() }

        func fits(_ count: Int) -> Bool { count <= byteCount - usedByteCount }

        func append(_ payload: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
            assert(fits(payload.count))
            let start = base + usedByteCount
            if let bytes = payload.baseAddress {
                start.copyMemory(from: bytes, byteCount: payload.count)
            }
            usedByteCount += payload.count
            return UnsafeRawBufferPointer(start: start, count: payload.count)
        }
    }
#endif
