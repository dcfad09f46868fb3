internal import WALProtocol

/// A segment in memory, on its way to the disk.
struct SegmentImage {
    /// How sure it is that an entry was put back as it was.
    enum Restoration {
        /// What had survived of the record agrees with it.
        case proven
        /// Nothing of the record had survived.
        case unproven
        /// The record is longer than the place it stood at, or nothing proves it.
        case notPut
    }

    let storeID: StoreID
    let sequence: UInt64
    let path: String
    private(set) var bytes: [UInt8]
    private(set) var offsets: [UInt32] = []
    private(set) var terms: [SegmentIndex.TermRun] = []
    private var firstIndex: LogIndex = 0

    var seed: UInt32 { SegmentFormat.seed(storeID: storeID, sequence: sequence) }

    /// A copy of a file.
    init(storeID: StoreID, sequence: UInt64, path: String, copying bytes: [UInt8]) {
        self.storeID = storeID
        self.sequence = sequence
        self.path = path
        self.bytes = bytes
    }

    /// A new segment that begins with a checkpoint.
    init(storeID: StoreID, sequence: UInt64, path: String, _ checkpoint: Checkpoint) {
        self.init(
            storeID: storeID, sequence: sequence, path: path,
            copying: [UInt8](repeating: 0, count: SegmentFormat.headerBlockByteCount))
        append(.checkpoint, checkpoint.encode())
    }

    // MARK: - Writing a new one

    mutating func append(_ entry: Entry) {
        if offsets.isEmpty { firstIndex = entry.index }
        offsets.append(UInt32(truncatingIfNeeded: bytes.count))
        terms.note(entry.position)
        let header = Self.header(of: entry, flags: 0)
        let offset = bytes.count
        bytes.append(contentsOf: [UInt8](repeating: 0, count: header.recordByteCount))
        put(header, entry.payload, at: offset)
    }

    private mutating func append(_ type: RecordType, _ payload: [UInt8]) {
        let header = RecordHeader(type: type, payloadByteCount: payload.count)
        let offset = bytes.count
        bytes.append(contentsOf: [UInt8](repeating: 0, count: header.recordByteCount))
        put(header, payload, at: offset)
    }

    /// Ends a segment that the log has left behind: footer, end mark, header and status slot.
    mutating func seal() {
        let indexOffset = bytes.count
        append(.index, SegmentIndex(first: firstIndex, offsets: offsets, runs: terms).encode())
        let end = bytes.count
        extend(to: max(SegmentFormat.minimumSegmentByteCount, end + SegmentFormat.endMarkByteCount))
        putHeader(durableAtBirth: UInt64(end))
        let slot = StatusSlot(
            generation: 1, state: .sealed, end: UInt64(end), indexOffset: UInt64(indexOffset))
        put(slot.encode(seed: seed), at: SegmentFormat.slotOffsets[1])
    }

    /// Ends a segment that the log goes on in: all of it is durable before it has its name.
    mutating func makeNewest() {
        let end = bytes.count
        let footer = SegmentIndex.byteCount(entries: offsets.count, runs: terms.count + 1)
        let needed = end + footer + 4 * SegmentFormat.controlReserveByteCount
        extend(to: (max(SegmentFormat.minimumSegmentByteCount, needed) + 4095) & ~4095)
        putHeader(durableAtBirth: UInt64(end))
    }

    private mutating func extend(to count: Int) {
        bytes.append(contentsOf: [UInt8](repeating: 0, count: max(0, count - bytes.count)))
    }

    // MARK: - Mending a copy

