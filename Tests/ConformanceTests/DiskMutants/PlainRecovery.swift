import WALProtocol

/// Reads what a ``PlainFileStore`` left, and changes nothing.
///
/// A bad record is damage if anything proves that it was durable: the manifest of a clean close, a
/// later file, a later watermark, or that it was there when its file came into use. Otherwise it
/// was being written when the store stopped, and the log ends before it.
struct PlainRecovery {
    let directory: PlainDirectory
    /// `nil` if there is no store yet.
    private(set) var manifest: PlainManifest?
    private(set) var log = PlainLog()
    private(set) var report = RecoveryReport()
    /// The newest file as it was found, for stores that go on in it.
    private(set) var tail: Tail?

    struct Tail {
        var header: PlainHeader
        var files: [UInt64]
        /// Where the valid records end, and where the bytes behind them that are not zeros.
        var end: Int
        var tornEnd: Int
    }

    private struct LogFile {
        var header: PlainHeader
        var bytes: [UInt8]
        var path: String
    }

    init(_ directory: PlainDirectory) throws(LogStoreError) {
        self.directory = directory
        let found = try Self.attempt { () throws(SystemCallError) in try directory.list() }
        guard found.hasManifest else {
            try requireCrashWhileCreating(found.files)
            return
        }
        var manifest: PlainManifest
        do throws(LogStoreError) {
            manifest = try PlainManifest(
                read(directory.manifest), file: directory.manifest, directory.mutation)
        } catch {
            if error.code == .unsupportedFormat, directory.mutation == .takesNewerForEmpty {
                return
            }
            throw error
        }
        if directory.mutation == .trustsNumbers {
            manifest.newest = found.files.last ?? manifest.newest
        }
        self.manifest = manifest
        report.stoppedCleanly = manifest.cleanEnd != nil
        for sequence in found.files where sequence > manifest.newest {
            guard try !isInUse(sequence) else {
                throw .corrupt(
                    "the manifest is older than the log", file: directory.manifest,
                    expected: sequence, found: manifest.newest)
            }
        }
        try replay(chain(of: found.files, manifest), manifest)
        report.entryCount = log.state.count
    }

    // MARK: - Which files there are

    /// Without a manifest there may be the first file, as it is before the manifest is written.
    private func requireCrashWhileCreating(_ files: [UInt64]) throws(LogStoreError) {
        for sequence in files {
            guard sequence == 1, try !isInUse(sequence) else {
                throw .corrupt("the manifest is missing", file: directory.manifest)
            }
        }
    }

    /// Whether anything was written to a file since it came into use.
    private func isInUse(_ sequence: UInt64) throws(LogStoreError) -> Bool {
        let path = directory.file(sequence)
        let bytes = try read(path)
        guard let header = try? PlainHeader(bytes, file: path, directory.mutation) else {
            return false
        }
        return PlainRecord.find(
            in: bytes, at: Int(clamping: header.initialEnd), of: header.place(directory.mutation))
            != nil
    }

    /// The files that hold the log, oldest first.
    private func chain(
        of files: [UInt64], _ manifest: PlainManifest
    ) throws(LogStoreError) -> [LogFile] {
        let newest = try open(manifest.newest, manifest)
        var chain: [LogFile] = []
        // Files are removed oldest first, each for good before the next: any hole is damage.
        for sequence in files
        where sequence >= newest.header.base && sequence < manifest.newest {
            do throws(LogStoreError) {
                chain.append(try open(sequence, manifest))
            } catch {
                if directory.mutation != .skipsDamagedFile || error.code == .io { throw error }
                chain = []
            }
        }
        chain.append(newest)
        for (older, newer) in zip(chain, chain.dropFirst())
        where older.header.sequence + 1 != newer.header.sequence {
            throw .corrupt("a file is missing", file: directory.file(older.header.sequence + 1))
        }
        return chain
    }

    private func open(
        _ sequence: UInt64, _ manifest: PlainManifest
    ) throws(LogStoreError) -> LogFile {
        let path = directory.file(sequence)
        let bytes: [UInt8]
        do throws(SystemCallError) { bytes = try directory.read(path) } catch {
            guard error.isMissing else { throw LogStoreError(error, writing: false) }
            throw .corrupt("a file is missing", file: path)
        }
        let header = try PlainHeader(bytes, file: path, directory.mutation)
        guard header.store == manifest.store, header.sequence == sequence,
            header.base <= sequence
        else {
            throw .corrupt(
                "the file belongs elsewhere", file: path, expected: sequence,
                found: header.sequence)
        }
        return LogFile(header: header, bytes: bytes, path: path)
    }

    // MARK: - What they hold

