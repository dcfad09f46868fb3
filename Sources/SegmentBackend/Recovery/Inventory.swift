internal import WALProtocol

/// The files of a store's directory, and what their first blocks say.
struct Inventory {
    /// A segment file as it was found.
    struct SegmentFile {
        var sequence: UInt64
        var path: String
        var file: any File
        var header: SegmentHeader.Decoded
        var seed: UInt32
        /// The valid slots, the current one last.
        var slots: [StatusSlot]
        /// Whether the sector of a slot holds something else than a valid one.
        var hasDamagedSlot = false

        var capacity: Int {
            if case .valid(let header) = header {
                return Int(min(header.capacity, UInt64(SegmentFormat.maximumSegmentByteCount)))
            }
            return 0
        }

        var durableAtBirth: UInt64 {
            if case .valid(let header) = header { return header.durableAtBirth }
            return 0
        }

        var isValid: Bool {
            if case .valid = header { return true }
            return false
        }

        var slot: StatusSlot? { slots.last }

        /// The end of the records, footer included, if the segment is marked as sealed.
        var sealedEnd: UInt64? { slot.flatMap { $0.state == .sealed ? $0.end : nil } }
    }

    var storeID: StoreID
    /// Whether the identity file is still to be written: a crash ended the creation.
    var lacksIdentity: Bool
    /// Ascending.
    var segments: [SegmentFile]
    /// Unfinished files, to be removed.
    var temporaries: [String]
    /// Files with a segment's name that are another's; only a lenient inventory has any.
    var foreign: [String] = []
    /// The identity file is damaged; only a lenient inventory goes on.
    var isIdentityDamaged = false

    func segment(_ sequence: UInt64) -> SegmentFile? {
        let place = segments.partitionPoint { $0.sequence >= sequence }
        guard place < segments.count, segments[place].sequence == sequence else { return nil }
        return segments[place]
    }

    /// Takes stock of a directory without changing it.
    ///
    /// - Parameter isLenient: Leave out files that belong elsewhere, and do without a damaged
    ///   identity file, instead of throwing.
    /// - Returns: `nil` if there is no store.
    /// - Throws: `unsupportedFormat` whatever else there may be; `corrupt`, `io`.
    static func take(
        _ directory: StoreDirectory, isLenient: Bool = false
    ) throws(LogStoreError) -> Inventory? {
        let fileSystem = directory.fileSystem
        let names = try reading { () throws(SystemCallError) -> [String]? in
            guard try fileSystem.kind(of: directory.path) != nil else { return nil }
            return try fileSystem.list(directory.path)
        }
        guard let names else { return nil }
        if names.contains(UnfinishedCopy.markerName) {
            throw UnfinishedCopy.refusal(directory.path)
        }
        let sequences = names.compactMap { SegmentFormat.sequence(fileName: $0) }.sorted()
        let hasIdentity = names.contains(SegmentFormat.identityFileName)
        guard hasIdentity || !sequences.isEmpty else { return nil }
        var identity: StoreID?
        var isIdentityDamaged = false
        if hasIdentity {
            let path = directory.path(SegmentFormat.identityFileName)
            let bytes = try reading { () throws(SystemCallError) in
                try fileSystem.open(path, .read).readBytes(
                    at: 0, count: StoreIdentity.byteCount + 1)
            }
            do throws(LogStoreError) {
                identity = try StoreIdentity.decode(bytes, path: path)
            } catch {
                guard isLenient, error.code == .corrupt else { throw error }
                isIdentityDamaged = true
                identity = try mostFrequentStore(sequences, directory)
            }
        }
        var inventory = Inventory(
            storeID: identity ?? StoreID(low: 0, high: 0), lacksIdentity: identity == nil,
            segments: [], temporaries: names.filter(isTemporary))
        inventory.isIdentityDamaged = isIdentityDamaged
        var blocks: [[UInt8]] = []
        // A writer may go on meanwhile. A segment is made before the one before it is sealed, so
        // whatever a segment that was read says, its successor is in a later listing.
        var pending = sequences
        while let newest = pending.last {
            for sequence in pending {
                let path = directory.segmentPath(sequence)
                let (file, block) = try reading { () throws(SystemCallError) in
                    let file = try fileSystem.open(path, .read)
                    return (file, try file.readBytes(at: 0, count: headByteCount))
                }
                let header = block.withUnsafeBytes { SegmentHeader.decode($0) }
                if case .unsupported(let found) = header {
                    throw .unsupportedFormat(
                        "the segment was written by another version, or with a feature that this "
                            + "one does not know", file: path, found: found,
                        supported: UInt64(SegmentFormat.version))
                }
                if case .valid(let header) = header {
                    if identity == nil {
                        identity = header.storeID
                        inventory.storeID = header.storeID
                    }
                    guard header.storeID == identity, header.sequence == sequence else {
                        if isLenient {
                            inventory.foreign.append(SegmentFormat.fileName(sequence: sequence))
                            continue
                        }
                        throw .corrupt(
                            header.storeID == identity
                                ? "the file is segment \(header.sequence) under another's name"
                                : "the segment belongs to another store", file: path, byteOffset: 0,
                            expected: sequence, found: header.sequence)
                    }
                }
                blocks.append(block)
                inventory.segments.append(
                    SegmentFile(
                        sequence: sequence, path: path,
                        file: ClippedFile(file, header), header: header, seed: 0,
                        slots: []))
            }
            pending = try reading { () throws(SystemCallError) in
                try fileSystem.list(directory.path)
            }.compactMap { SegmentFormat.sequence(fileName: $0) }.filter { $0 > newest }.sorted()
        }
        guard identity != nil else {
            throw .corrupt(
                "no segment has a valid header, and the identity file is missing",
                file: directory.path)
        }
        guard !sequences.isEmpty else {
            throw .corrupt("all segments are missing", file: directory.path)
        }
        for place in inventory.segments.indices {
            let seed = SegmentFormat.seed(
                storeID: inventory.storeID, sequence: inventory.segments[place].sequence)
            inventory.segments[place].seed = seed
            (inventory.segments[place].slots, inventory.segments[place].hasDamagedSlot) =
                slots(blocks[place], seed: seed)
        }
        return inventory
    }

