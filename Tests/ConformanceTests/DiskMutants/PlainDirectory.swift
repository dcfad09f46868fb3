import WALProtocol

/// A call that failed, and whether it was a sync: then what reached the disk is unknown.
struct PlainFailure: Error {
    var cause: SystemCallError
    var isSync = false
}

/// The directory of a ``PlainFileStore``, and how files come into use.
struct PlainDirectory: Sendable {
    static let manifestName = "MANIFEST"

    let fileSystem: any FileSystem
    let path: String
    let mutation: DiskMutation?

    func file(_ sequence: UInt64) -> String { "\(path)/log-\(sequence)" }
    var manifest: String { "\(path)/\(Self.manifestName)" }
    private var newManifest: String { "\(path)/\(Self.manifestName).new" }

    /// The names in the directory, and the numbers of the log files among them.
    func list() throws(SystemCallError) -> (hasManifest: Bool, files: [UInt64]) {
        let names: [String]
        do throws(SystemCallError) { names = try fileSystem.list(path) } catch {
            guard mutation == .takesListErrorForEmpty else { throw error }
            names = []
        }
        let files = names.filter { $0.hasPrefix("log-") }.compactMap { UInt64($0.dropFirst(4)) }
        return (names.contains(Self.manifestName), files.sorted())
    }

    /// Makes the directory and what is missing above it.
    func create() throws(SystemCallError) {
        var missing: [String] = []
        var next = path
        while try fileSystem.kind(of: next) == nil {
            missing.append(next)
            guard next != "/" else { break }
            next = Self.parent(of: next)
        }
        for directory in missing.reversed() { try fileSystem.createDirectory(directory) }
    }

    /// Makes the names of the directory and of all above it durable, whoever made them.
    func syncParents() throws(SystemCallError) {
        if mutation == .leavesParentUnsynced { return }
        var directory = path
        while directory != "/" {
            directory = Self.parent(of: directory)
            try fileSystem.syncDirectory(directory)
        }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// All bytes of a file.
    func read(_ path: String) throws(SystemCallError) -> [UInt8] {
        let file = try fileSystem.open(path, .read)
        let count = Int(clamping: try file.size())
        switch mutation {
        case .takesReadErrorForEnd, .takesInterruptionForEnd, .trustsShortReads:
            return try file.readCarelessly(count, mutation)
        default: return try file.readBytes(at: 0, count: count)
        }
    }

    /// Makes a file with its first records the newest one.
    ///
    /// The rename of the manifest is the commit point: before it, everything that it will stand
    /// for is on stable storage, and after it, nothing of that is written again.
    ///
    /// - Parameter capacity: The bytes to set aside.
    func install(
        _ header: PlainHeader, _ initial: [UInt8], capacity: UInt64
    ) throws(PlainFailure) -> any File {
        let path = file(header.sequence)
        let file = try attempt { () throws(SystemCallError) in
            // Left by an attempt that failed, or a crash.
            if try fileSystem.kind(of: path) != nil { try fileSystem.remove(path) }
            let file = try fileSystem.open(path, .create)
            do throws(SystemCallError) {
                try file.reserve(capacity)
                try write(header.bytes + initial, to: file, at: 0)
            } catch {
                try? fileSystem.remove(path)
                throw error
            }
            return file
        }
        if mutation != .leavesRecoveredUnsynced || header.sequence != header.base {
            try sync(file)
        }
        let leavesNames =
            mutation == .leavesFirstNameUnsynced && header.sequence == 1
            || mutation == .leavesNextNameUnsynced && header.sequence > header.base
        if !leavesNames { try syncNames() }
        try install(
            PlainManifest(store: header.store, newest: header.sequence),
            leavesNameUnsynced: leavesNames)
        return file
    }

    /// Replaces the manifest.
    func install(
        _ manifest: PlainManifest, leavesNameUnsynced: Bool = false
    ) throws(PlainFailure) {
        if mutation == .overwritesManifest, try overwrite(manifest) { return }
        let file = try attempt { () throws(SystemCallError) in
            if try fileSystem.kind(of: newManifest) != nil { try fileSystem.remove(newManifest) }
            let file = try fileSystem.open(newManifest, .create)
            try write(manifest.bytes, to: file, at: 0)
            return file
        }
        if mutation != .renamesBeforeSync { try sync(file) }
        try attempt { () throws(SystemCallError) in
            try fileSystem.rename(newManifest, to: self.manifest)
        }
        if !leavesNameUnsynced { try syncNames() }
    }

    /// What a store does that has not heard of torn writes.
    private func overwrite(_ manifest: PlainManifest) throws(PlainFailure) -> Bool {
        let file = try attempt { () throws(SystemCallError) -> (any File)? in
            guard try fileSystem.kind(of: self.manifest) != nil else { return nil }
            let file = try fileSystem.open(self.manifest, .readWrite)
            try write(manifest.bytes, to: file, at: 0)
            return file
        }
        guard let file else { return false }
        try sync(file)
        return true
    }

    func write(_ bytes: [UInt8], to file: any File, at offset: UInt64) throws(SystemCallError) {
        let result = bytes.withUnsafeBytes { bytes -> Result<Void, SystemCallError> in
            do throws(SystemCallError) {
                if mutation == .trustsShortWrites || mutation == .takesInterruptionForFailure {
                    return .success(try file.writeCarelessly(bytes, at: offset, mutation))
                }
                return .success(try file.writeAll(bytes, at: offset))
            } catch { return .failure(error) }
        }
        try result.get()
    }

    func sync(_ file: any File) throws(PlainFailure) {
        do throws(SystemCallError) { try file.sync() } catch {
            throw PlainFailure(cause: error, isSync: true)
        }
    }

    func syncNames() throws(PlainFailure) {
        do throws(SystemCallError) { try fileSystem.syncDirectory(path) } catch {
            throw PlainFailure(cause: error, isSync: true)
        }
    }

    private func attempt<R>(_ body: () throws(SystemCallError) -> R) throws(PlainFailure) -> R {
        do throws(SystemCallError) { return try body() } catch {
            throw PlainFailure(cause: error)
        }
    }
}
