public import WALProtocol

/// Looking at a store without opening it: no lock, no change, beside a live writer.
extension SegmentStore {
    /// Whether a directory holds a segment store.
    public static func exists(at path: String) -> Bool {
        guard let names = try? POSIXFileSystem().list(path) else { return false }
        return names.contains {
            $0 == SegmentFormat.identityFileName || SegmentFormat.sequence(fileName: $0) != nil
        }
    }

    /// Reads and checks every byte of every record of a store.
    ///
    /// - Returns: what was found; damage is listed, not thrown, as far as anything can be read.
    /// - Throws: `unavailable` if there is no store, `unsupportedFormat`, `io`.
    /// - Complexity: O(bytes).
    public static func verify(at path: String) throws(LogStoreError) -> VerificationReport {
        try verify(at: path, on: POSIXFileSystem())
    }

    /// Checks a store on a disk of the caller's choosing.
    package static func verify(
        at path: String, on fileSystem: any FileSystem
    ) throws(LogStoreError) -> VerificationReport {
        try Inspector(path: path, on: fileSystem).verify()
    }

    /// Describes a store's directory.
    ///
    /// - Throws: `unavailable` if there is no store, `corrupt`, `unsupportedFormat`, `io`.
    /// - Complexity: O(bytes).
    public static func describe(at path: String) throws(LogStoreError) -> StoreDescription {
        try describe(at: path, on: POSIXFileSystem())
    }

    /// Describes a store on a disk of the caller's choosing.
    package static func describe(
        at path: String, on fileSystem: any FileSystem
    ) throws(LogStoreError) -> StoreDescription {
        try Inspector(path: path, on: fileSystem).describe()
    }
}

/// Walks over the files of a store.
private struct Inspector {
    private let directory: StoreDirectory

    init(path: String, on fileSystem: any FileSystem) {
        directory = StoreDirectory(path: path, fileSystem: fileSystem)
    }

    private func inventory() throws(LogStoreError) -> Inventory {
        guard let inventory = try Inventory.take(directory) else {
            throw LogStoreError(
                .unavailable, "there is no segment store here",
                context: .init(file: directory.path))
        }
        return inventory
    }

    /// Repeats what fails beside a live writer, which moves files while they are looked at.
    private func patiently<R>(
        _ body: () throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        var attempt = 0
        while true {
            do throws(LogStoreError) {
                return try body()
            } catch {
                attempt += 1
                guard attempt < 3, error.code == .io || error.code == .corrupt else { throw error }
            }
        }
    }

    // MARK: - Verifying

    func verify() throws(LogStoreError) -> VerificationReport {
        var report = VerificationReport()
        var outcome: LogRecovery.Outcome?
        do throws(LogStoreError) {
            outcome = try patiently { () throws(LogStoreError) in
                var recovery = LogRecovery(try inventory(), policy: .strict)
                return try recovery.run()
            }
        } catch {
            guard error.code == .corrupt else { throw error }
            report.damages.append(error)
        }
        guard let outcome else {
            try verifyWithoutRecovery(&report)
            return report
        }
        report.state = outcome.log.state
        report.tornByteCount = outcome.report.tornByteCount
        for span in outcome.log.spans {
            guard let segment = outcome.inventory.segment(span.sequence) else { continue }
            try verify(segment, span, &report)
        }
        if let slot = outcome.cleanSlot { try verifyTail(outcome, slot, &report) }
        return report
    }

    /// Checks every record up to the end of what counts, and the footer against the records.
    private func verify(
        _ segment: Inventory.SegmentFile, _ span: ReplayedLog.Span,
        _ report: inout VerificationReport
    ) throws(LogStoreError) {
        // A seal knows best: a segment that was repaired ends elsewhere than checkpoints say.
        let end = Int(clamping: segment.sealedEnd ?? span.end)
        var start = SegmentFormat.headerBlockByteCount
        var found: [LogIndex: Int] = [:]
        while start < end {
            let scan = try Inventory.reading { () throws(SystemCallError) in
                try SegmentScanner.scan(segment.file, seed: segment.seed, from: start, limit: end)
            }
            report.checkedByteCount += UInt64(scan.end - start)
            for record in scan.records where record.header.type == .entry {
                found[record.header.index] = record.offset
            }
            guard scan.end < end else { break }
            let next = nextRecord(in: segment, after: scan.end, end: end)
            let index = found.keys.max().map { $0 &+ 1 } ?? span.first
            report.damages.append(
                .corrupt(
                    "bytes \(scan.end)..<\(next) are damaged", file: segment.path,
                    byteOffset: UInt64(scan.end), index: index))
            start = next
        }
        let loaded: SegmentIndex?
        if let offsets = span.offsets {
            loaded = SegmentIndex(first: span.first, offsets: offsets, runs: span.runs)
        } else {
            let file = Segment(
                sequence: span.sequence, path: segment.path, seed: segment.seed,
                capacity: segment.capacity, fileSystem: directory.fileSystem,
                indexOffset: segment.slot?.indexOffset)
            do throws(LogStoreError) {
                loaded = try file.loadIndex(SegmentCache(limit: 1))
            } catch {
                guard error.code == .corrupt else { throw error }
                report.damages.append(error)
                loaded = nil
            }
        }
        guard let loaded else { return }
        for index in span.first..<span.endIndex where report.damages.isEmpty {
            let place = Int(truncatingIfNeeded: index &- loaded.first)
            guard loaded.offsets.indices.contains(place),
                found[index] == Int(loaded.offsets[place])
            else {
                report.damages.append(
                    .corrupt(
                        "the footer and the records disagree about an entry", file: segment.path,
                        index: index))
                return
            }
        }
    }

