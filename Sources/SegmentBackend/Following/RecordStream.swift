package import WALProtocol

/// The records that a writer, in another process perhaps, adds to a store after it was opened for
/// reading: for whoever follows a log.
///
/// Reads from the place where the last look ended, so that a look costs what is new and no more:
/// one small read if nothing is. Where the records do not simply go on, because a recovery copied
/// them or files were replaced, the stream is lost, and the store has to be opened again.
package final class RecordStream {
    /// What happened to the log besides appends.
    package enum Change: Hashable, Sendable {
        /// The entries from an index on are gone.
        case truncated(from: LogIndex)
        /// The entries through a position are gone.
        case compacted(through: LogPosition)
        /// Everything is gone; the log goes on after a position, if there is one.
        case reset(to: LogPosition?)
    }

    /// How a look ended.
    package enum Look: Hashable, Sendable {
        /// There was nothing new.
        case idle
        /// There was something new, and all of it was handed out.
        case progress
        /// There are bytes that are no whole unit: yet, or because they are damaged.
        case pending
        /// The store has to be opened again.
        case lost
    }

    private let directory: StoreDirectory
    private let storeID: StoreID
    private var sequence: UInt64
    private var file: any File
    private var seed: UInt32
    /// Where the next record begins.
    private var end: Int
    private var log: ReplayedLog
    private var last: SegmentScan.Mark?
    private var beforeLast: SegmentScan.Mark?
    /// What the directory looked like when its names were last read.
    private var stamp: DirectoryStamp?
    /// Whether they were read again since then.
    private var isStampSettled = false

    /// Starts where an opening for reading ended.
    ///
    /// - Returns: `nil` if the newest segment is gone by now.
    init?(_ start: Start, in directory: StoreDirectory, _ storeID: StoreID, _ state: LogState) {
        let path = directory.segmentPath(start.sequence)
        guard let file = try? directory.fileSystem.open(path, .read) else { return nil }
        self.directory = directory
        self.storeID = storeID
        self.file = file
        sequence = start.sequence
        seed = SegmentFormat.seed(storeID: storeID, sequence: start.sequence)
        end = start.end
        (last, beforeLast) = (start.last, start.beforeLast)
        log = ReplayedLog()
        log.compacted = state.compacted
        log.last = state.last
        log.start = state.first ?? state.compacted.map { $0.index + 1 }
    }

    /// Hands out what is new, in the order in which it was written, whole units only.
    ///
    /// - Parameters:
    ///   - entry: Called with each entry; the span is valid until it returns.
    ///   - change: Called with everything else that changes what the log holds.
    /// - Throws: `io`, and what `entry` and `change` throw: then the stream is of no more use.
    package func look(
        entry: (EntryHeader, RawSpan) throws(LogStoreError) -> Void,
        change: (Change) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> Look {
        var result = Look.idle
        while true {
            let found = try readOn(entry, change)
            let next = found == .lost ? .lost : try moveOn()
            if found == .lost || next == .lost { return .lost }
            if found == .progress || next == .progress { result = .progress }
            guard next != .progress else { continue }
            if result == .idle, found == .pending || next == .pending { result = .pending }
            break
        }
        return try isOvertaken() ? .lost : result
    }

    // MARK: - Within a segment

    private func readOn(
        _ entry: (EntryHeader, RawSpan) throws(LogStoreError) -> Void,
        _ change: (Change) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> Look {
        let (size, head) = try Inventory.reading { () throws(SystemCallError) in
            let size = Int(clamping: try file.size())
            let count = min(SegmentFormat.recordHeaderByteCount, size - end)
            return (size, try file.readBytes(at: UInt64(end), count: count))
        }
        guard head.contains(where: { $0 != 0 }) else { return .idle }
        var scanner = SegmentScanner(file: file, seed: seed, fileEnd: size)
        var unit: [ScannedRecord] = []
        var place = end
        var isProgress = false
        while let header = try validHeader(&scanner, at: place) {
            let record = ScannedRecord(offset: place, header: header)
            unit.append(record)
            place = record.end
            guard !header.hasMore else { continue }
            for record in unit {
                guard try apply(record, &scanner, entry, change) else { return .lost }
            }
            unit.removeAll(keepingCapacity: true)
            end = place
            isProgress = true
        }
        return isProgress ? .progress : .pending
    }

    private func validHeader(
        _ scanner: inout SegmentScanner, at offset: Int
    ) throws(LogStoreError) -> RecordHeader? {
        do throws(SystemCallError) {
            return try scanner.validHeader(at: offset)
        } catch {
            throw LogStoreError(error, writing: false)
        }
    }

    /// Applies a record and hands out what it says.
    ///
    /// - Returns: `false` if it does not follow from those before.
    private func apply(
        _ record: ScannedRecord, _ scanner: inout SegmentScanner,
        _ entry: (EntryHeader, RawSpan) throws(LogStoreError) -> Void,
        _ change: (Change) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> Bool {
        let header = record.header
        let position = LogPosition(term: header.term, index: header.index)
        (beforeLast, last) = (last, SegmentScan.Mark(type: header.type, offset: record.offset))
        switch header.type {
        case .entry:
            if let last = log.last, position.index != last.index + 1 || position.term < last.term {
                return false
            }
            if log.start == nil { log.start = position.index }
            log.last = position
            return try hand(record, &scanner, to: entry)
        case .truncate:
            // An opening for reading knows the spans of its own time only; positions are enough.
            guard let start = log.start, let last = log.last, start <= header.index,
                header.index <= last.index
            else { return false }
            log.last =
                header.index > start
                ? LogPosition(term: header.term, index: header.index - 1) : log.compacted
            if header.index <= start { log.start = log.compacted.map { $0.index + 1 } }
            try change(.truncated(from: header.index))
        case .compact:
            guard log.compact(through: position) else { return false }
            try change(.compacted(through: position))
        case .reset:
            let target = header.flags & RecordFlags.absent != 0 ? nil : position
            guard log.reset(to: target) else { return false }
            try change(.reset(to: target))
        case .metadata, .watermark, .checkpoint, .index:
            break
        }
        return true
    }

    /// Calls `entry` with the payload of a record that was found valid.
    private func hand(
        _ record: ScannedRecord, _ scanner: inout SegmentScanner,
        to entry: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) -> Bool {
        let header = record.header
        let byteCount = SegmentFormat.recordHeaderByteCount + header.payloadByteCount
        let found: UnsafeRawPointer?
        do throws(SystemCallError) {
            found = try scanner.bytes(at: record.offset, count: byteCount)
        } catch {
            throw LogStoreError(error, writing: false)
        }
        if let found {
            try hand(header, UnsafeRawBufferPointer(start: found, count: byteCount), to: entry)
            return true
        }
        // Longer than the scanner's buffer.
        let bytes = try Inventory.reading { () throws(SystemCallError) in
            try file.readBytes(at: UInt64(record.offset), count: byteCount)
        }
        guard bytes.count == byteCount else { return false }
        try bytes.span.bytes.withUnsafeBytes { (bytes) throws(LogStoreError) in
            try hand(header, bytes, to: entry)
        }
        return true
    }

    private func hand(
        _ header: RecordHeader, _ record: UnsafeRawBufferPointer,
        to entry: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
    ) throws(LogStoreError) {
        let payload = UnsafeRawBufferPointer(
            rebasing: record[SegmentFormat.recordHeaderByteCount...])
        try entry(
            EntryHeader(
                position: LogPosition(term: header.term, index: header.index),
                kind: EntryKind(rawValue: header.kind), payloadByteCount: header.payloadByteCount),
            payload.bytes)
    }

    // MARK: - From segment to segment

    /// Goes on to the next segment, if this one ended and that one begins where it ended.
    private func moveOn() throws(LogStoreError) -> Look {
        guard SegmentScan.isFooter(last, after: beforeLast) else { return .idle }
        let next = sequence + 1
        guard let file = try opened(next), isValid(try head(of: file), next) else { return .idle }
        let nextSeed = SegmentFormat.seed(storeID: storeID, sequence: next)
        let start = SegmentFormat.headerBlockByteCount
        let record: RecordReader.WholeRecord
        do throws(LogStoreError) {
            record = try RecordReader.read(
                file, at: start, seed: nextSeed, expecting: .checkpoint)
        } catch {
            guard error.code == .corrupt else { throw error }
            return .pending
        }
        guard let checkpoint = record.decode({ Checkpoint($0, in: next) }),
            log.agrees(with: checkpoint)
        else { return .lost }
        (self.file, sequence, seed) = (file, next, nextSeed)
        end = start
        (beforeLast, last) = (nil, nil)
        return .progress
    }

    /// Whether the log went on elsewhere: a later segment is in use, or this one is gone.
    ///
    /// Names are read only if the directory changed, and once more after that: a second change
    /// within the granularity of the clock of files does not show.
    private func isOvertaken() throws(LogStoreError) -> Bool {
        let now = DirectoryStamp(directory.path)
        if let now, now == stamp, isStampSettled { return false }
        let names = try Inventory.reading { () throws(SystemCallError) in
            try directory.fileSystem.list(directory.path)
        }
        let sequences = names.compactMap { SegmentFormat.sequence(fileName: $0) }
        guard sequences.contains(sequence) else { return true }
        for later in sequences where later > sequence {
            guard let file = try opened(later), isValid(try head(of: file), later) else { continue }
            // Unless the end of this segment came only now.
            return try !hasMore()
        }
        isStampSettled = now == stamp
        stamp = now
        return false
    }

    /// Whether there is something to read on with: a footer that came after the last look.
    private func hasMore() throws(LogStoreError) -> Bool {
        var scanner = SegmentScanner(
            file: file, seed: seed,
            fileEnd: Int(
                clamping: try Inventory.reading { () throws(SystemCallError) in try file.size() }))
        return try validHeader(&scanner, at: end) != nil
    }

    private func opened(_ sequence: UInt64) throws(LogStoreError) -> (any File)? {
        let path = directory.segmentPath(sequence)
        return try Inventory.reading { () throws(SystemCallError) in
            guard try directory.fileSystem.kind(of: path) == .file else { return nil }
            return try directory.fileSystem.open(path, .read)
        }
    }

    private func head(of file: any File) throws(LogStoreError) -> [UInt8] {
        try Inventory.reading { () throws(SystemCallError) in
            try file.readBytes(at: 0, count: SegmentHeader.byteCount)
        }
    }

    private func isValid(_ head: [UInt8], _ sequence: UInt64) -> Bool {
        guard case .valid(let header) = head.withUnsafeBytes({ SegmentHeader.decode($0) }) else {
            return false
        }
        return header.storeID == storeID && header.sequence == sequence
    }
}
