import SegmentBackend

/// How a foreign log is imported.
public struct ForeignImportOptions: Hashable, Sendable {
    /// The term of every entry; `nil` for the one in its payload where the format has it, else 1.
    public var term: Term?
    /// Whether a damaged log is imported up to the damage.
    public var acceptsDamage = false
    /// The largest segment, in bytes; `nil` for the default.
    public var maximumSegmentByteCount: Int?

    /// Makes the defaults: terms as they are known, and no damage.
    public init() {}
}

extension Backend {
    /// Makes a store of this backend from a log in another store's format, which is only read.
    ///
    /// Indexes and payloads stay as they are; metadata is kept under keys that begin with the name
    /// of the format, and neither term nor vote are set from it. The log is read twice: nothing is
    /// made before all of it was checked. Every byte of the store is read back and checked before it
    /// becomes one; what is interrupted is done again by the same call.
    ///
    /// - Parameters:
    ///   - log: The log to import.
    ///   - path: A directory that is not there, is empty, or holds the same import, unfinished.
    ///   - options: How to import.
    ///   - progress: Called now and then.
    /// - Returns: what the log holds, and what was imported: the entries up to the damage.
    /// - Throws: about the log `unavailable`, `unsupportedFormat`, `io`, and `corrupt` unless damage
    ///   is accepted; about the store `invalidArgument`, `locked`, `noSpace`, `entryTooLarge`,
    ///   `readOnly`, `io`.
    /// - Complexity: O(bytes).
    public func importLog(
        _ log: ForeignLog, to path: String,
        options: ForeignImportOptions = ForeignImportOptions(),
        progress: (CopyProgress) -> Void = { _ in }
    ) throws(LogStoreError) -> ForeignLog.Survey {
        let survey = try log.survey()
        if let damage = survey.damage, !options.acceptsDamage { throw damage }
        let term = options.term.map { " with term \($0)" } ?? ""
        let directory = try CopyDirectory(
            path,
            label: "import of \(survey.entryCount) entries in the format \(log.format.rawValue)"
                + "\(term) as \(rawValue)\n")
        if try !Self.calling({ () throws(SystemCallError) in try directory.isWhole }) {
            try fill(directory.staging, from: log, survey, options, progress)
            try Self.calling(directory.noteWhole)
        }
        try Self.calling(directory.finish)
        return survey
    }

    private func fill(
        _ path: String, from log: ForeignLog, _ survey: ForeignLog.Survey,
        _ options: ForeignImportOptions, _ progress: (CopyProgress) -> Void
    ) throws(LogStoreError) {
        var configuration = StoreConfiguration(self)
        configuration.maximumSegmentByteCount = options.maximumSegmentByteCount
        let store = try openLogStore(at: path, configuration)
        let digest: EntryDigest
        do throws(LogStoreError) {
            digest = try fill(store, from: log, survey, options, progress)
        } catch {
            // The first failure is the one to report.
            do throws(LogStoreError) { try store.close() } catch {}
            throw error
        }
        try store.close()
        let report = try verify(at: path)
        if let damage = report.damages.first { throw damage }
        configuration.access = .readOnly
        let made = try openLogStore(at: path, configuration)
        var found = EntryDigest()
        try made.visitEntries(in: made.state.indexes) { (header, payload) in
            found.add(header, payload)
        }
        let isWhole = made.state.count == survey.entryCount && found == digest
        try made.close()
        guard isWhole else {
            throw .corrupt("the store does not hold what was imported", file: path)
        }
    }

    private func fill(
        _ store: any LogStore, from log: ForeignLog, _ survey: ForeignLog.Survey,
        _ options: ForeignImportOptions, _ progress: (CopyProgress) -> Void
    ) throws(LogStoreError) -> EntryDigest {
        // What an earlier attempt had made is made again.
        var writer = BulkWriter(store)
        writer.batch.reset(to: survey.compacted)
        for (key, value) in survey.metadata { writer.batch.setMetadata(value, for: key) }
        try writer.write()
        var digest = EntryDigest()
        var done: UInt64 = 0
        let again = try log.read { (index, known, payload) throws(LogStoreError) in
            let term = options.term ?? (survey.hasTerms ? known ?? 1 : 1)
            let position = LogPosition(term: term, index: index)
            writer.batch.append(payload, at: position)
            digest.add(
                EntryHeader(
                    position: position, kind: .command, payloadByteCount: payload.count),
                payload.span.bytes)
            done += 1
            guard try writer.writeIfFull() else { return }
            progress(CopyProgress(unit: .entries, done: done, total: survey.entryCount))
        }
        try writer.finish()
        guard again.indexes == survey.indexes else {
            throw LogStoreError(
                .io, "the log changed while it was read; stop its writer first",
                context: .init(file: log.path))
        }
        return digest
    }
}
