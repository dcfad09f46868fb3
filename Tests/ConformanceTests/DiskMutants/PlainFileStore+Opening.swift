import WALProtocol

extension PlainFileStore {
    struct Opened {
        var lock: any FileLock
        var recovery: PlainRecovery
        var header: PlainHeader
        var file: any File
        var files: [UInt64]
        var end: UInt64
        var capacity: UInt64
    }

    static func open(_ directory: PlainDirectory) throws(LogStoreError) -> Opened {
        let lock = try attempt { () throws(SystemCallError) in
            try directory.create()
            return try directory.fileSystem.lock("\(directory.path)/LOCK")
        }
        guard let lock else { throw .locked(path: directory.path) }
        let recovery = try PlainRecovery(directory)
        if recovery.manifest == nil {
            try attempt { () throws(SystemCallError) in try directory.syncParents() }
        }
        if let opened = try goOn(recovery, directory, lock) { return opened }
        let sequence = (recovery.manifest?.newest ?? 0) + 1
        var header = PlainHeader(
            store: recovery.manifest?.store ?? .random(in: 1 ... .max), sequence: sequence,
            base: sequence)
        let initial = firstRecords(
            recovery.log.records(complete: true), &header, directory.mutation)
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
            lock: lock, recovery: recovery, header: header, file: file, files: [sequence],
            end: header.initialEnd, capacity: capacity)
    }

    /// What the mutants do that go on in the file they find, after an unclean stop.
    static func goOn(
        _ recovery: PlainRecovery, _ directory: PlainDirectory, _ lock: any FileLock
    ) throws(LogStoreError) -> Opened? {
        guard let tail = recovery.tail, !recovery.report.stoppedCleanly else { return nil }
        let end: Int
        switch directory.mutation {
        case .appendsBehindTornTail: end = (tail.tornEnd + 7) / 8 * 8
        case .trustsPageCache: end = tail.end
        default: return nil
        }
        return try attempt { () throws(SystemCallError) in
            let file = try directory.fileSystem.open(
                directory.file(tail.header.sequence), .readWrite)
            if directory.mutation == .appendsBehindTornTail { try file.sync() }
            return Opened(
                lock: lock, recovery: recovery, header: tail.header, file: file,
                files: tail.files, end: UInt64(end), capacity: try file.size())
        }
    }

    /// The records that a new file begins with, noted in its header.
    static func firstRecords(
        _ records: [PlainRecord], _ header: inout PlainHeader, _ mutation: DiskMutation?
    ) -> [UInt8] {
        let place = header.place(mutation)
        var bytes: [UInt8] = []
        for record in records {
            let offset = UInt64(PlainHeader.byteCount + bytes.count)
            record.encode(to: &bytes, at: offset, in: place)
        }
        header.initialEnd = UInt64(PlainHeader.byteCount + bytes.count)
        return bytes
    }

    static func capacity(for header: PlainHeader, _ byteCount: Int) -> UInt64 {
        let needed = header.initialEnd + UInt64(byteCount + reservedByteCount)
        return max(UInt64(fileByteCount), needed)
    }

    private static func attempt<R>(
        _ body: () throws(SystemCallError) -> R
    ) throws(LogStoreError) -> R {
        do throws(SystemCallError) { return try body() } catch { throw LogStoreError(error) }
    }
}
