import WALProtocol

/// Everything that a log answers, flattened so that two of them compare at the speed of `memcmp`.
struct StoreContents: Hashable, Sendable {
    /// Position, kind and payload of every entry, then every metadata value, then the position.
    private(set) var bytes: [UInt8] = []
    private(set) var summary = ""

    /// What a log has to answer.
    init(_ model: Model) {
        for entry in model.entries {
            put(entry.position, entry.kind, entry.payload.count)
            bytes.append(contentsOf: entry.payload)
        }
        putMetadata(model.metadata.sorted { $0.key < $1.key })
        put(model.compacted)
        summary = Self.summary(
            model.first, model.last, model.compacted, model.entries.count, model.metadata.count)
    }

    /// What a log answers, everything read in every way there is.
    ///
    /// - Throws: what the log throws; a `Failure` if its answers contradict each other.
    init(reading log: some LogReading) throws {
        let state = log.state
        var positions: [LogPosition] = []
        if let first = state.first, let last = state.last {
            // One call may give less than everything, if it says from where to go on.
            var next = first
            while next <= last.index {
                let end = try log.visitEntries(in: next..<(last.index + 1)) { header, payload in
                    put(header.position, header.kind, payload.byteCount)
                    payload.withUnsafeBytes { bytes.append(contentsOf: $0) }
                    positions.append(header.position)
                }
                guard end > next else { throw Failure("a visit stays at \(next)", at: .here()) }
                next = end
            }
            guard positions.first?.index == first, positions.last == last else {
                throw Failure("the entries are not those that the state names", at: .here())
            }
            for position in positions where try log.term(at: position.index) != position.term {
                throw Failure("term(at: \(position.index)) is another's", at: .here())
            }
            try readOneByOne(log, positions)
        }
        if let compacted = state.compacted,
            try log.term(at: compacted.index) != compacted.term
        {
            throw Failure("term(at:) of the compacted position is another", at: .here())
        }
        if let durable = state.durable, durable.index > state.last?.index ?? 0 {
            throw Failure("durable lies beyond the last entry", at: .here())
        }
        var metadata: [(MetadataKey, [UInt8])] = []
        for key in try log.metadataKeys() {
            guard let value = try log.metadata(for: key) else {
                throw Failure("metadata \(key) is listed and missing", at: .here())
            }
            metadata.append((key, value))
        }
        putMetadata(metadata)
        put(state.compacted)
        summary = Self.summary(
            state.first, state.last, state.compacted, positions.count, metadata.count)
    }

    /// A store finds one entry in another way than many: both have to find the same.
    private func readOneByOne(_ log: some LogReading, _ positions: [LogPosition]) throws {
        var found = StoreContents()
        for position in positions {
            try log.withEntry(at: position.index) { header, payload in
                found.put(header.position, header.kind, payload.byteCount)
                payload.withUnsafeBytes { found.bytes.append(contentsOf: $0) }
            }
        }
        guard found.bytes == bytes else {
            throw Failure("entries read one by one are others than those of a visit", at: .here())
        }
    }

    private init() {}

    private mutating func put(_ position: LogPosition, _ kind: EntryKind, _ count: Int) {
        put(position.term)
        put(position.index)
        put(UInt64(count))
        bytes.append(kind.rawValue)
    }

    private mutating func put(_ position: LogPosition?) {
        put(position?.term ?? .max)
        put(position?.index ?? .max)
    }

    private mutating func put(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func putMetadata(_ metadata: [(key: MetadataKey, value: [UInt8])]) {
        for (key, value) in metadata {
            bytes.append(contentsOf: Array(key.name.utf8))
            put(UInt64(value.count))
            bytes.append(contentsOf: value)
        }
    }

    private static func summary(
        _ first: LogIndex?, _ last: LogPosition?, _ compacted: LogPosition?, _ count: Int,
        _ metadataCount: Int
    ) -> String {
        "first \(text(first)), last \(text(last)), compacted \(text(compacted)), "
            + "\(count) entries, \(metadataCount) metadata values"
    }
}
