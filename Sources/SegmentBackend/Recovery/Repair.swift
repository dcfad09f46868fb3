internal import WALProtocol

/// Makes a damaged store whole, file by file (DESIGN.md, "Protocol-aware recovery").
///
/// Every file is replaced by a rename, after its new contents and a copy of the original were
/// synced. Nothing depends on the order of the files: a repair that was interrupted is repeated.
struct Repair {
    let directory: StoreDirectory
    private let accepted: Loss
    var outcome: Salvage.Outcome
    private var replacements: Replacements
    var report = RepairReport()

    /// What may be let go of.
    enum Loss {
        /// Nothing: what cannot be mended stays as it is.
        case nothing
        /// An end of the log of which nothing is known, and changes of metadata.
        case state
        /// That, and every entry from the first lost one on.
        case entries
    }

    static func run(
        _ directory: StoreDirectory, _ offered: [LogIndex: Entry], accepting accepted: Loss
    ) throws(LogStoreError) -> RepairReport {
        try look(directory)
        let lock: (any FileLock)?
        do throws(SystemCallError) {
            lock = try directory.fileSystem.lock(directory.path(SegmentFormat.lockFileName))
        } catch {
            throw LogStoreError(error)
        }
        guard let lock else { throw .locked(path: directory.path) }
        defer { lock.release() }
        let outcome = try salvage(directory)
        var repair = Repair(
            directory: directory, accepted: accepted, outcome: outcome,
            replacements: try Replacements(offered, for: outcome))
        return try repair.run()
    }

    /// Looks whether there is a store, before a lock makes a file.
    static func look(_ directory: StoreDirectory) throws(LogStoreError) {
        guard let inventory = try Inventory.take(directory, isLenient: true) else {
            throw missing(directory)
        }
        _ = try Salvage(inventory).firstSegment()
    }

    private static func missing(_ directory: StoreDirectory) -> LogStoreError {
        LogStoreError(
            .unavailable, "there is no segment store here",
            context: .init(file: directory.path))
    }

    static func salvage(
        _ directory: StoreDirectory
    ) throws(LogStoreError) -> Salvage.Outcome {
        guard let inventory = try Inventory.take(directory, isLenient: true) else {
            throw missing(directory)
        }
        var salvage = Salvage(inventory)
        return try salvage.run()
    }

    private mutating func run() throws(LogStoreError) -> RepairReport {
        report.before = outcome.report
        guard !Self.isWhole(outcome) else { return finish(outcome) }
        // What does not fit is found out before anything is changed.
        for sequence in damagedSegments() { _ = try mended(sequence) }
        try mendIdentity()
        for sequence in damagedSegments() {
            guard let image = try mended(sequence) else { continue }
            try replace(sequence, with: image)
        }
        try moveForeignFiles()
        outcome = try Self.salvage(directory)
        if accepted == .entries, outcome.log.runs.contains(where: { $0.loss != nil }) {
            try endLogBeforeLoss()
        } else if needsNewest() {
            try makeNewest()
        }
        return finish(try Self.salvage(directory))
    }

    /// Says what the store is afterwards.
    private mutating func finish(_ after: Salvage.Outcome) -> RepairReport {
        report.stillLost = after.report.lostRanges
        report.isStateUncertain = after.report.isMetadataUncertain || after.lostFrom != nil
        report.isWhole = Self.isWhole(after)
        return report
    }

    private static func isWhole(_ outcome: Salvage.Outcome) -> Bool {
        outcome.isRecoverable && outcome.lostFrom == nil && outcome.report.lostRanges.isEmpty
            && outcome.inventory.foreign.isEmpty && !outcome.inventory.isIdentityDamaged
            && !outcome.report.findings.contains { $0.kind == .damaged || $0.kind == .missing }
    }

    // MARK: - Segment by segment

    /// The segments with damage, ascending.
    private func damagedSegments() -> [UInt64] {
        let kinds: Set<RecoveryReport.Finding.Kind> = [.damaged, .missing, .foreign]
        let found = outcome.report.findings.filter { kinds.contains($0.kind) }
            .compactMap { SegmentFormat.sequence(fileName: $0.file) }
        let live = Set(outcome.log.runs.map(\.sequence))
        return Set(found).intersection(live).sorted()
    }

