import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The simplest store on files that loses nothing: what the rules about disks are tried on.
///
/// All of the log is in memory as well, so that nothing here is about anything but the disk.
///
/// - The log is a chain of files `log-<n>` with space set aside. Each begins with what it has to
///   know of the ones before it. `MANIFEST` names the newest.
/// - A file that is full is synced before the next one comes into use (``PlainDirectory``).
/// - Opening reads everything (``PlainRecovery``) and writes it to a new file, so that what only
///   the page cache shows is not trusted, and nothing is written behind a torn record.
/// - Files whose entries were all compacted are removed once the compaction is durable.
final class PlainFileStore: PlainReader, LogStore {
    /// The bytes of a file, unless something longer has to go in.
    static let fileByteCount = 4096
    /// What only compactions and truncations may use of it, so that they work on a full disk.
    static let reservedByteCount = 512
    /// What is kept in memory before it is written.
    static let bufferByteCount = 1024

    let capabilities: LogStoreCapabilities
    let recoveryReport: RecoveryReport
    private let directory: PlainDirectory
    private let lock: any FileLock
    /// The files of the chain, oldest first.
    private var files: [UInt64]
    private var header: PlainHeader
    private var file: any File
    private var capacity: UInt64
    /// Records that are not written yet, and where they go.
    private var buffer: [UInt8] = []
    private var writtenEnd: UInt64
    /// What is on stable storage, and what a watermark says of it.
    private var syncedEnd: UInt64
    private var witnessedEnd: UInt64
    private var poison: SystemCallError?
    private var removesFiles = true

    init(
        at path: String, on fileSystem: any FileSystem, _ mutation: DiskMutation? = nil
    ) throws(LogStoreError) {
        var limits = LogStoreCapabilities(
            name: "plain", maximumEntryByteCount: 64 << 10, maximumBatchByteCount: 256 << 10,
            maximumMetadataValueByteCount: 4 << 10, maximumMetadataTotalByteCount: 32 << 10)
        limits.isFaultInjectable = true
        limits.reclaimGranularityByteCount = Self.fileByteCount
        capabilities = limits
        directory = PlainDirectory(fileSystem: fileSystem, path: path, mutation: mutation)
        let opened = try Self.open(directory)
        lock = opened.lock
        files = opened.files
        header = opened.header
        file = opened.file
        capacity = opened.capacity
        writtenEnd = opened.end
        syncedEnd = opened.end
        witnessedEnd = opened.end
        recoveryReport = opened.recovery.report
        var log = opened.recovery.log
        if !log.state.isEmpty { log.durable = log.state.last }
        super.init(PlainContents(log))
    }

    var memoryFootprint: Int {
        buffer.count + contents.log.slots.reduce(0) { $0 + 64 + ($1.entry?.payload.count ?? 0) }
    }

    // MARK: - Writing

    func write(_ batch: WriteBatch) throws(LogStoreError) {
        let log = try contents.open()
        try requireHealth()
        let plan = try batch.plan(on: log.state, capabilities: capabilities) {
            (index) throws(LogStoreError) in try log.entry(at: index).term
        }
        let records = batch.records(plan)
        guard !records.isEmpty else { return }
        try checkMetadata(batch, log)
        do throws(LogStoreError) {
            try makeSpace(
                for: records.reduce(PlainRecord.headerByteCount) { $0 + $1.byteCount },
                mayUseReserve: batch.entryCount == 0 && batch.metadataChanges.isEmpty)
        } catch {
            if mutation == .writesFailedAppend { put(records) }
            if mutation == .keepsFailedAppend { show(records, plan) }
            throw error
        }
        put(records)
        show(records, plan)
        if mutation == .removesBeforeDurable { removeDeadFiles() }
        if mutation == .syncsEveryBatch { try sync() }
    }

    private func show(_ records: [PlainRecord], _ plan: WritePlan) {
        contents.change { log in
            for record in records { _ = log.apply(record, in: header.sequence) }
            log.durable = plan.state.durable
        }
    }

    private var mutation: DiskMutation? { directory.mutation }

    private func checkMetadata(_ batch: WriteBatch, _ log: PlainLog) throws(LogStoreError) {
        let all = batch.metadataChanges.reduce(into: log.metadata) { $0[$1.key] = $1.value }
        let byteCount = all.reduce(0) { $0 + $1.key.name.utf8.count + $1.value.count }
        let limit = capabilities.maximumMetadataTotalByteCount
        guard byteCount <= limit || batch.metadataChanges.isEmpty else {
            throw .metadataTooLarge("all metadata together", byteCount: byteCount, limit: limit)
        }
    }

    private func requireHealth() throws(LogStoreError) {
        if let poison { throw .poisoned(by: poison) }
    }

