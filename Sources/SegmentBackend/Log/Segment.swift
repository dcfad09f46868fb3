internal import WALProtocol

/// One segment file, shared by the writer and all readers.
///
/// Its handle and its index are opened when they are needed and given up when ``SegmentCache``
/// says so, so that neither grows with the number of segments.
final class Segment: @unchecked Sendable {
    let sequence: UInt64
    let path: String
    let seed: UInt32
    let capacity: Int

    private let fileSystem: any FileSystem
    private let lock = Lock()
    private var handle: (any File)?
    private var footer: Footer
    /// Kept open, and its index kept in memory: the index is not in the file.
    private var isPinned: Bool
    /// Asked for since ``SegmentCache`` last looked.
    private var isInUse = false

    private let syncLock = Lock()
    private var failedSync: LogStoreError?

    init(
        sequence: UInt64, path: String, seed: UInt32, capacity: Int, fileSystem: any FileSystem,
        handle: (any File)? = nil, indexOffset: UInt64? = nil, index: SegmentIndex? = nil
    ) {
        self.sequence = sequence
        self.path = path
        self.seed = seed
        self.capacity = capacity
        self.fileSystem = fileSystem
        self.handle = handle
        footer = Footer(offset: indexOffset, index: index)
        isPinned = indexOffset == nil
    }

    /// The file, opened for reading if it is not open.
    func file(_ cache: SegmentCache) throws(LogStoreError) -> any File {
        let (file, isNew) = try lock.withLock { () throws(LogStoreError) -> (any File, Bool) in
            isInUse = true
            if let handle { return (handle, false) }
            do throws(SystemCallError) {
                let file = try fileSystem.open(path, .read)
                handle = file
                return (file, true)
            } catch {
                throw LogStoreError(error, writing: false)
            }
        }
        if isNew { cache.noteOpened(self) }
        return file
    }

    /// What a read of an entry takes, if all of it is at hand: the file, the record's offset, and
    /// that of the next record.
    func place(of entry: LogIndex) -> (file: any File, offset: UInt32, next: UInt32?)? {
        lock.withLock {
            guard let handle, let index = footer.index else { return nil }
            isInUse = true
            let place = Int(truncatingIfNeeded: entry &- index.first)
            guard place >= 0, place < index.offsets.count else { return nil }
            let next = place + 1 < index.offsets.count ? index.offsets[place + 1] : nil
            return (handle, index.offsets[place], next)
        }
    }

    /// The handle to write with: the one it was made with.
    private func writableFile() throws(LogStoreError) -> any File {
        let file = lock.withLock { handle }
        guard let file else { throw .closed }
        return file
    }

    /// Makes everything that was written to the file durable.
    ///
    /// A failure is for ever, whoever asks next, the writer or the background: the kernel tells one
    /// caller, and marks the pages clean that it did not write, so that a later success would prove
    /// nothing.
    ///
    /// - Throws: `poisoned`.
    func sync() throws(LogStoreError) {
        try syncLock.withLock { () throws(LogStoreError) in
            if let failedSync { throw failedSync }
            // A sync that began later has ended before this one: everything is durable.
            if isGivenUp { return }
            let file = try writableFile()
            do throws(SystemCallError) {
                try file.sync()
            } catch {
                let failure = LogStoreError.poisoned(by: named(error))
                failedSync = failure
                throw failure
            }
        }
    }

    /// The handle is not needed any more, because everything is durable, and it was closed.
    private var isGivenUp: Bool { lock.withLock { !isPinned && handle == nil } }

    /// Writes to the file.
    ///
    /// - Throws: `noSpace`, `io`: part of it may be written.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(LogStoreError) {
        let file = try writableFile()
        do throws(SystemCallError) {
            try file.writeAll(bytes, at: offset)
        } catch {
            throw LogStoreError(named(error))
        }
    }

    /// Writes a status slot.
    ///
    /// - Throws: `noSpace`, `io`.
    func write(_ slot: StatusSlot) throws(LogStoreError) {
        try slot.encode(seed: seed).span.bytes.withUnsafeBytes { (bytes) throws(LogStoreError) in
            try write(bytes, at: slot.fileOffset)
        }
    }

    /// The file may have been opened under a temporary name, which nobody finds.
    private func named(_ error: SystemCallError) -> SystemCallError {
        SystemCallError(call: error.call, errno: error.errno, path: path)
    }

    /// Everything of the segment is durable: the handle may be given up when it is not in use.
    func unpin() {
        lock.withLock { isPinned = false }
    }

    /// Gives up the handle and the index, unless they cannot be had again.
    func dropCaches() {
        lock.withLock {
            guard !isPinned else { return }
            handle = nil
            footer.dropIndex()
        }
    }

    /// Gives up the index, unless it cannot be had again.
    func dropIndex() {
        lock.withLock { if !isPinned { footer.dropIndex() } }
    }

    /// Whether the segment was asked for since this was last called.
    func takeUse() -> Bool {
        lock.withLock {
            defer { isInUse = false }
            return isInUse
        }
    }

    /// What is known of the footer.
    func withFooter<R>(_ body: (inout Footer) -> R) -> R {
        lock.withLock {
            isInUse = true
            return body(&footer)
        }
    }

    var memoryFootprint: Int { lock.withLock { footer.index?.memoryFootprint ?? 0 } }
}
