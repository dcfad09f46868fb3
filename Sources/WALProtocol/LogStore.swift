/// A durable log for a consensus engine: one writer, many readers.
///
/// The laws L1–L14 that every store keeps are in the documentation of this module and made
/// executable by the `Conformance` kit. Three levels of safety, each including the one before:
///
/// | after | survives |
/// |---|---|
/// | ``append(_:at:kind:)``, ``write(_:)`` | nothing; the entry is visible to all readers |
/// | ``flush()`` | the death of the process |
/// | ``sync()`` | the loss of power |
///
/// Deliberately not `Sendable`: one owner writes, and a second writer does not compile. A store is
/// moved (`sending`) into the actor or thread that owns it.
public protocol LogStore: AnyObject, LogReading {
    /// What the backend declares about itself.
    var capabilities: LogStoreCapabilities { get }

    /// What opening found and did.
    var recoveryReport: RecoveryReport { get }

    /// Appends one entry; it is visible at once and durable after the next ``sync()``.
    ///
    /// - Parameters:
    ///   - payload: The bytes; they are copied before the call returns.
    ///   - position: Index and term: the next index (``LogState/next``), a term no lower than the
    ///     last.
    ///   - kind: The engine's own code.
    /// - Throws: `notContiguous`, `compacted`, `termRegression`, `indexOutOfRange`,
    ///   `entryTooLarge`; `noSpace`, `io`, `poisoned`, `closed`. A refused append has no effect.
    /// - Durability: none until ``flush()`` or ``sync()``.
    func append(
        _ payload: RawSpan, at position: LogPosition, kind: EntryKind
    ) throws(LogStoreError)

    /// Applies a batch as one unit; after a crash it is there whole or not at all.
    ///
    /// - Throws: what the first of its changes that is refused would throw; `batchTooLarge`,
    ///   `metadataTooLarge`, `positionConflict`. A refused batch has no effect.
    /// - Durability: none until ``flush()`` or ``sync()``.
    func write(_ batch: WriteBatch) throws(LogStoreError)

    /// Hands everything written to the operating system: it survives the death of the process.
    ///
    /// - Throws: `noSpace`, `io`: nothing is lost, and the call may be repeated; `poisoned`,
    ///   `closed`.
    func flush() throws(LogStoreError)

    /// Brings everything written to stable storage: it survives the loss of power.
    ///
    /// - Throws: as ``flush()``. After a failed sync the store is `poisoned` until it is opened
    ///   again, because the kernel may have dropped what it failed to write; reads go on.
    func sync() throws(LogStoreError)

    /// Makes a reader that runs beside the writer, on any thread.
    func makeReader() -> sending any LogReader

    /// The bytes of entries and indexes that are held in memory.
    var memoryFootprint: Int { get }

    /// What the store says of itself for dashboards.
    var statistics: StoreStatistics { get }

    /// Makes everything durable and gives the directory up; closing twice is no error.
    ///
    /// - Throws: what ``sync()`` throws; the directory is given up all the same.
    func close() throws(LogStoreError)
}

extension LogStore {
    /// A store that has nothing to recover reports an empty, clean opening.
    public var recoveryReport: RecoveryReport { RecoveryReport() }

    /// Appends one entry of kind ``EntryKind/command``.
    ///
    /// - Throws: as ``append(_:at:kind:)``.
    public func append(_ payload: RawSpan, at position: LogPosition) throws(LogStoreError) {
        try append(payload, at: position, kind: .command)
    }

    /// Appends one entry.
    ///
    /// - Throws: as ``append(_:at:kind:)-(RawSpan,_,_)``.
    public func append(
        _ payload: [UInt8], at position: LogPosition, kind: EntryKind = .command
    ) throws(LogStoreError) {
        try append(payload.span.bytes, at: position, kind: kind)
    }

    /// Appends several entries as one unit.
    ///
    /// - Throws: as ``write(_:)``.
    public func append(contentsOf entries: some Sequence<Entry>) throws(LogStoreError) {
        var batch = WriteBatch()
        for entry in entries {
            batch.append(entry.payload, at: entry.position, kind: entry.kind)
        }
        try write(batch)
    }

    /// Drops the entry at `index` and everything after it.
    ///
    /// Beyond the end it does nothing.
    ///
    /// - Throws: `compacted` at or below the compacted position, where entries are committed.
    /// - Durability: none until ``flush()`` or ``sync()``.
    public func truncate(from index: LogIndex) throws(LogStoreError) {
        var batch = WriteBatch()
        batch.truncate(from: index)
        try write(batch)
    }

    /// Drops everything up to and including `position`, which a snapshot now covers.
    ///
    /// Beyond the end of the log it drops all entries, and the log continues after `position`.
    /// At or below the compacted position it does nothing.
    ///
    /// - Throws: `positionConflict` if the entry there has another term.
    /// - Durability: none until ``flush()`` or ``sync()``.
    public func compact(through position: LogPosition) throws(LogStoreError) {
        var batch = WriteBatch()
        batch.compact(through: position)
        try write(batch)
    }

    /// Drops everything, whatever it is, and continues after `position`: a snapshot was installed.
    ///
    /// - Parameter position: The snapshot's last position; `nil` makes the log as if never written.
    /// - Durability: none until ``flush()`` or ``sync()``.
    public func reset(to position: LogPosition?) throws(LogStoreError) {
        var batch = WriteBatch()
        batch.reset(to: position)
        try write(batch)
    }

    /// Sets a metadata value and makes it, and everything written before it, durable.
    ///
    /// - Throws: `metadataTooLarge`; as ``sync()``.
    /// - Durability: durable when the call returns.
    public func setMetadata(_ value: [UInt8], for key: MetadataKey) throws(LogStoreError) {
        var batch = WriteBatch()
        batch.setMetadata(value, for: key)
        try write(batch)
        try sync()
    }

    /// Removes a metadata value and makes that, and everything written before it, durable.
    ///
    /// - Throws: as ``sync()``.
    /// - Durability: durable when the call returns.
    public func removeMetadata(for key: MetadataKey) throws(LogStoreError) {
        var batch = WriteBatch()
        batch.removeMetadata(for: key)
        try write(batch)
        try sync()
    }
}
