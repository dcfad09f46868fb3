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
    /// - Complexity: O(bytes), on all processors.
    public static func verify(at path: String) throws(LogStoreError) -> VerificationReport {
        try Inspector(path: path, on: POSIXFileSystem(), isConcurrent: true).verify()
    }

    /// Checks a store on a disk of the caller's choosing.
    package static func verify(
        at path: String, on fileSystem: any FileSystem
    ) throws(LogStoreError) -> VerificationReport {
        try Inspector(path: path, on: fileSystem, isConcurrent: false).verify()
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
        try Inspector(path: path, on: fileSystem, isConcurrent: false).describe()
    }
}

/// Walks over the files of a store.
private struct Inspector {
    private let directory: StoreDirectory
    /// Whether files are verified on all processors; a simulated disk wants them in order.
    private let isConcurrent: Bool

    init(path: String, on fileSystem: any FileSystem, isConcurrent: Bool) {
        self.isConcurrent = isConcurrent
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
        let verifications = verifications(of: outcome)
        let fileSystem = directory.fileSystem
        let found = try map(verifications) { (verification) throws(LogStoreError) in
            try verification.run(on: fileSystem)
        }
        for segment in found {
            report.checkedByteCount += segment.checkedByteCount
            report.damages += segment.damages
        }
        return report
    }

    /// What has to be checked: every segment with live entries, and the newest of a clean close.
    private func verifications(of outcome: LogRecovery.Outcome) -> [SegmentVerification] {
        outcome.inventory.segments.compactMap { segment in
            let span = outcome.log.spans.first { $0.sequence == segment.sequence }
            let slot = segment.sequence == outcome.newest ? outcome.cleanSlot : nil
            // A seal knows best: a segment that was repaired ends elsewhere than checkpoints say.
            guard let end = slot?.end ?? span.map({ segment.sealedEnd ?? $0.end }) else {
                return nil
            }
            return SegmentVerification(
                segment: segment, span: span, end: Int(clamping: end), isLast: slot != nil)
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
        let segments = inventory.segments.filter(\.isValid)
        let scans = try map(segments) { (segment) throws(LogStoreError) in
            var scan = try Inventory.reading { () throws(SystemCallError) in
                try SegmentScanner.scan(segment.file, seed: segment.seed)
            }
            scan.dropEntries()
            return scan
        }
        for (segment, scan) in zip(segments, scans) {
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

    /// Does the same to each of many files, at once where the disk is a real one.
    private func map<T: Sendable, R: Sendable>(
        _ elements: [T], _ body: @Sendable (T) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> [R] {
        if isConcurrent { return try Parallel.map(elements, body) }
        var results: [R] = []
        for element in elements { results.append(try body(element)) }
        return results
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
                try SegmentScanner.scan(
                    segment.file, seed: segment.seed,
                    counting: span.map { $0.first..<$0.endIndex } ?? 0..<0)
            }
            total = UInt64(scan.end)
            live = UInt64(scan.countedByteCount)
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
