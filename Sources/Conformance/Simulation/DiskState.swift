import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Everything that a simulated disk holds: files, and apart from them the names.
///
/// A value: a copy shares all bytes until one of the two is changed.
struct DiskState: Sendable {
    /// What a name stands for.
    enum Node: Hashable, Sendable {
        case directory
        /// A file, by its place in ``files``.
        case file(Int)
    }

    /// A change of names that a power cut may take back: it is there as a whole or not at all.
    struct NameChange: Sendable {
        /// The directory whose sync makes it durable.
        var directory: String
        var effects: [(path: String, node: Node?)]
    }

    var files: [StoredFile] = []
    /// What is shown, by path.
    private(set) var names: [String: Node] = ["/": .directory]
    private(set) var durableNames: [String: Node] = ["/": .directory]
    private(set) var unsyncedNames: [NameChange] = []
    /// The bytes that all files together may take.
    var capacity = Int.max

    init() {}

    /// A disk on which everything is on stable storage.
    init(files: [StoredFile], names: [String: Node], capacity: Int) {
        self.files = files
        self.names = names
        durableNames = names
        self.capacity = capacity
    }

    /// The bytes of all files that have a name.
    var usedByteCount: Int {
        names.values.reduce(0) { sum, node in
            if case .file(let file) = node { sum + files[file].shown.count } else { sum }
        }
    }

    // MARK: - Names

    func node(at path: String) -> Node? { names[path] }

    func file(at path: String) throws(SystemCallError) -> Int {
        switch names[path] {
        case .file(let file): return file
        case .directory: throw SystemCallError(call: "open", errno: EISDIR, path: path)
        case nil: throw SystemCallError(call: "open", errno: ENOENT, path: path)
        }
    }

    mutating func createFile(at path: String) throws(SystemCallError) -> Int {
        guard names[path] == nil else {
            throw SystemCallError(call: "open", errno: EEXIST, path: path)
        }
        try requireParent(of: path, "open")
        files.append(StoredFile())
        change([(path, .file(files.count - 1))])
        return files.count - 1
    }

    mutating func createDirectory(at path: String) throws(SystemCallError) {
        guard names[path] == nil else {
            throw SystemCallError(call: "mkdir", errno: EEXIST, path: path)
        }
        try requireParent(of: path, "mkdir")
        change([(path, .directory)])
    }

    mutating func rename(_ path: String, to newPath: String) throws(SystemCallError) {
        guard let node = names[path] else {
            throw SystemCallError(call: "rename", errno: ENOENT, path: path)
        }
        try requireParent(of: newPath, "rename")
        // The seam renames files only.
        guard node != .directory, names[newPath] != .directory else {
            throw SystemCallError(call: "rename", errno: EISDIR, path: path)
        }
        change([(path, nil), (newPath, node)])
    }

    mutating func remove(_ path: String) throws(SystemCallError) {
        switch names[path] {
        case .file: change([(path, nil)])
        case .directory: throw SystemCallError(call: "unlink", errno: EISDIR, path: path)
        case nil: throw SystemCallError(call: "unlink", errno: ENOENT, path: path)
        }
    }

    func list(_ directory: String) throws(SystemCallError) -> [String] {
        guard names[directory] == .directory else {
            throw SystemCallError(
                call: "opendir", errno: names[directory] == nil ? ENOENT : ENOTDIR, path: directory)
        }
        return names.keys.compactMap { path in
            path != "/" && Self.parent(of: path) == directory
                ? String(path[Self.nameStart(of: path)...]) : nil
        }
    }

    mutating func syncDirectory(_ directory: String) throws(SystemCallError) {
        guard names[directory] == .directory else {
            throw SystemCallError(call: "open", errno: ENOENT, path: directory)
        }
        for change in unsyncedNames where change.directory == directory {
            for effect in change.effects { durableNames[effect.path] = effect.node }
        }
        unsyncedNames.removeAll { $0.directory == directory }
    }

    private mutating func change(_ effects: [(path: String, node: Node?)]) {
        for effect in effects { names[effect.path] = effect.node }
        unsyncedNames.append(
            NameChange(directory: Self.parent(of: effects[0].path), effects: effects))
    }

    private func requireParent(of path: String, _ call: String) throws(SystemCallError) {
        let parent = Self.parent(of: path)
        guard names[parent] == .directory else {
            throw SystemCallError(
                call: call, errno: names[parent] == nil ? ENOENT : ENOTDIR, path: path)
        }
    }

    private static func nameStart(of path: String) -> String.Index {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) }
            ?? path.startIndex
    }

    static func parent(of path: String) -> String {
        let start = nameStart(of: path)
        guard start > path.utf8.index(after: path.startIndex) else { return "/" }
        return String(path[..<path.utf8.index(before: start)])
    }

    // MARK: - Files

    /// Writes as much as there is space for.
    ///
    /// - Returns: the bytes written.
    mutating func write(
        _ bytes: UnsafeRawBufferPointer, to file: Int, at offset: Int, path: String
    ) throws(SystemCallError) -> Int {
        guard !bytes.isEmpty else { return 0 }
        let (end, overflow) = offset.addingReportingOverflow(bytes.count)
        guard !overflow, end <= StoredFile.maximumByteCount else {
            throw SystemCallError(call: "pwrite", errno: EFBIG, path: path)
        }
        let growth = end - files[file].shown.count
        var count = bytes.count
        if growth > 0, capacity != .max {
            count -= max(0, growth - max(0, capacity - usedByteCount))
            guard count > 0 else {
                throw SystemCallError(call: "pwrite", errno: ENOSPC, path: path)
            }
        }
        files[file].write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: offset)
        return count
    }

    mutating func resize(_ file: Int, to size: Int, path: String) throws(SystemCallError) {
        guard size <= StoredFile.maximumByteCount else {
            throw SystemCallError(call: "ftruncate", errno: EFBIG, path: path)
        }
        files[file].resize(size)
    }

    mutating func reserve(
        _ size: Int, of file: Int, path: String
    ) throws(SystemCallError) {
        let growth = size - files[file].shown.count
        guard growth > 0 else { return }
        guard size <= StoredFile.maximumByteCount else {
            throw SystemCallError(call: "fallocate", errno: EFBIG, path: path)
        }
        guard capacity == .max || growth <= capacity - usedByteCount else {
            throw SystemCallError(call: "fallocate", errno: ENOSPC, path: path)
        }
        files[file].resize(size)
    }
}

extension SystemCallError {
    /// A call on a descriptor that was not opened for it.
    static func badDescriptor(_ call: String, _ path: String) -> SystemCallError {
        SystemCallError(call: call, errno: EBADF, path: path)
    }
}
