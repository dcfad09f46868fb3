import WALProtocol

/// A call that failed, and whether it was a sync: then what reached the disk is unknown.
struct PlainFailure: Error {
    var cause: SystemCallError
    var isSync = false
}

/// The start of a file of a ``PlainFileStore``: 64 bytes.
struct PlainHeader: Equatable, Sendable {
    static let byteCount = 64
    static let magic: UInt64 = 0x31_474F_4C4E_4C50
    static let version: UInt64 = 1

    var store: UInt64
    var sequence: UInt64
    /// The oldest file that may still be needed; what stands in those before is in this one.
    var base: UInt64
    /// Where the records of the file before end: they are all on stable storage.
    var previousEnd: UInt64 = 0
    /// Where the records end that were there when the file came into use.
    var initialEnd: UInt64 = 0

    var place: PlainRecord.Place { .init(store: store, file: sequence) }

    var bytes: [UInt8] {
        PlainBlock.encode([
            Self.magic, Self.version, store, sequence, base, previousEnd, initialEnd,
        ])
    }

    init(store: UInt64, sequence: UInt64, base: UInt64) {
        self.store = store
        self.sequence = sequence
        self.base = base
    }

    init(_ bytes: [UInt8], file: String) throws(LogStoreError) {
        let words = try PlainBlock.decode(bytes, magic: Self.magic, file: file)
        self.init(store: words[2], sequence: words[3], base: words[4])
        previousEnd = words[5]
        initialEnd = words[6]
    }
}

/// The file that says which file is the newest: replaced as a whole, by a rename.
struct PlainManifest: Equatable, Sendable {
    static let magic: UInt64 = 0x4554_4154_534E_4C50

    var store: UInt64
    var newest: UInt64
    /// Where the newest file ended when the store was closed; `nil` while it is open.
    var cleanEnd: UInt64?

    var bytes: [UInt8] {
        PlainBlock.encode([
            Self.magic, PlainHeader.version, store, newest, cleanEnd == nil ? 0 : 1, cleanEnd ?? 0,
            0,
        ])
    }

    init(store: UInt64, newest: UInt64, cleanEnd: UInt64? = nil) {
        self.store = store
        self.newest = newest
        self.cleanEnd = cleanEnd
    }

    init(_ bytes: [UInt8], file: String) throws(LogStoreError) {
        let words = try PlainBlock.decode(bytes, magic: Self.magic, file: file)
        self.init(store: words[2], newest: words[3], cleanEnd: words[4] == 0 ? nil : words[5])
    }
}

/// Seven words and a checksum.
enum PlainBlock {
    static func encode(_ words: [UInt64]) -> [UInt8] {
        var bytes: [UInt8] = []
        for word in words { bytes.put(word) }
        bytes.put(PlainChecksum.of(bytes[...], .init(store: 0, file: 0), 0))
        return bytes
    }

    static func decode(
        _ bytes: [UInt8], magic: UInt64, file: String
    ) throws(LogStoreError) -> [UInt64] {
        guard bytes.count >= 64 else {
            throw .corrupt("the file is cut", file: file, expected: 64, found: UInt64(bytes.count))
        }
        let words = (0..<8).map { bytes.integer(at: 8 * $0) as UInt64 }
        guard words[0] == magic,
            words[7] == PlainChecksum.of(bytes[..<56], .init(store: 0, file: 0), 0)
        else { throw .corrupt("the header is damaged", file: file, byteOffset: 0) }
        guard words[1] == PlainHeader.version else {
            throw .unsupportedFormat(
                "a newer version wrote it", file: file, found: words[1],
                supported: PlainHeader.version)
        }
        return words
    }
}

/// The directory of a ``PlainFileStore``, and how files come into use.
struct PlainDirectory: Sendable {
    static let manifestName = "MANIFEST"

    let fileSystem: any FileSystem
    let path: String

    func file(_ sequence: UInt64) -> String { "\(path)/log-\(sequence)" }
    var manifest: String { "\(path)/\(Self.manifestName)" }
    private var newManifest: String { "\(path)/\(Self.manifestName).new" }

    /// The names in the directory, and the numbers of the log files among them.
    func list() throws(SystemCallError) -> (hasManifest: Bool, files: [UInt64]) {
        let names = try fileSystem.list(path)
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
        return try file.readBytes(at: 0, count: Int(clamping: try file.size()))
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
        try sync(file)
        try syncNames()
        try install(PlainManifest(store: header.store, newest: header.sequence))
        return file
    }

    /// Replaces the manifest.
    func install(_ manifest: PlainManifest) throws(PlainFailure) {
        let file = try attempt { () throws(SystemCallError) in
            if try fileSystem.kind(of: newManifest) != nil { try fileSystem.remove(newManifest) }
            let file = try fileSystem.open(newManifest, .create)
            try write(manifest.bytes, to: file, at: 0)
            return file
        }
        try sync(file)
        try attempt { () throws(SystemCallError) in
            try fileSystem.rename(newManifest, to: self.manifest)
        }
        try syncNames()
    }

    func write(_ bytes: [UInt8], to file: any File, at offset: UInt64) throws(SystemCallError) {
        let result = bytes.withUnsafeBytes { bytes -> Result<Void, SystemCallError> in
            do throws(SystemCallError) {
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