    private mutating func replay(
        _ chain: [LogFile], _ manifest: PlainManifest
    ) throws(LogStoreError) {
        for (place, file) in chain.enumerated() {
            let start = try replayStart(of: file, isFirst: place == 0)
            var end = manifest.cleanEnd
            if place + 1 < chain.count { end = chain[place + 1].header.previousEnd }
            let ends = try replay(file, from: start, to: end.map { Int(clamping: $0) })
            tail = Tail(
                header: file.header, files: chain.map(\.header.sequence), end: ends.end,
                tornEnd: ends.tornEnd)
            report.scannedByteCount += UInt64(file.bytes.count)
        }
        if directory.mutation == .skipsDamagedFile { log.dropMissing() }
        guard !log.slots.contains(where: { $0.entry == nil }) else {
            throw .corrupt(
                "entries are missing: their file is gone", file: directory.path, index: log.start)
        }
    }

    /// Reads the records that a file began with, which say what stands in the files before it.
    private mutating func replayStart(
        of file: LogFile, isFirst: Bool
    ) throws(LogStoreError) -> Int {
        var checkpoint = PlainLog()
        var offset = PlainHeader.byteCount
        while offset < Int(clamping: file.header.initialEnd) {
            guard let found = find(in: file, at: offset),
                checkpoint.apply(found.record, in: file.header.sequence)
            else { throw damage(file, offset) }
            offset = found.end
        }
        guard offset == Int(clamping: file.header.initialEnd) else { throw damage(file, offset) }
        guard isFirst || checkpoint.agrees(with: log) else {
            throw .corrupt("the file does not follow the one before it", file: file.path)
        }
        if isFirst { log = checkpoint }
        return offset
    }

    /// Reads the records of a file.
    ///
    /// - Parameter knownEnd: Where they end; `nil` if the store stopped in the middle of writing.
    /// - Returns: where they end, and where the bytes behind them that are not zeros.
    private mutating func replay(
        _ file: LogFile, from start: Int, to knownEnd: Int?
    ) throws(LogStoreError) -> (end: Int, tornEnd: Int) {
        var limit = knownEnd ?? .max
        if directory.mutation == .endsLogAtZeros, knownEnd == nil {
            limit = file.bytes.firstZeros(from: start, count: 64)
        }
        var offset = start
        // A batch counts when its last record is there.
        var batch: [PlainRecord] = []
        var batchStart = start
        while offset < limit, let found = find(in: file, at: offset), found.end <= limit {
            batch.append(found.record)
            offset = found.end
            guard !found.moreFollows else { continue }
            for record in batch where !log.apply(record, in: file.header.sequence) {
                throw damage(file, batchStart)
            }
            batch = []
            batchStart = offset
        }
        if let knownEnd {
            if directory.mutation == .ignoresCleanClose, file.header.sequence == manifest?.newest {
                return (batchStart, batchStart)
            }
            guard batchStart == knownEnd else { throw damage(file, offset) }
            return (knownEnd, knownEnd)
        }
        return (batchStart, try endLog(in: file, at: batchStart))
    }

    private func find(in file: LogFile, at offset: Int) -> PlainRecord.Found? {
        PlainRecord.find(in: file.bytes, at: offset, of: file.header.place(directory.mutation))
    }

    /// The newest file ends in the middle of writing, unless something proves otherwise.
    private mutating func endLog(
        in file: LogFile, at end: Int
    ) throws(LogStoreError) -> Int {
        guard let last = file.bytes[end...].lastIndex(where: { $0 != 0 }) else { return end }
        for offset in stride(from: end, through: last, by: 8) {
            if let found = find(in: file, at: offset), directory.mutation != .cutsAtAnyDamage,
                case .watermark(let durable) = found.record, durable > UInt64(end)
            {
                throw damage(file, end)
            }
        }
        report.tornByteCount = UInt64(last + 1 - end)
        report.tornFromIndex = log.state.next
        report.verdict = .ambiguous
        report.findings.append(.init(.tornTail, file: file.path))
        return last + 1
    }

    private func damage(_ file: LogFile, _ offset: Int) -> LogStoreError {
        .corrupt(
            "a record that was durable is damaged", file: file.path, byteOffset: UInt64(offset),
            index: log.state.next)
    }

    // MARK: - Reading

    private func read(_ path: String) throws(LogStoreError) -> [UInt8] {
        try Self.attempt { () throws(SystemCallError) in try directory.read(path) }
    }

    private static func attempt<R>(
        _ body: () throws(SystemCallError) -> R
    ) throws(LogStoreError) -> R {
        do throws(SystemCallError) { return try body() } catch {
            throw LogStoreError(error, writing: false)
        }
    }
}

extension [UInt8] {
    /// Where the first so many zeros begin, at a multiple of 8.
    func firstZeros(from start: Int, count zeros: Int) -> Int {
        stride(from: start, to: count, by: 8).first { place in
            self[place..<Swift.min(place + zeros, count)].allSatisfy { $0 == 0 }
        } ?? count
    }
}