    /// A segment with what can be put back, and how much that is.
    struct Mended {
        var image: SegmentImage
        var restored: UInt64 = 0
        var proven: UInt64 = 0
    }

    /// Mends a segment in place, or writes it anew.
    ///
    /// - Returns: `nil` if nothing can be done about it.
    /// - Throws: `positionConflict`.
    private func mended(_ sequence: UInt64) throws(LogStoreError) -> Mended? {
        let patched = try patched(sequence)
        if let patched, try isSound(patched.image) { return patched }
        if isLeftBehind(sequence), let anew = try rewritten(sequence) { return anew }
        guard let patched, patched.restored > 0 else { return nil }
        return patched
    }

    /// Whether the log goes on, or went on, in another segment.
    private func isLeftBehind(_ sequence: UInt64) -> Bool {
        sequence != outcome.newest || outcome.inventory.segment(sequence)?.sealedEnd != nil
    }

    /// Whether a segment that the log has left behind has no damage.
    private func isSound(_ image: SegmentImage) throws(LogStoreError) -> Bool {
        let survey = try Inventory.reading { () throws(SystemCallError) in
            try SegmentSurvey.take(
                MemoryFile(path: image.path, image.bytes), seed: image.seed)
        }
        guard let head = survey.records.first,
            head.offset == SegmentFormat.headerBlockByteCount, head.header.type == .checkpoint,
            case .valid = image.bytes.withUnsafeBytes({ SegmentHeader.decode($0) })
        else { return false }
        let sealedEnd = outcome.inventory.segment(image.sequence)?.sealedEnd
        let end = Int(clamping: sealedEnd ?? outcome.ends[image.sequence] ?? 0)
        return !survey.gaps.contains { $0.lowerBound < end } && survey.end >= end
    }

    /// Puts records back where they stood.
    private func patched(_ sequence: UInt64) throws(LogStoreError) -> Mended? {
        guard let segment = outcome.inventory.segment(sequence) else { return nil }
        let bytes = try Inventory.reading { () throws(SystemCallError) in
            try segment.file.readBytes(at: 0, count: Int(clamping: try segment.file.size()))
        }
        guard bytes.count > SegmentFormat.headerBlockByteCount else { return nil }
        let survey = try Inventory.reading { () throws(SystemCallError) in
            try SegmentSurvey.take(segment.file, seed: segment.seed)
        }
        var mended = Mended(
            image: SegmentImage(
                storeID: outcome.inventory.storeID, sequence: sequence, path: segment.path,
                copying: bytes))
        let runs = outcome.log.runs.filter { $0.sequence == sequence }
        let places = runs.filter { $0.loss != nil }.flatMap { $0.offsets ?? [] }.sorted()
        for run in runs where run.loss != nil {
            for (place, offset) in (run.offsets ?? []).enumerated() {
                let offset = Int(offset)
                let index = run.first + LogIndex(place)
                let confirmed = replacements.entries[index]
                guard let entry = confirmed ?? replacements.unconfirmed[index],
                    offset + SegmentFormat.recordHeaderByteCount <= bytes.count
                else { continue }
                let next = places.partitionPoint { Int($0) > offset }
                let record = survey.records.partitionPoint { $0.offset > offset }
                let limit = min(
                    next < places.count ? Int(places[next]) : bytes.count,
                    record < survey.records.count ? survey.records[record].offset : bytes.count)
                switch try mended.image.restore(
                    entry, at: offset, limit: limit, needsProof: confirmed == nil)
                {
                case .proven:
                    mended.restored += 1
                    mended.proven += 1
                case .unproven: mended.restored += 1
                case .notPut: break
                }
            }
        }
        mendDerived(&mended.image, segment, runs, survey)
        if sequence == outcome.newest, outcome.isRecoverable, outcome.report.stoppedCleanly,
            let slot = segment.slot, slot.state == .clean
        {
            mended.image.clear(from: Int(clamping: slot.end))
        }
        return mended
    }

