import RaftWAL

/// Copies a file's records into a store.
struct Import {
    private static let batchByteLimit = 1 << 20
    private static let batchEntryLimit = 8192
    /// The payload bytes that may wait for a sync.
    private static let unsyncedByteLimit = 32 << 20

    private let store: any LogStore
    private let term: Term
    private let framing: Framing
    private var batch = WriteBatch()
    private var next: LogIndex
    private var unsyncedByteCount = 0
    /// The entries that the store has taken.
    private(set) var entryCount: UInt64 = 0

    init(_ store: any LogStore, term: Term, framing: Framing) {
        self.store = store
        self.term = term
        self.framing = framing
        next = store.state.next ?? 1
    }

    /// Copies everything and makes it durable.
    ///
    /// The framing is noted with the first entries, for an import that is interrupted, and for
    /// good with the last ones, in the same batch.
    mutating func run(_ source: RecordReader) throws {
        var reader = source
        let progress = Progress(unit: "bytes", total: reader.file.byteCount)
        batch.setMetadata(FramingNote(framing: framing).bytes, for: FramingNote.key)
        while try reader.next({ payload in try add(payload) }) {
            if batch.byteCount >= Self.batchByteLimit || batch.entryCount >= Self.batchEntryLimit {
                try write()
                progress.advance(to: reader.fileOffset)
            }
        }
        let note = FramingNote(framing: framing, lacksFinalNewline: reader.lacksFinalNewline)
        batch.setMetadata(note.bytes, for: FramingNote.key)
        try write()
        try store.sync()
        progress.finish()
    }

    private mutating func add(_ payload: RawSpan) throws(LogStoreError) {
        guard next < .max else { throw .indexOutOfRange(next, minimum: 0) }
        batch.append(payload, at: LogPosition(term: term, index: next))
        next += 1
    }

    private mutating func write() throws(LogStoreError) {
        try store.write(batch)
        entryCount += UInt64(batch.entryCount)
        unsyncedByteCount += batch.byteCount
        batch.removeAll()
        guard unsyncedByteCount >= Self.unsyncedByteLimit else { return }
        try store.sync()
        unsyncedByteCount = 0
    }
}
