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
    private static let temporaryName = UnfinishedCopy.markerName + ".tmp"

    let path: String
    /// Where the copy is made.
    let staging: String
    /// Whether an earlier attempt is continued.
    let isResumed: Bool
    private let fileSystem = POSIXFileSystem()
    private let lock: any FileLock

    private var marker: String { path + "/" + UnfinishedCopy.markerName }
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
        self.path = path
        staging = path + "/" + Self.stagingName
        do throws(SystemCallError) {
            (isResumed, lock) = try Self.prepare(path, label: label)
            if try fileSystem.kind(of: staging) == nil {
                try fileSystem.createDirectory(staging)
            }
            try fileSystem.syncDirectory(path)
        } catch {
            throw error.call.isEmpty
                ? Self.refusal(path, error.errno) : LogStoreError(error)
        }
    }

    // A system call without a name is a refusal.
    private static let isTaken: Int32 = 1
    private static let isAnother: Int32 = 2
    private static let isLocked: Int32 = 3

    private static func refusal(_ path: String, _ reason: Int32) -> LogStoreError {
        switch reason {
        case isTaken:
            .invalidArgument("\(path) is there already; it has to be a new or an empty directory")
        case isAnother:
            .invalidArgument(
                "\(path) holds another unfinished copy, or one for another backend; "
                    + "remove it, or take another directory")
        default: .locked(path: path)
        }
    }

    private static func prepare(
        _ path: String, label: String
    ) throws(SystemCallError) -> (isResumed: Bool, lock: any FileLock) {
        let fileSystem = POSIXFileSystem()
        let marker = path + "/" + UnfinishedCopy.markerName
        func refuse(_ reason: Int32) -> SystemCallError {
            SystemCallError(call: "", errno: reason, path: path)
        }
        var isResumed = false
        switch try fileSystem.kind(of: path) {
        case nil: try makeDirectories(path)
        case .directory:
            let names = try fileSystem.list(path)
            isResumed = names.contains(UnfinishedCopy.markerName)
            guard isResumed || names.allSatisfy({ $0 == temporaryName || $0 == "lost+found" })
            else { throw refuse(isTaken) }
        default: throw refuse(isTaken)
        }
        if isResumed {
            let text = try fileSystem.open(marker, .read).readBytes(at: 0, count: 4096)
            guard text == Array(label.utf8) else { throw refuse(isAnother) }
        } else {
            let temporary = path + "/" + temporaryName
            if try fileSystem.kind(of: temporary) != nil { try fileSystem.remove(temporary) }
            let file = try fileSystem.open(temporary, .create)
            try Array(label.utf8).span.bytes.withUnsafeBytes { (bytes) throws(SystemCallError) in
                try file.writeAll(bytes, at: 0)
            }
            try file.sync()
            try fileSystem.rename(temporary, to: marker)
            try fileSystem.syncDirectory(path)
        }
        guard let lock = try fileSystem.lock(marker) else { throw refuse(isLocked) }
        return (isResumed, lock)
    }

    private static func makeDirectories(_ path: String) throws(SystemCallError) {
        let fileSystem = POSIXFileSystem()
        guard try fileSystem.kind(of: path) == nil else { return }
        let parent = parent(of: path)
        if parent != path { try makeDirectories(parent) }
        try fileSystem.createDirectory(path)
        try fileSystem.syncDirectory(parent)
    }

    private static func parent(of path: String) -> String {
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
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
                try fileSystem.rename(staging + "/" + name, to: path + "/" + name)
            }
        }
        try fileSystem.syncDirectory(path)
        try fileSystem.remove(marker)
        try fileSystem.syncDirectory(path)
        try fileSystem.remove(note)
        guard rmdir(staging) == 0 else {
            throw SystemCallError(call: "rmdir", errno: errno, path: staging)
        }
    }
}
