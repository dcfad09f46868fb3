import WALProtocol

/// One call, or one accident, of a run on a simulated disk.
///
/// What exactly it writes follows from what the log holds, so that a run goes on sensibly whatever
/// a fault did to it.
enum Work: Hashable {
    case open
    /// Appends one entry.
    case append(size: Int)
    /// Appends several as a batch.
    case batch(count: Int, size: Int)
    /// Truncates, appends, compacts and sets metadata, in one batch.
    case mixedBatch
    /// Drops some of the last entries.
    case truncate(count: Int)
    /// Drops some of the last entries and writes their indexes again, in one batch.
    case overwrite(count: Int, size: Int)
    /// Drops this share of the entries from the front, in quarters.
    case compact(quarters: Int)
    /// Drops everything, and more than there is.
    case compactBeyond
    case reset
    /// Writes a value without a sync.
    case metadata
    /// Writes a value with one.
    case setMetadata
    case flush
    case sync
    /// Reads everything, with the store or with a new reader.
    case read(withReader: Bool)
    case close
    /// The process dies.
    case kill
    /// The power goes; the seed says what is left.
    case powerCut(seed: UInt64)

    /// Everything there is to go wrong: about 500 operations of a segment store.
    static let representative: [Work] = firstLife + afterAClose + afterAKill + afterAPowerCut

    private static func appends(_ count: Int, size: Int) -> [Work] {
        Array(repeating: .append(size: size), count: count)
    }

    private static let firstLife: [Work] =
        [
            .open, .append(size: 20), .append(size: 0), .sync, .batch(count: 3, size: 40), .flush,
            .metadata, .append(size: 100), .sync, .setMetadata, .read(withReader: false),
        ] + appends(7, size: 900) + [
            .sync, .read(withReader: true), .overwrite(count: 3, size: 50), .sync,
            .truncate(count: 2), .append(size: 30), .flush, .batch(count: 4, size: 700),
            .compact(quarters: 2), .sync,
        ] + appends(8, size: 1100) + [
            .sync, .compact(quarters: 3), .mixedBatch, .sync, .append(size: 10),
        ] + appends(5, size: 1400) + [
            .sync, .compact(quarters: 3), .sync, .append(size: 800), .flush, .append(size: 10),
            .sync, .append(size: 800), .sync,
        ]

    /// Closing prepares the segment after the one that was just begun; then it is used.
    private static let afterAClose: [Work] =
        [
            .close, .open, .read(withReader: false), .append(size: 60), .sync,
        ] + appends(1, size: 1400) + [.sync] + appends(1, size: 1400) + [.sync]
        + appends(2, size: 1400) + [.sync, .append(size: 61)]

    private static let afterAKill: [Work] =
        [.kill, .open] + appends(5, size: 1300) + [
            .setMetadata, .mixedBatch, .flush, .kill, .open, .read(withReader: true), .sync,
            .overwrite(count: 2, size: 2000), .append(size: 200), .flush, .append(size: 90),
        ]

    private static let afterAPowerCut: [Work] = [
        .powerCut(seed: 5), .open, .append(size: 300), .sync, .reset, .append(size: 20), .sync,
        .batch(count: 2, size: 1500), .compactBeyond, .append(size: 70), .metadata, .close, .open,
        .read(withReader: false), .append(size: 80), .sync, .close,
    ]

    /// Whether it hands something to the store to be written.
    var isWriting: Bool {
        switch self {
        case .open, .read, .close, .kill, .powerCut: false
        default: true
        }
    }

    /// What it changes, in a log that holds this; `nil` if it changes nothing.
    ///
    /// - Parameter salt: Makes the payloads differ from all others.
    func change(of model: Model, salt: UInt64) -> Change? {
        let term = max(1, model.last?.term ?? 1)
        func entries(_ count: Int, size: Int, from index: LogIndex, term: Term) -> [Entry] {
            (0..<UInt64(count)).map {
                Entry(
                    position: LogPosition(term: term, index: index + $0),
                    kind: EntryKind(rawValue: UInt8(salt & 7)),
                    payload: Payloads.make(index + $0, size: size, salt: salt))
            }
        }
        /// The first of the last entries, as many as there are.
        func tail(_ count: Int) -> LogIndex {
            (model.next ?? 1) - UInt64(min(count, model.entries.count))
        }
        let next = model.next ?? 1
        switch self {
        case .append(let size):
            return Change(entries: entries(1, size: size, from: next, term: term))
        case .batch(let count, let size):
            return Change(entries: entries(count, size: size, from: next, term: term))
        case .truncate(let count): return Change(truncatesFrom: tail(count))
        case .overwrite(let count, let size):
            return Change(
                truncatesFrom: tail(count),
                entries: entries(count, size: size, from: tail(count), term: term + 1))
        case .mixedBatch:
            return Change(
                truncatesFrom: tail(1),
                entries: entries(3, size: 25, from: tail(1), term: term + 1),
                compactsThrough: model.entries.dropLast().first?.position,
                metadata: [("mixed", Payloads.make(salt, size: 30)), ("plain", nil)])
        case .compact(let quarters):
            let place = model.entries.count * quarters / 4 - 1
            guard place >= 0 else { return nil }
            return Change(compactsThrough: model.entries[place].position)
        case .compactBeyond:
            return Change(compactsThrough: LogPosition(term: term, index: next + 5))
        case .reset:
            return Change(
                reset: WriteBatch.Reset(to: LogPosition(term: term + 1, index: next + 100)))
        case .metadata: return Change(metadata: [("plain", Payloads.make(salt, size: 20))])
        case .setMetadata: return Change(metadata: [("vote", Payloads.make(salt, size: 12))])
        default: return nil
        }
    }
}
