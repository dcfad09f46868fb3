package import WALProtocol

/// Copies a store's files to another directory, as of one moment, beside a live writer.
///
/// The moment is that of an opening for reading: its inventory holds every file open, so that what
/// a writer removes meanwhile can still be read. A sealed segment is never written again: it gets a
/// second name, or a clone, where the file system has such a thing. Of every other segment the
/// records are copied that the opening has taken in, and nothing behind them.
///
/// What only a recovery that runs meanwhile can change, the bytes behind what was proven durable, is
/// seen when the copy is checked; then it is made again.
package struct SegmentCopy {
    /// What was done.
    package struct Result: Sendable {
        package var state = LogState()
        package var metadata: [MetadataKey: [UInt8]] = [:]
        /// The bytes of files that share their blocks until either is written.
        package var clonedByteCount: UInt64 = 0
        /// The bytes of files that have a second name.
        package var linkedByteCount: UInt64 = 0
        package var copiedByteCount: UInt64 = 0
        /// The bytes of files that an earlier attempt had finished.
        package var keptByteCount: UInt64 = 0
        /// The bytes of the copy that were read back.
        package var verifiedByteCount: UInt64 = 0
    }

    private static let attemptLimit = 3
    private static let pieceByteCount = 1 << 20

    private let source: StoreDirectory
    private let target: StoreDirectory
    private let isSharing: Bool

    /// Prepares a copy.
    ///
    /// - Parameters:
    ///   - path: The store's directory.
    ///   - target: A directory that is there; what an earlier copy left in it is used.
    ///   - isSharing: Whether sealed segments may share their blocks with the source.
    package init(from path: String, to target: String, isSharing: Bool) {
        source = StoreDirectory(path: path, fileSystem: POSIXFileSystem())
        self.target = StoreDirectory(path: target, fileSystem: POSIXFileSystem())
        self.isSharing = isSharing
    }

    /// The number of the store in a directory.
    ///
    /// - Throws: `unavailable` if there is no store; `corrupt`, `unsupportedFormat`, `io`.
    package static func number(of path: String) throws(LogStoreError) -> StoreNumber {
        let directory = StoreDirectory(path: path, fileSystem: POSIXFileSystem())
        guard let inventory = try Inventory.take(directory) else { throw absent(path) }
        return StoreNumber(high: inventory.storeID.high, low: inventory.storeID.low)
    }

    private static func absent(_ path: String) -> LogStoreError {
        LogStoreError(
            .unavailable, "there is no segment store here", context: .init(file: path))
    }

    /// Makes the copy, durably, and checks every byte of it.
    ///
    /// - Parameter progress: Called with the bytes done, and all.
    /// - Throws: `unavailable`, `corrupt` and `unsupportedFormat` about the source; `noSpace` and
    ///   `io`: then what is there is of use to the next attempt.
    package func run(progress: (UInt64, UInt64) -> Void) throws(LogStoreError) -> Result {
        var attempt = 1
        while true {
            let outcome = try look()
            var result = Result(state: outcome.log.state, metadata: outcome.log.metadata)
            do throws(SystemCallError) {
                try carryOut(outcome, &result, progress)
            } catch {
                throw LogStoreError(error)
            }
            guard let damage = try difference(from: outcome, &result) else { return result }
            attempt += 1
            guard attempt <= Self.attemptLimit else { throw asOfSource(damage) }
        }
    }

    /// Damage that the copy has again and again is the source's.
    private func asOfSource(_ damage: LogStoreError) -> LogStoreError {
        guard let file = damage.context.file, file.hasPrefix(target.path) else { return damage }
        var context = damage.context
        context.file = source.path + file.dropFirst(target.path.count)
        return LogStoreError(damage.code, damage.message, context: context, cause: damage.cause)
    }

    /// Recovers the source in memory; what looks like damage beside a writer is looked at again.
    private func look() throws(LogStoreError) -> LogRecovery.Outcome {
        var attempt = 0
        while true {
            do throws(LogStoreError) {
                guard let inventory = try Inventory.take(source) else {
                    throw Self.absent(source.path)
                }
                var recovery = LogRecovery(inventory, policy: .strict)
                return try recovery.run()
            } catch {
                attempt += 1
                guard attempt < Self.attemptLimit, error.code == .corrupt || error.code == .io
                else { throw error }
            }
        }
    }

    // MARK: - Copying

    /// A file to be there.
    private struct Part {
        var segment: Inventory.SegmentFile
        /// Where its records end; `nil` if the whole file is copied, which is never written again.
        var end: UInt64?
    }

    private func parts(of outcome: LogRecovery.Outcome) -> [Part] {
        outcome.inventory.segments.compactMap { segment in
            let span = outcome.log.spans.last { $0.sequence == segment.sequence }
            let scan = outcome.replayed[segment.sequence]
            let isNewest = segment.sequence == outcome.newest
            guard isNewest || scan != nil || span != nil else { return nil }
            if !isNewest, segment.slot?.state == .sealed { return Part(segment: segment) }
            let end =
                isNewest
                ? outcome.cleanSlot?.end ?? scan.map { UInt64($0.unitsEnd) }
                : scan.map { UInt64($0.unitsEnd) }
            return Part(
                segment: segment,
                end: end ?? span?.end ?? UInt64(SegmentFormat.headerBlockByteCount))
        }
    }

    private func carryOut(
        _ outcome: LogRecovery.Outcome, _ result: inout Result,
        _ progress: (UInt64, UInt64) -> Void
    ) throws(SystemCallError) {
        let fileSystem = target.fileSystem
        let parts = parts(of: outcome)
        let wanted = Set(parts.filter { $0.end == nil }.map(\.segment.sequence))
        for name in try fileSystem.list(target.path) {
            let sequence = SegmentFormat.sequence(fileName: name)
            let isOld = sequence.map { !wanted.contains($0) } ?? false
            if isOld || name.hasSuffix(SegmentFormat.temporarySuffix) {
                try fileSystem.remove(target.path(name))
            }
        }
        var total: UInt64 = 0
        for part in parts {
            if let end = part.end { total += end } else { total += try part.segment.file.size() }
        }
        var done: UInt64 = 0
        for part in parts {
            if let end = part.end {
                try copyRecords(of: part.segment, to: end) { progress(done + $0, total) }
                result.copiedByteCount += end
                done += end
            } else {
                let size = try part.segment.file.size()
                try copyWhole(part.segment, size, &result) { progress(done + $0, total) }
                done += size
            }
            progress(done, total)
        }
        try target.writeAtomically(
            StoreIdentity.encode(outcome.inventory.storeID), name: SegmentFormat.identityFileName)
        try fileSystem.syncDirectory(target.path)
    }

    /// Copies a file that is never written again.
    private func copyWhole(
        _ segment: Inventory.SegmentFile, _ size: UInt64, _ result: inout Result,
        _ progress: (UInt64) -> Void
    ) throws(SystemCallError) {
        let path = target.segmentPath(segment.sequence)
        if try isFinished(path, segment, size) {
            result.keptByteCount += size
            return
        }
        if isSharing, segment.slot?.indexOffset != 0, let file = Self.realFile(of: segment) {
            if file.clone(to: path) {
                try target.fileSystem.open(path, .readWrite).sync()
                result.clonedByteCount += size
                return
            }
            if file.link(to: path) {
                try file.sync()
                result.linkedByteCount += size
                return
            }
        }
        try make(segment.sequence) { (file) throws(SystemCallError) in
            try copy(segment.file, to: file, from: 0, through: size, progress)
        }
        result.copiedByteCount += size
    }

    /// The file that a segment is in, on a real disk.
    private static func realFile(of segment: Inventory.SegmentFile) -> POSIXFile? {
        ((segment.file as? ClippedFile)?.base ?? segment.file) as? POSIXFile
    }

    /// Whether an earlier attempt has finished a file: it has its name since it is whole.
    private func isFinished(
        _ path: String, _ segment: Inventory.SegmentFile, _ size: UInt64
    ) throws(SystemCallError) -> Bool {
        guard let kind = try target.fileSystem.kind(of: path) else { return false }
        if kind == .file {
            if let file = Self.realFile(of: segment), file.isLinked(to: path) {
                if isSharing { return true }
            } else {
                let there = try target.fileSystem.open(path, .read)
                let count = SegmentFormat.headerBlockByteCount
                if try there.size() == size,
                    try there.readBytes(at: 0, count: count)
                        == segment.file.readBytes(at: 0, count: count)
                {
                    return true
                }
            }
        }
        try target.fileSystem.remove(path)
        return false
    }

    /// Copies the records of a segment that is still being written, and nothing behind them.
    ///
    /// Header and status slots are those that the opening saw: a later slot may speak of records
    /// that are not copied.
    private func copyRecords(
        of segment: Inventory.SegmentFile, to end: UInt64, _ progress: (UInt64) -> Void
    ) throws(SystemCallError) {
        let head = Self.head(of: segment)
        let size = try segment.file.size()
        try make(segment.sequence) { (file) throws(SystemCallError) in
            // The space is there before an entry needs it, as in every segment.
            try file.reserve(max(size, end + UInt64(SegmentFormat.endMarkByteCount)))
            try file.writeAll(head, at: 0)
            try copy(segment.file, to: file, from: UInt64(head.count), through: end, progress)
        }
    }

    private static func head(of segment: Inventory.SegmentFile) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: SegmentFormat.headerBlockByteCount)
        block.withUnsafeMutableBytes { bytes in
            guard case .valid(let header) = segment.header, let base = bytes.baseAddress else {
                return
            }
            header.encode(to: base)
        }
        for slot in segment.slots {
            let start = Int(slot.fileOffset)
            let bytes = slot.encode(seed: segment.seed)
            block.replaceSubrange(start..<start + bytes.count, with: bytes)
        }
        return block
    }

    /// Makes a file that has its name once it is whole and durable.
    private func make(
        _ sequence: UInt64, _ fill: (any File) throws(SystemCallError) -> Void
    ) throws(SystemCallError) {
        let file = try target.beginSegment(sequence: sequence)
        try fill(file)
        try file.sync()
        try target.nameSegment(sequence: sequence)
    }

    private func copy(
        _ file: any File, to copy: any File, from start: UInt64, through end: UInt64,
        _ progress: (UInt64) -> Void
    ) throws(SystemCallError) {
        var offset = start
        while offset < end {
            let count = Int(min(UInt64(Self.pieceByteCount), end - offset))
            let bytes = try file.readBytes(at: offset, count: count)
            guard !bytes.isEmpty else { return }
            try copy.writeAll(bytes, at: offset)
            offset += UInt64(bytes.count)
            progress(offset)
        }
    }

    // MARK: - Checking

    /// Reads every byte of the copy and compares positions and metadata.
    ///
    /// - Returns: what is wrong; `nil` if nothing is.
    private func difference(
        from outcome: LogRecovery.Outcome, _ result: inout Result
    ) throws(LogStoreError) -> LogStoreError? {
        let report = try SegmentStore.verify(at: target.path)
        result.verifiedByteCount = report.checkedByteCount
        if let damage = report.damages.first { return damage }
        guard let inventory = try Inventory.take(target) else { return Self.absent(target.path) }
        var recovery = LogRecovery(inventory, policy: .strict)
        let copy = try recovery.run()
        guard copy.log.state == outcome.log.state, copy.log.metadata == outcome.log.metadata,
            report.tornByteCount == 0
        else {
            return .corrupt(
                "the copy's positions or metadata are not the source's", file: target.path)
        }
        return nil
    }
}
