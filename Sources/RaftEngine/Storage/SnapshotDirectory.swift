internal import SegmentBackend
package import WALProtocol

/// The snapshots of a replica: files in a directory, of which only the newest counts.
///
/// A snapshot is written under a temporary name, synced and renamed. *Commit point: the sync of the
/// directory after the rename.* Older ones are removed once the log needs them no more.
package struct SnapshotDirectory: Sendable {
    /// The directory; it has to exist.
    package var path: String { directory.path }
    private let directory: StoreDirectory
    private var fileSystem: any FileSystem { directory.fileSystem }

    /// The snapshots in a directory.
    package init(at path: String, fileSystem: (any FileSystem)? = nil) {
        directory = StoreDirectory(path: path, fileSystem: fileSystem ?? POSIXFileSystem())
    }

    private static let prefix = "snapshot-"
    private static let temporaryName = "snapshot.tmp"

    /// `snapshot-TERM-INDEX`, both with twenty digits, so that names sort as positions do.
    private static func name(_ position: LogPosition) -> String {
        func digits(_ number: UInt64) -> String {
            let text = String(number)
            return String(repeating: "0", count: 20 - text.utf8.count) + text
        }
        return prefix + digits(position.term) + "-" + digits(position.index)
    }

    private static func position(_ name: String) -> LogPosition? {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let term = Term(parts[1]), let index = LogIndex(parts[2]) else {
            return nil
        }
        let position = LogPosition(term: term, index: index)
        return Self.name(position) == name ? position : nil
    }

    /// The positions of all snapshots, ascending by index.
    package func positions() throws(LogStoreError) -> [LogPosition] {
        do throws(SystemCallError) {
            return try fileSystem.list(path).compactMap(Self.position).sorted {
                ($0.index, $0.term) < ($1.index, $1.term)
            }
        } catch {
            throw LogStoreError(error, writing: false)
        }
    }

    /// Writes a snapshot; it is durable when the call returns.
    ///
    /// - Throws: `noSpace`, `io`; `metadataTooLarge` for an absurd configuration. What was there
    ///   before is there still.
    package func save(_ snapshot: Snapshot) throws(LogStoreError) {
        let head = try SnapshotFile.encodePrefix(snapshot)
        do throws(SystemCallError) {
            try directory.writeAtomically(
                head, snapshot.data, name: Self.name(snapshot.position),
                temporaryName: Self.temporaryName)
        } catch {
            throw LogStoreError(error)
        }
    }

    /// The newest snapshot, whole and durable; `nil` if there is none.
    ///
    /// - Throws: `corrupt` if it is damaged: an older one would not do, because the log was
    ///   compacted since; `unsupportedFormat`, `io`.
    package func newest() throws(LogStoreError) -> Snapshot? {
        guard let position = try positions().last else { return nil }
        let file = directory.path(Self.name(position))
        let snapshot = try SnapshotFile.read(file, in: fileSystem)
        guard snapshot.position == position else {
            throw .corrupt(
                "the snapshot has another position than its name", file: file,
                index: position.index, expected: position.index, found: snapshot.position.index)
        }
        // The log may be reset because of it, and the process that renamed it may have died before
        // its sync.
        do throws(SystemCallError) {
            try fileSystem.syncDirectory(path)
        } catch {
            throw LogStoreError(error)
        }
        return snapshot
    }

    /// Removes the snapshots before the one at `position`, which the log needs no more.
    ///
    /// - Throws: `io`, `readOnly`. What is left does no harm, and goes the next time.
    package func removeBefore(_ position: LogPosition) throws(LogStoreError) {
        for old in try positions() where old.index < position.index {
            do throws(SystemCallError) {
                try fileSystem.remove(directory.path(Self.name(old)))
            } catch {
                throw LogStoreError(error)
            }
        }
    }
}
