internal import WALProtocol

/// A change that a caller wants made, as it waits to be accepted.
enum Write: Sendable {
    /// An entry behind the last one, wherever that is by then.
    case next([UInt8], Term, EntryKind)
    case entry([UInt8], LogPosition, EntryKind)
    case batch(WriteBatch)

    var byteCount: Int {
        switch self {
        case .next(let payload, _, _), .entry(let payload, _, _): payload.count
        case .batch(let batch): batch.byteCount
        }
    }

    func apply(to store: any LogStore) throws(LogStoreError) {
        switch self {
        case .next(let payload, let term, let kind):
            let position = LogPosition(term: term, index: store.state.next ?? 1)
            try store.append(payload.span.bytes, at: position, kind: kind)
        case .entry(let payload, let position, let kind):
            try store.append(payload.span.bytes, at: position, kind: kind)
        case .batch(let batch):
            try store.write(batch)
        }
    }
}
