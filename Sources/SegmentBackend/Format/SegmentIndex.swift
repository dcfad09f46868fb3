internal import WALProtocol

/// The payload of an index record, a segment's footer: where its entries stand, and their terms.
final class SegmentIndex: Sendable {
    /// Entries from `first` on have `term`.
    struct TermRun: Hashable, Sendable {
        var first: LogIndex
        var term: Term
    }

    /// The first entry; meaningless if there is none.
    let first: LogIndex
    /// The offset of each entry's record in the file, ascending.
    let offsets: [UInt32]
    /// Ascending; the first run starts at `first`.
    let runs: [TermRun]

    init(first: LogIndex, offsets: [UInt32], runs: [TermRun]) {
        self.first = first
        self.offsets = offsets
        self.runs = runs
    }

    static func byteCount(entries: Int, runs: Int) -> Int { 16 + entries * 4 + runs * 16 }

    /// The bytes held in memory.
    var memoryFootprint: Int { Self.byteCount(entries: offsets.count, runs: runs.count) }

    func term(at index: LogIndex) -> Term? { runs.term(at: index) }

    func encode() -> [UInt8] {
        let size = Self.byteCount(entries: offsets.count, runs: runs.count)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            guard let target = UnsafeMutableRawPointer(buffer.baseAddress) else { return }
            Self.encodeHead(to: target, first: first, count: offsets.count, runs: runs)
            for place in offsets.indices { target.put(offsets[place], 16 + 4 * place) }
            initialized = size
        }
    }

    /// Writes everything but the offsets, which stand between what it writes.
    static func encodeHead(
        to target: UnsafeMutableRawPointer, first: LogIndex, count: Int, runs: [TermRun]
    ) {
        target.put(first, 0)
        target.put(UInt32(count), 8)
        target.put(UInt32(runs.count), 12)
        for (place, run) in runs.enumerated() {
            let offset = byteCount(entries: count, runs: place)
            target.put(run.first, offset)
            target.put(run.term, offset + 8)
        }
    }

    /// Decodes; `nil` if the payload is not one that ``encode()`` makes.
    static func decode(_ payload: UnsafeRawBufferPointer) -> SegmentIndex? {
        var reader = ByteReader(payload)
        guard let first = reader.take(UInt64.self), let count = reader.take(UInt32.self),
            let runCount = reader.take(UInt32.self),
            payload.count == byteCount(entries: Int(count), runs: Int(runCount)),
            count == 0 || runCount > 0, let base = payload.baseAddress
        else { return nil }
        let offsets = decodeOffsets(base + 16, count: Int(count))
        let runsBase = 16 + Int(count) * 4
        let runs = (0..<Int(runCount)).map {
            TermRun(first: base.u64(runsBase + $0 * 16), term: base.u64(runsBase + $0 * 16 + 8))
        }
        guard count == 0 || runs[0].first == first,
            !first.addingReportingOverflow(UInt64(count)).overflow,
            zip(runs, runs.dropFirst()).allSatisfy({ $0.first < $1.first })
        else { return nil }
        return SegmentIndex(first: first, offsets: offsets, runs: runs)
    }

    static func decodeOffsets(_ base: UnsafeRawPointer, count: Int) -> [UInt32] {
        // The initializer writes its count even into the empty array that all threads share.
        if count == 0 { return [] }
        return [UInt32](unsafeUninitializedCapacity: count) { buffer, initialized in
            for position in 0..<count {
                buffer.initializeElement(at: position, to: base.u32(position * 4))
            }
            initialized = count
        }
    }
}

extension [SegmentIndex.TermRun] {
    /// The term of the last run that starts at or before `index`.
    func term(at index: LogIndex) -> Term? {
        let after = partitionPoint { $0.first > index }
        return after == 0 ? nil : self[after - 1].term
    }

    /// Notes the term of the next entry.
    mutating func note(_ position: LogPosition) {
        if last?.term != position.term {
            append(SegmentIndex.TermRun(first: position.index, term: position.term))
        }
    }

    /// Forgets the entries before `index`.
    mutating func begin(at index: LogIndex) {
        removeFirst(Swift.max(0, partitionPoint { $0.first > index } - 1))
        if !isEmpty { self[0].first = Swift.max(index, self[0].first) }
    }

    /// Forgets the entries from `index` on.
    mutating func truncate(from index: LogIndex) {
        while let run = last, run.first >= index { removeLast() }
    }
}

extension RandomAccessCollection where Index == Int {
    /// The first position whose element, and all after it, satisfy the predicate.
    func partitionPoint(_ isAfter: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