    /// After a clean close nothing but zeros stands behind the mark.
    private func verifyTail(
        _ outcome: LogRecovery.Outcome, _ slot: StatusSlot, _ report: inout VerificationReport
    ) throws(LogStoreError) {
        guard let newest = outcome.inventory.segment(outcome.newest) else { return }
        let whole = try Inventory.reading { () throws(SystemCallError) in
            try SegmentScanner.scan(newest.file, seed: newest.seed)
        }
        if UInt64(whole.end) < slot.end {
            if !report.damages.contains(where: { $0.context.byteOffset == UInt64(whole.end) }) {
                report.damages.append(
                    .corrupt(
                        "a record is damaged, though the store was closed cleanly",
                        file: newest.path, byteOffset: UInt64(whole.end)))
            }
        } else if whole.garbageEnd > whole.end {
            report.damages.append(
                .corrupt(
                    "there are bytes behind the end of the log, though the store was closed "
                        + "cleanly", file: newest.path, byteOffset: UInt64(whole.end)))
        }
    }

    /// When recovery refuses, every file is checked for itself.
    private func verifyWithoutRecovery(
        _ report: inout VerificationReport
    ) throws(LogStoreError) {
        let inventory: Inventory
        do throws(LogStoreError) {
            inventory = try self.inventory()
        } catch {
            guard error.code == .corrupt else { throw error }
            return
        }
        for segment in inventory.segments where segment.isValid {
            let scan = try Inventory.reading { () throws(SystemCallError) in
                try SegmentScanner.scan(segment.file, seed: segment.seed)
            }
            report.checkedByteCount += scan.byteCount
            let isKnown = report.damages.contains { $0.context.file == segment.path }
            if scan.isTorn, !isKnown {
                report.damages.append(
                    .corrupt(
                        "bytes \(scan.end)..<\(scan.garbageEnd) are not valid records",
                        file: segment.path, byteOffset: UInt64(scan.end)))
            }
        }
    }

    /// The offset of the next valid record; the end if there is none.
    private func nextRecord(in segment: Inventory.SegmentFile, after start: Int, end: Int) -> Int {
        var offset = start + 8
        guard
            let bytes = try? segment.file.readBytes(at: UInt64(start), count: max(0, end - start))
        else { return end }
        return bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return end }
            while offset + SegmentFormat.recordHeaderByteCount <= start + buffer.count {
                let record = base + (offset - start)
                if let header = RecordHeader(
                    plausibleAt: record, available: start + buffer.count - offset),
                    header.isValid(at: record, seed: segment.seed.seed(at: offset))
                {
                    return offset
                }
                offset += 8
            }
            return end
        }
    }

    // MARK: - Describing

    func describe() throws(LogStoreError) -> StoreDescription {
        let outcome = try patiently { () throws(LogStoreError) in
            var recovery = LogRecovery(try inventory(), policy: .strict)
            return try recovery.run()
        }
        var description = StoreDescription(
            backend: "segment", formatVersion: SegmentFormat.version,
            storeID: outcome.inventory.storeID.hex)
        description.state = outcome.log.state
        description.metadataKeys = outcome.log.metadata.keys.sorted()
        description.recovery = outcome.report
        for segment in outcome.inventory.segments {
            description.segments.append(try describe(segment, outcome))
        }
        return description
    }

    private func describe(
        _ segment: Inventory.SegmentFile, _ outcome: LogRecovery.Outcome
    ) throws(LogStoreError) -> StoreDescription.Segment {
        let span = outcome.log.spans.first { $0.sequence == segment.sequence }
        let size = try Inventory.reading { () throws(SystemCallError) in try segment.file.size() }
        var live: UInt64 = 0
        var total: UInt64 = 0
        if segment.isValid {
            let scan = try Inventory.reading { () throws(SystemCallError) in
                try SegmentScanner.scan(segment.file, seed: segment.seed)
            }
            total = UInt64(scan.end)
            for record in scan.records where record.header.type == .entry {
                if let span, (span.first..<span.endIndex).contains(record.header.index) {
                    live += UInt64(record.header.recordByteCount)
                }
            }
        }
        live = min(live, total)
        return StoreDescription.Segment(
            file: SegmentFormat.fileName(sequence: segment.sequence), sequence: segment.sequence,
            state: state(of: segment, span, outcome), first: span?.first,
            entryCount: span?.count ?? 0, liveByteCount: live, deadByteCount: total - live,
            fileByteCount: size)
    }

    private func state(
        of segment: Inventory.SegmentFile, _ span: ReplayedLog.Span?,
        _ outcome: LogRecovery.Outcome
    ) -> String {
        guard segment.sequence <= outcome.newest else {
            return segment.header == .blank ? "prepared" : "leftover"
        }
        if segment.sequence == outcome.newest { return outcome.cleanSlot == nil ? "open" : "clean" }
        return span == nil ? "leftover" : "sealed"
    }
}

extension ReplayedLog {
    /// The positions, all of which were read from the disk.
    var state: LogState {
        var state = LogState(compacted: compacted, last: last, durable: last)
        if let start, let last, last.index >= start { state.first = start }
        return state
    }
}