    /// The store that most of the segments belong to: what is left to go by without the identity
    /// file.
    private static func mostFrequentStore(
        _ sequences: [UInt64], _ directory: StoreDirectory
    ) throws(LogStoreError) -> StoreID? {
        var counts: [StoreID: Int] = [:]
        for sequence in sequences {
            let head = try reading { () throws(SystemCallError) in
                try directory.fileSystem.open(directory.segmentPath(sequence), .read)
                    .readBytes(at: 0, count: SegmentHeader.byteCount)
            }
            if case .valid(let header) = head.withUnsafeBytes({ SegmentHeader.decode($0) }) {
                counts[header.storeID, default: 0] += 1
            }
        }
        return counts.max { ($0.value, $0.key.hex) < ($1.value, $1.key.hex) }?.key
    }

    /// Header and status slots, to the end of a sector.
    private static let headByteCount = SegmentFormat.slotOffsets[1] + 512

    /// The valid slots, and whether there is something else in the place of one.
    private static func slots(_ block: [UInt8], seed: UInt32) -> ([StatusSlot], Bool) {
        var slots: [StatusSlot] = []
        var isDamaged = false
        block.withUnsafeBytes { buffer in
            for offset in SegmentFormat.slotOffsets where offset < buffer.count {
                let sector = UnsafeRawBufferPointer(
                    rebasing: buffer[offset..<min(offset + 512, buffer.count)])
                if let slot = StatusSlot(sector, seed: seed) {
                    slots.append(slot)
                } else if sector.contains(where: { $0 != 0 }) {
                    isDamaged = true
                }
            }
        }
        return (slots.sorted { $0.generation < $1.generation }, isDamaged)
    }

    /// Whether a name is that of a file of ours that was never finished.
    private static func isTemporary(_ name: String) -> Bool {
        guard name.hasSuffix(SegmentFormat.temporarySuffix) else { return false }
        let base = String(name.dropLast(SegmentFormat.temporarySuffix.count))
        return base == SegmentFormat.identityFileName
            || SegmentFormat.sequence(fileName: base) != nil
    }

    /// Turns a failed read into the store's error.
    static func reading<R>(
        _ body: () throws(SystemCallError) -> R
    ) throws(LogStoreError) -> R {
        do throws(SystemCallError) {
            return try body()
        } catch {
            throw LogStoreError(error, writing: false)
        }
    }
}
