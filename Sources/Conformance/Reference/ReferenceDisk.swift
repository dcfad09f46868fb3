import Synchronization
import WALProtocol

/// What would be on the disk of a ``ReferenceStore``: the synced logs, by path.
///
/// Stores on one disk find each other's logs again; another disk knows nothing of them.
public final class ReferenceDisk: Sendable {
    private struct Place {
        var saved = ReferenceLog()
        var isOpen = false
    }

    private let places = Mutex<[String: Place]>([:])

    /// Makes an empty disk.
    public init() {}

    /// Takes a log for a writer.
    func acquire(_ path: String) throws(LogStoreError) -> ReferenceLog {
        let log: ReferenceLog? = places.withLock { places in
            guard places[path]?.isOpen != true else { return nil }
            places[path, default: Place()].isOpen = true
            return places[path]?.saved
        }
        guard let log else { throw .locked(path: path) }
        return log
    }

    /// What a reader finds, whoever writes.
    func look(_ path: String) throws(LogStoreError) -> ReferenceLog {
        guard let log = places.withLock({ $0[path]?.saved }) else {
            throw LogStoreError(
                .unavailable, "there is no store", context: .init(file: path))
        }
        return log
    }

    func save(_ log: ReferenceLog, at path: String) {
        places.withLock { $0[path, default: Place()].saved = log }
    }

    func release(_ path: String) {
        places.withLock { $0[path]?.isOpen = false }
    }
}
