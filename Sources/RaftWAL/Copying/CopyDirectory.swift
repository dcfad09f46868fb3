import SegmentBackend

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The directory that a copy is made in.
///
/// As long as it is not whole, a marker file keeps every store from opening the directory, and the
/// copy is made in a subdirectory. Once it is whole and checked, that is noted, durably; then the
/// files move up, and the marker goes last. So whoever finds a marker knows how to go on:
///
/// | marker | note | then |
/// |---|---|---|
/// | no | – | there is nothing, or a store |
/// | yes | no | copy on |
/// | yes | yes | move the rest of the files up |
struct CopyDirectory {
    private static let stagingName = "copying"
    private static let noteName = "WHOLE"

    /// Where the copy is made.
    let staging: String
    /// Whether an earlier attempt is continued.
    let isResumed: Bool
    private let directory: StoreDirectory
    private let lock: any FileLock

    private var fileSystem: any FileSystem { directory.fileSystem }
    private var marker: String { directory.path(UnfinishedCopy.markerName) }
    private var note: String { staging + "/" + Self.noteName }

    /// Whether the copy is whole and checked, and only has to move.
    var isWhole: Bool {
        get throws(SystemCallError) { try fileSystem.kind(of: note) != nil }
    }

    /// Makes the directory, or takes up an unfinished copy.
    ///
    /// - Parameter label: What the marker says, so that nothing else is continued.
    /// - Throws: `invalidArgument` if there is anything else; `locked` if somebody is at it; `io`.
    init(_ path: String, label: String) throws(LogStoreError) {
        let directory = StoreDirectory(path: path, fileSystem: POSIXFileSystem())
        let marker = directory.path(UnfinishedCopy.markerName)
        let staging = directory.path(Self.stagingName)
        isResumed = try Self.mark(directory, label: label)
        let lock = try Backend.calling { () throws(SystemCallError) in
            guard let lock = try directory.fileSystem.lock(marker) else {
                return nil as (any FileLock)?
            }
            if try directory.fileSystem.kind(of: staging) == nil {
                try directory.fileSystem.createDirectory(staging)
            }
            try directory.fileSystem.syncDirectory(path)
            return lock
        }
        guard let lock else { throw .locked(path: path) }
        self.directory = directory
        self.staging = staging
        self.lock = lock
    }

    /// Makes the directory and its marker, durably, unless an earlier attempt did.
    ///
    /// - Returns: Whether there is such an attempt.
    private static func mark(
        _ directory: StoreDirectory, label: String
    ) throws(LogStoreError) -> Bool {
        let path = directory.path
        let name = UnfinishedCopy.markerName
        let isResumed = try Backend.calling { () throws(SystemCallError) in
            switch try directory.fileSystem.kind(of: path) {
            case nil: return false as Bool?
            case .directory:
                let names = try directory.fileSystem.list(path)
                if names.contains(name) { return true }
                let ours = [StoreDirectory.temporaryName(name), "lost+found"]
                return names.allSatisfy(ours.contains) ? false : nil
            default: return nil
            }
        }
        guard let isResumed else {
            throw .invalidArgument(
                "\(path) is there already; it has to be a new or an empty directory")
        }
        guard isResumed else {
            try directory.create()
            try Backend.calling { () throws(SystemCallError) in
                try directory.makeOwnNameDurable()
                try directory.writeAtomically(Array(label.utf8), name: name)
            }
            return false
        }
        let text = try Backend.calling { () throws(SystemCallError) in
            try directory.fileSystem.open(directory.path(name), .read)
                .readBytes(at: 0, count: 4096)
        }
        guard text == Array(label.utf8) else {
            throw .invalidArgument(
                "\(path) holds another unfinished copy, or one for another backend; "
                    + "remove it, or take another directory")
        }
        return true
    }

    /// Notes, durably, that the copy is whole and checked.
    func noteWhole() throws(SystemCallError) {
        try fileSystem.syncDirectory(staging)
        try fileSystem.open(note, .create).sync()
        try fileSystem.syncDirectory(staging)
    }

    /// Moves the files to where they belong, and removes the marker.
    ///
    /// Interrupted at any step, it is done again.
    func finish() throws(SystemCallError) {
        let locks = ["LOCK", "lock.mdb"]
        for name in try fileSystem.list(staging) where name != Self.noteName {
            if locks.contains(name) {
                try fileSystem.remove(staging + "/" + name)
            } else {
                try fileSystem.rename(staging + "/" + name, to: directory.path(name))
            }
        }
        try fileSystem.syncDirectory(directory.path)
        try fileSystem.remove(marker)
        try fileSystem.syncDirectory(directory.path)
        try fileSystem.remove(note)
        guard rmdir(staging) == 0 else {
            throw SystemCallError(call: "rmdir", errno: errno, path: staging)
        }
    }
}
