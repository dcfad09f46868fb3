/// Writes many entries to a store in batches, and syncs now and then.
///
/// So neither memory nor what a crash takes back grows with the number of entries. Fill ``batch``,
/// call ``writeIfFull()`` after each entry or a few, and ``finish()`` at the end.
package struct BulkWriter {
    /// How many payload bytes a batch holds.
    package static let batchByteLimit = 1 << 20
    /// How many entries a batch holds.
    package static let batchEntryLimit = 4096
    /// The payload bytes that may wait for a sync.
    private static let unsyncedByteLimit = 8 << 20

    private let store: any LogStore
    private var unsyncedByteCount = 0
    /// The entries that the store has taken.
    package private(set) var writtenEntryCount: UInt64 = 0
    /// What is written next.
    package var batch = WriteBatch()

    package init(_ store: any LogStore) { self.store = store }

    /// Writes the batch if it has as much as it may have.
    ///
    /// - Returns: Whether it was written.
    package mutating func writeIfFull() throws(LogStoreError) -> Bool {
        guard batch.byteCount >= Self.batchByteLimit || batch.entryCount >= Self.batchEntryLimit
        else { return false }
        try write()
        return true
    }

    /// Writes the batch, and syncs if much waits for it.
    package mutating func write() throws(LogStoreError) {
        guard !batch.isEmpty else { return }
        try store.write(batch)
        writtenEntryCount += UInt64(batch.entryCount)
        unsyncedByteCount += batch.byteCount
        batch.removeAll()
        guard unsyncedByteCount >= Self.unsyncedByteLimit else { return }
        try store.sync()
        unsyncedByteCount = 0
    }

    /// Writes what is left and makes everything durable.
    package mutating func finish() throws(LogStoreError) {
        try write()
        try store.sync()
    }
}