    mutating func putHeader(durableAtBirth: UInt64) {
        let header = SegmentHeader(
            storeID: storeID, sequence: sequence, capacity: UInt64(bytes.count),
            durableAtBirth: durableAtBirth)
        bytes.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            header.encode(to: base)
        }
    }

    /// Puts a footer where one stood.
    ///
    /// - Returns: `false` if it does not have the length that the one before had.
    mutating func putFooter(_ footer: SegmentIndex, in place: Range<Int>) -> Bool {
        let payload = footer.encode()
        let header = RecordHeader(type: .index, payloadByteCount: payload.count)
        guard header.recordByteCount == place.count, place.upperBound <= bytes.count else {
            return false
        }
        put(header, payload, at: place.lowerBound)
        return true
    }

    /// Makes zeros of everything from an offset on.
    mutating func clear(from offset: Int) {
        guard offset < bytes.count else { return }
        bytes.replaceSubrange(offset..., with: repeatElement(0, count: bytes.count - offset))
    }

    /// Puts the record of an entry back where it stood.
    ///
    /// - Parameters:
    ///   - limit: Where the next record stands.
    ///   - needsProof: Leave the record as it is if nothing proves the entry.
    /// - Throws: `positionConflict` if what has survived of the record is another entry's.
    mutating func restore(
        _ entry: Entry, at offset: Int, limit: Int, needsProof: Bool
    ) throws(LogStoreError) -> Restoration {
        let plain = Self.header(of: entry, flags: 0)
        let survivor = survivor(at: offset, limit: limit, of: entry)
        let end = offset + plain.recordByteCount
        var isProven = false
        var header = plain
        if end <= limit, end <= bytes.count {
            let checksum = bytes.withUnsafeBytes { $0.baseAddress.map { ($0 + offset).u32(0) } }
            for flags in [0, RecordFlags.more] where !isProven {
                let candidate = Self.header(of: entry, flags: flags)
                if Self.checksum(candidate, entry.payload, seed.seed(at: offset)) == checksum {
                    header = candidate
                    isProven = true
                }
            }
            let payload = offset + SegmentFormat.recordHeaderByteCount
            if !isProven, let survivor,
                bytes[payload..<payload + plain.payloadByteCount].elementsEqual(entry.payload)
            {
                // Only the header was damaged.
                header = Self.header(of: entry, flags: survivor.flags & RecordFlags.more)
                isProven = true
            }
        }
        if survivor != nil, !isProven {
            throw LogStoreError(
                .positionConflict,
                "the header of the damaged record has survived, and it is not that of the "
                    + "replacement",
                context: .init(
                    file: path, byteOffset: UInt64(offset), index: entry.index, term: entry.term))
        }
        guard end <= limit, end <= bytes.count, isProven || !needsProof else { return .notPut }
        put(header, entry.payload, at: offset)
        return isProven ? .proven : .unproven
    }

    /// The header of the damaged record, if it is that of this position and ends where the next
    /// record begins: then the damage is elsewhere.
    private func survivor(at offset: Int, limit: Int, of entry: Entry) -> RecordHeader? {
        let header = bytes.withUnsafeBytes { buffer in
            buffer.baseAddress.flatMap {
                RecordHeader(plausibleAt: $0 + offset, available: buffer.count - offset)
            }
        }
        guard let header, header.type == .entry, header.index == entry.index,
            header.term == entry.term, offset + header.recordByteCount == limit
        else { return nil }
        return header
    }

    // MARK: - Records

    private static func header(of entry: Entry, flags: UInt8) -> RecordHeader {
        RecordHeader(
            type: .entry, flags: flags, kind: entry.kind.rawValue,
            payloadByteCount: entry.payload.count, index: entry.index, term: entry.term)
    }

    /// The checksum that a record has.
    private static func checksum(
        _ header: RecordHeader, _ payload: [UInt8], _ seed: UInt32
    ) -> UInt32? {
        var record = [UInt8](repeating: 0, count: header.recordByteCount)
        return record.withUnsafeMutableBytes { target in
            payload.withUnsafeBytes { source in
                guard let base = target.baseAddress else { return nil }
                header.encode(to: base, seed: seed, payload: source)
                return UnsafeRawPointer(base).u32(0)
            }
        }
    }

    private mutating func put(_ header: RecordHeader, _ payload: [UInt8], at offset: Int) {
        let seed = seed.seed(at: offset)
        bytes.withUnsafeMutableBytes { target in
            payload.withUnsafeBytes { source in
                guard let base = target.baseAddress else { return }
                header.encode(to: base + offset, seed: seed, payload: source)
            }
        }
    }

    private mutating func put(_ part: [UInt8], at offset: Int) {
        bytes.replaceSubrange(offset..<offset + part.count, with: part)
    }
}