    /// Makes header and footer of a segment again that the log has left behind.
    private func mendDerived(
        _ image: inout SegmentImage, _ segment: Inventory.SegmentFile, _ runs: [SalvagedLog.Run],
        _ survey: SegmentSurvey
    ) {
        guard isLeftBehind(segment.sequence) else { return }
        if !segment.isValid { image.putHeader(durableAtBirth: 0) }
        guard let slot = segment.slot, let end = segment.sealedEnd,
            survey.record(at: Int(clamping: slot.indexOffset)) == nil, let first = runs.first?.first
        else { return }
        var offsets: [UInt32] = []
        var terms: [SegmentIndex.TermRun] = []
        for run in runs {
            guard run.loss == nil, let known = run.offsets else { return }
            offsets += known
            terms += run.terms.filter { $0.term != terms.last?.term }
        }
        let place = Int(clamping: slot.indexOffset)..<Int(clamping: end)
        _ = image.putFooter(
            SegmentIndex(first: first, offsets: offsets, runs: terms), in: place)
    }

    /// Writes a segment anew, with its live entries.
    ///
    /// - Returns: `nil` if some of them are still lost.
    private func rewritten(_ sequence: UInt64) throws(LogStoreError) -> Mended? {
        let runs = outcome.log.runs.filter { $0.sequence == sequence }
        guard let first = runs.first?.first,
            let checkpoint = checkpoint(before: first, olderThan: sequence)
        else { return nil }
        var mended = Mended(
            image: SegmentImage(
                storeID: outcome.inventory.storeID, sequence: sequence,
                path: directory.segmentPath(sequence), checkpoint))
        for run in runs {
            guard try copy(run, to: &mended) else { return nil }
        }
        mended.image.seal()
        return mended
    }

    /// Copies the entries of a run, or their replacements.
    ///
    /// - Returns: `false` if one is still lost.
    func copy(
        _ run: SalvagedLog.Run, to mended: inout Mended
    ) throws(LogStoreError) -> Bool {
        if run.loss != nil {
            for index in run.first..<run.end {
                guard let entry = replacements.entries[index] else { return false }
                mended.image.append(entry)
                mended.restored += 1
            }
            return mended.image.bytes.count <= SegmentFormat.maximumSegmentByteCount
        }
        guard let segment = outcome.inventory.segment(run.sequence) else { return false }
        var offsets = run.offsets ?? []
        if run.offsets == nil { offsets = try footerOffsets(of: run, segment) }
        for offset in offsets {
            let record = try RecordReader.read(
                segment.file, at: Int(offset), seed: segment.seed, expecting: .entry)
            let payload = record.bytes[SegmentFormat.recordHeaderByteCount..<record.end]
            mended.image.append(
                Entry(
                    position: LogPosition(term: record.header.term, index: record.header.index),
                    kind: EntryKind(rawValue: record.header.kind), payload: Array(payload)))
        }
        return true
    }

    private func footerOffsets(
        of run: SalvagedLog.Run, _ segment: Inventory.SegmentFile
    ) throws(LogStoreError) -> [UInt32] {
        let record = try RecordReader.read(
            segment.file, at: Int(clamping: segment.slot?.indexOffset ?? 0), seed: segment.seed,
            expecting: .index)
        guard let footer = record.decode(SegmentIndex.decode), footer.first <= run.first else {
            throw .corrupt("the segment's footer makes no sense", file: segment.path)
        }
        return Array(footer.offsets.dropFirst(Int(run.first - footer.first)).prefix(Int(run.count)))
    }

    /// What a checkpoint says before an entry: the log now, as far as it stands in older segments.
    private func checkpoint(before first: LogIndex?, olderThan sequence: UInt64) -> Checkpoint? {
        let log = outcome.log
        var checkpoint = Checkpoint()
        checkpoint.compacted = log.compacted
        checkpoint.metadata = log.metadata
        let offset = UInt64(SegmentFormat.headerBlockByteCount)
        checkpoint.watermark = StreamOffset(sequence: sequence, offset: offset)
        for run in log.runs where run.sequence < sequence {
            if checkpoint.segments.last?.sequence == run.sequence {
                checkpoint.segments[checkpoint.segments.count - 1].count += run.count
            } else {
                checkpoint.segments.append(
                    .init(
                        sequence: run.sequence, end: outcome.ends[run.sequence] ?? 0,
                        first: run.first, count: run.count))
            }
        }
        guard let lastSegment = checkpoint.segments.last else {
            checkpoint.last = log.compacted
            return checkpoint
        }
        checkpoint.first = log.start
        let last = first.map { $0 - 1 } ?? lastSegment.first + lastSegment.count - 1
        guard let term = log.term(at: last) ?? replacements.entries[last]?.term else { return nil }
        checkpoint.last = LogPosition(term: term, index: last)
        return checkpoint
    }

