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

    init(at path: String, on fileSystem: any FileSystem) throws(LogStoreError) {
        var limits = LogStoreCapabilities(
            name: "plain", maximumEntryByteCount: 64 << 10, maximumBatchByteCount: 256 << 10,
            maximumMetadataValueByteCount: 4 << 10, maximumMetadataTotalByteCount: 32 << 10)
        limits.isFaultInjectable = true
        limits.reclaimGranularityByteCount = Self.fileByteCount
        capabilities = limits
        directory = PlainDirectory(fileSystem: fileSystem, path: path)
        let opened = try Self.open(directory)
        lock = opened.lock
        files = [opened.header.sequence]
        header = opened.header
        file = opened.file
        capacity = opened.capacity
        writtenEnd = header.initialEnd
        syncedEnd = header.initialEnd
        witnessedEnd = header.initialEnd
        recoveryReport = opened.recovery.report
        var log = opened.recovery.log
        if !log.state.isEmpty { log.durable = log.state.last }
        super.init(PlainContents(log))
    }

    var memoryFootprint: Int {
        buffer.count + contents.log.slots.reduce(0) { $0 + 64 + ($1.entry?.payload.count ?? 0) }
    }

    // MARK: - Opening

    private struct Opened {
        var lock: any FileLock
        var recovery: PlainRecovery
        var header: PlainHeader
        var file: any File
        var capacity: UInt64
    }

    private static func open(_ directory: PlainDirectory) throws(LogStoreError) -> Opened {
        let lock = try attempt { () throws(SystemCallError) in
            try directory.create()
            return try directory.fileSystem.lock("\(directory.path)/LOCK")
        }
        guard let lock else { throw .locked(path: directory.path) }
        let recovery = try PlainRecovery(directory)
        if recovery.manifest == nil {
            try attempt { () throws(SystemCallError) in try directory.syncParents() }
        }
        let sequence = (recovery.manifest?.newest ?? 0) + 1
        var header = PlainHeader(
            store: recovery.manifest?.store ?? .random(in: 1 ... .max), sequence: sequence,
            base: sequence)
        let initial = firstRecords(recovery.log.records(complete: true), &header)
        let capacity = capacity(for: header, 0)
        let file: any File
        do throws(PlainFailure) {
            file = try directory.install(header, initial, capacity: capacity)
        } catch { throw LogStoreError(error.cause) }
        // Whatever cannot be removed now is ignored from now on.
        if let old = try? directory.list().files {
            for old in old where old != sequence {
                try? directory.fileSystem.remove(directory.file(old))
            }
        }
        return Opened(
            lock: lock, recovery: recovery, header: header, file: file, capacity: capacity)
    }

    /// The records that a new file begins with, noted in its header.
    private static func firstRecords(
        _ records: [PlainRecord], _ header: inout PlainHeader
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        for record in records {
            let offset = UInt64(PlainHeader.byteCount + bytes.count)
            record.encode(to: &bytes, at: offset, in: header.place)
        }
        header.initialEnd = UInt64(PlainHeader.byteCount + bytes.count)
        return bytes
    }

    private static func capacity(for header: PlainHeader, _ byteCount: Int) -> UInt64 {
        let needed = header.initialEnd + UInt64(byteCount + reservedByteCount)
        return max(UInt64(fileByteCount), needed)
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
        try makeSpace(
            for: records.reduce(PlainRecord.headerByteCount) { $0 + $1.byteCount },
            mayUseReserve: batch.entryCount == 0 && batch.metadataChanges.isEmpty)
        put(records)
        contents.change { log in
            for record in records { _ = log.apply(record, in: header.sequence) }
            log.durable = plan.state.durable
        }
    }

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
            PlainRecord.watermark(syncedEnd).encode(to: &buffer, at: end(), in: header.place)
        }
        for (place, record) in records.enumerated() {
            record.encode(
                to: &buffer, at: end(), in: header.place, moreFollows: place + 1 < records.count)
        }
    }

    /// Makes sure that a batch fits into buffer and file.
    private func makeSpace(for byteCount: Int, mayUseReserve: Bool) throws(LogStoreError) {
        let reserve = mayUseReserve ? 0 : Self.reservedByteCount
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
        try Self.attempt { () throws(SystemCallError) in
            try directory.write(buffer, to: file, at: writtenEnd)
        }
        writtenEnd += UInt64(buffer.count)
        buffer = []
    }

    func sync() throws(LogStoreError) {
        try flush()
        if syncedEnd < writtenEnd {
            try poisoning { () throws(PlainFailure) in try directory.sync(file) }
            syncedEnd = writtenEnd
        }
        contents.change { if !$0.state.isEmpty { $0.durable = $0.state.last } }
        removeDeadFiles()
    }

    /// After a failed sync nobody knows what is on the disk.
    private func poisoning<R>(_ body: () throws(PlainFailure) -> R) throws(LogStoreError) -> R {
        do throws(PlainFailure) { return try body() } catch {
            if error.isSync { poison = error.cause }
            throw LogStoreError(error.cause)
        }
    }

    /// Begins a new file, which proves that all of the old one is on stable storage.
    private func rotate(for byteCount: Int) throws(LogStoreError) {
        try sync()
        var next = PlainHeader(
            store: header.store, sequence: header.sequence + 1, base: header.base)
        next.previousEnd = writtenEnd
        let initial = Self.firstRecords(contents.log.records(complete: false), &next)
        let space = Self.capacity(for: next, byteCount)
        file = try poisoning { () throws(PlainFailure) in
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
        while removesFiles, let oldest = files.first, oldest < live {
            do {
                try directory.fileSystem.remove(directory.file(oldest))
                try directory.fileSystem.syncDirectory(directory.path)
                files.removeFirst()
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

    private static func attempt<R>(
        _ body: () throws(SystemCallError) -> R
    ) throws(LogStoreError) -> R {
        do throws(SystemCallError) { return try body() } catch { throw LogStoreError(error) }
    }
}

extension SystemCallError {
    /// Whether there is no such file.
    var isMissing: Bool { errno == ENOENT }
}