    /// Puts a batch into the buffer; all that can fail has been done.
    private func put(_ records: [PlainRecord]) {
        func end() -> UInt64 { writtenEnd + UInt64(buffer.count) }
        if syncedEnd > witnessedEnd {
            witnessedEnd = syncedEnd
            PlainRecord.watermark(syncedEnd).encode(
                to: &buffer, at: end(), in: header.place(mutation))
        }
        for (place, record) in records.enumerated() {
            if case .truncate = record, mutation == .truncatesInMemoryOnly { continue }
            record.encode(
                to: &buffer, at: end(), in: header.place(mutation),
                moreFollows: place + 1 < records.count && mutation != .splitsBatches)
        }
    }

    /// Makes sure that a batch fits into buffer and file.
    private func makeSpace(for byteCount: Int, mayUseReserve: Bool) throws(LogStoreError) {
        let isFree = mayUseReserve && mutation != .compactsWithFreshSpace
        let reserve = isFree ? 0 : Self.reservedByteCount
        if writtenEnd + UInt64(buffer.count + byteCount + reserve) > capacity {
            try rotate(for: byteCount)
        } else if buffer.count + byteCount > Self.bufferByteCount {
            try flush()
        }
    }

    func flush() throws(LogStoreError) {
        _ = try contents.open()
        try requireHealth()
        guard !buffer.isEmpty else { return }
        try failing { () throws(PlainFailure) in
            do throws(SystemCallError) {
                try directory.write(buffer, to: file, at: writtenEnd)
            } catch { throw PlainFailure(cause: error) }
        }
        writtenEnd += UInt64(buffer.count)
        buffer = []
    }

    func sync() throws(LogStoreError) {
        try syncFile()
        contents.change { if !$0.state.isEmpty { $0.durable = $0.state.last } }
        removeDeadFiles()
    }

    private func syncFile() throws(LogStoreError) {
        let hasNews = !buffer.isEmpty || mutation != .takesFlushForSync
        if mutation == .witnessesBeforeSync, syncedEnd < writtenEnd + UInt64(buffer.count) {
            let end = writtenEnd + UInt64(buffer.count)
            PlainRecord.watermark(end).encode(to: &buffer, at: end, in: header.place(mutation))
        }
        try flush()
        guard syncedEnd < writtenEnd else { return }
        if hasNews, mutation != .acknowledgesBeforeSync {
            try failing { () throws(PlainFailure) in try directory.sync(file) }
        }
        syncedEnd = writtenEnd
    }

    /// After a failed sync nobody knows what is on the disk; anything else can be tried again.
    private func failing<R>(_ body: () throws(PlainFailure) -> R) throws(LogStoreError) -> R {
        do throws(PlainFailure) { return try body() } catch {
            let failure = LogStoreError(error.cause)
            if mutation == .staysFull, failure.code == .noSpace { poison = error.cause }
            guard error.isSync, mutation != .retriesSync else { throw failure }
            poison = error.cause
            throw .poisoned(by: error.cause)
        }
    }

    /// Begins a new file, which proves that all of the old one is on stable storage.
    private func rotate(for byteCount: Int) throws(LogStoreError) {
        if mutation == .leavesFullFileUnsynced { try flush() } else { try syncFile() }
        var next = PlainHeader(
            store: header.store, sequence: header.sequence + 1, base: header.base)
        next.previousEnd = writtenEnd
        let initial = Self.firstRecords(
            contents.log.records(complete: false), &next, mutation)
        let space = Self.capacity(for: next, byteCount)
        file = try failing { () throws(PlainFailure) in
            try directory.install(next, initial, capacity: space)
        }
        header = next
        capacity = space
        files.append(next.sequence)
        writtenEnd = next.initialEnd
        syncedEnd = next.initialEnd
        witnessedEnd = next.initialEnd
    }

    /// Removes files without a live entry, oldest first, each for good before the next.
    private func removeDeadFiles() {
        let live = contents.log.slots.first?.file ?? header.sequence
        var dead = Array(files.prefix { $0 < live })
        if mutation == .removesNewestFirst { dead.reverse() }
        for file in dead where removesFiles {
            do {
                try directory.fileSystem.remove(directory.file(file))
                try directory.fileSystem.syncDirectory(directory.path)
                files.removeAll { $0 == file }
            } catch {
                // Nobody knows whether it will be back: it stays until the store is opened again.
                removesFiles = false
            }
        }
    }

    func close() throws(LogStoreError) {
        guard !contents.isClosed else { return }
        defer {
            contents.close()
            lock.release()
        }
        try sync()
        // Everything is durable: without this, the next opening only has more to doubt.
        try? directory.install(
            PlainManifest(store: header.store, newest: header.sequence, cleanEnd: writtenEnd))
    }
}

extension SystemCallError {
    /// Whether there is no such file.
    var isMissing: Bool { errno == ENOENT }
}
