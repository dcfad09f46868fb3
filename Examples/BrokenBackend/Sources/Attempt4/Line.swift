import Foundation
import WALProtocol

/// A change of the log, as a line of its file.
///
/// The changes of a batch stand in the order in which they apply, and end with `commit`.
enum Line: Codable {
    case reset(index: LogIndex?, term: Term?)
    case truncate(from: LogIndex)
    case append(index: LogIndex, term: Term, kind: UInt8, payload: Data)
    case compact(index: LogIndex, term: Term)
    case set(key: String, value: Data)
    case remove(key: String)
    case commit

    /// The lines of a batch.
    static func lines(of batch: WriteBatch, _ plan: WritePlan) -> [Line] {
        var lines: [Line] = []
        if let position = batch.reset?.position {
            lines.append(.reset(index: position.index, term: position.term))
        } else if plan.resets {
            lines.append(.reset(index: nil, term: nil))
        }
        if let from = plan.truncatesFrom { lines.append(.truncate(from: from)) }
        batch.visitEntries { (header, payload) throws(Never) in
            lines.append(
                .append(
                    index: header.position.index, term: header.position.term,
                    kind: header.kind.rawValue, payload: payload.withUnsafeBytes { Data($0) }))
        }
        if let through = plan.compactsThrough {
            lines.append(.compact(index: through.index, term: through.term))
        }
        for change in batch.metadataChanges {
            let key = change.key.name
            lines.append(change.value.map { .set(key: key, value: Data($0)) } ?? .remove(key: key))
        }
        return lines + [.commit]
    }

    var bytes: Data {
        get throws {
            let encoder = JSONEncoder()
            // The same changes are the same bytes.
            encoder.outputFormatting = .sortedKeys
            return try encoder.encode(self) + Self.end
        }
    }

    static let end = Data("\n".utf8)
}

/// Where a line stands in the file, without its end.
struct Place {
    var offset: UInt64
    var byteCount: Int
}