    // MARK: - The newest segment

    /// Whether the newest segment is damaged in a way that no record put back mends.
    private func needsNewest() -> Bool {
        let name = SegmentFormat.fileName(sequence: outcome.newest)
        let isDamaged = outcome.report.findings.contains {
            $0.file == name && $0.kind == .damaged
        }
        return isDamaged || outcome.lostFrom != nil
            || (!outcome.isRecoverable && outcome.report.lostRanges.isEmpty)
    }

    /// Writes what the newest segment holds to a new one, whose checkpoint stands for all that came
    /// before: as recovery does after a crash.
    private mutating func makeNewest() throws(LogStoreError) {
        guard isStateCertain || accepted != .nothing else { return }
        let runs = outcome.log.runs.filter { $0.sequence == outcome.newest }
        // What a sealed segment holds stays where it is.
        let isSealed = isLeftBehind(outcome.newest)
        let moved = isSealed ? [] : runs
        let older = isSealed ? outcome.newest + 1 : outcome.newest
        guard var mended = newest(copying: moved, olderThan: older) else { return }
        for run in moved {
            guard try copy(run, to: &mended) else { return }
        }
        if var index = outcome.lostFrom {
            while let entry = replacements.entries[index] {
                mended.image.append(entry)
                mended.restored += 1
                index += 1
            }
            report.givenUp.append(LostRange(indexes: index..<LogIndex.max))
        }
        report.isStateGivenUp = !isStateCertain
        mended.image.makeNewest()
        // The next opening removes it: nothing in it is live any more.
        if let segment = outcome.inventory.segment(outcome.newest), !isSealed {
            try keep(SegmentFormat.fileName(sequence: segment.sequence))
        }
        try write(mended, mended.image.sequence)
    }

    /// A segment for the end of the log, behind all others, to copy runs to.
    ///
    /// - Returns: `nil` if the term before them is not known.
    func newest(copying runs: [SalvagedLog.Run], olderThan sequence: UInt64) -> Mended? {
        let inventory = outcome.inventory
        let names = inventory.foreign.compactMap { SegmentFormat.sequence(fileName: $0) }
        let greatest = max(inventory.segments.last?.sequence ?? 0, names.max() ?? 0, outcome.newest)
        guard var checkpoint = checkpoint(before: runs.first?.first, olderThan: sequence) else {
            return nil
        }
        checkpoint.watermark.sequence = greatest + 1
        return Mended(
            image: SegmentImage(
                storeID: inventory.storeID, sequence: greatest + 1,
                path: directory.segmentPath(greatest + 1), checkpoint))
    }

    // MARK: - Files

    private mutating func replace(
        _ sequence: UInt64, with mended: Mended
    ) throws(LogStoreError) {
        let name = SegmentFormat.fileName(sequence: sequence)
        let isMissing = outcome.report.findings.contains { $0.file == name && $0.kind == .missing }
        if !isMissing { try keep(name) }
        try write(mended, sequence)
    }

    mutating func write(_ mended: Mended, _ sequence: UInt64) throws(LogStoreError) {
        let name = SegmentFormat.fileName(sequence: sequence)
        let isNew = sequence > outcome.newest
        report.steps.append(.init(isNew ? .renew : .mend, file: name))
        try changing { () throws(SystemCallError) in
            try directory.writeAtomically(mended.image.bytes, name: name)
        }
        report.repairedFiles.append(name)
        report.restoredEntryCount += mended.restored
        report.provenEntryCount += mended.proven
    }

    private mutating func mendIdentity() throws(LogStoreError) {
        let inventory = outcome.inventory
        let name = SegmentFormat.identityFileName
        guard inventory.isIdentityDamaged else { return }
        try keep(name)
        try changing { () throws(SystemCallError) in
            try directory.writeAtomically(StoreIdentity.encode(inventory.storeID), name: name)
        }
        report.steps.append(.init(.mend, file: name))
        report.repairedFiles.append(name)
    }
}
