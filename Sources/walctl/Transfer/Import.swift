import RaftWAL

/// Copies a file's records into a store.
struct Import {
    private let term: Term
    private let framing: Framing
    private var writer: BulkWriter
    private var next: LogIndex
    /// The entries that the store has taken.
    var entryCount: UInt64 { writer.writtenEntryCount }

    init(_ store: any LogStore, term: Term, framing: Framing) {
        writer = BulkWriter(store)
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
        writer.batch.setMetadata(FramingNote(framing: framing).bytes, for: FramingNote.key)
        while try reader.next({ payload in try add(payload) }) {
            if try writer.writeIfFull() { progress.advance(to: reader.fileOffset) }
        }
        let note = FramingNote(framing: framing, lacksFinalNewline: reader.lacksFinalNewline)
        writer.batch.setMetadata(note.bytes, for: FramingNote.key)
        try writer.finish()
        progress.finish()
    }

    private mutating func add(_ payload: RawSpan) throws(LogStoreError) {
        guard next < .max else { throw .indexOutOfRange(next, minimum: 0) }
        writer.batch.append(payload, at: LogPosition(term: term, index: next))
        next += 1
    }
}
