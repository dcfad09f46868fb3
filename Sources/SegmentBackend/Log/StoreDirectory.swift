internal import WALProtocol

/// The directory of a store: its names, and the steps that make names durable.
struct StoreDirectory: Sendable {
    let path: String
    let fileSystem: any FileSystem

    func path(_ name: String) -> String { path + "/" + name }

    func segmentPath(_ sequence: UInt64) -> String {
        path(SegmentFormat.fileName(sequence: sequence))
    }

    /// Creates the directory and what is missing above it; every new name is made durable.
    func create() throws(LogStoreError) {
        do throws(SystemCallError) {
            try createDirectory(path)
        } catch {
            throw LogStoreError(error)
        }
    }

    private func createDirectory(_ path: String) throws(SystemCallError) {
        if let kind = try fileSystem.kind(of: path) {
            guard kind == .directory else {
                // Whatever it is, opening it as a directory fails with the right error.
                _ = try fileSystem.list(path)
                return
            }
            return
        }
        let parent = Self.parent(of: path)
        if parent != path { try createDirectory(parent) }
        do throws(SystemCallError) {
            try fileSystem.createDirectory(path)
        } catch {
            // Somebody else was faster.
            guard try fileSystem.kind(of: path) == .directory else { throw error }
        }
        try fileSystem.syncDirectory(parent)
    }

    static func parent(of path: String) -> String {
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    /// Writes a small file so that after a crash it is there whole or not at all.
    func writeAtomically(_ bytes: [UInt8], name: String) throws(SystemCallError) {
        let temporary = path(name + SegmentFormat.temporarySuffix)
        if try fileSystem.kind(of: temporary) != nil { try fileSystem.remove(temporary) }
        let file = try fileSystem.open(temporary, .create)
        try bytes.span.bytes.withUnsafeBytes { (buffer) throws(SystemCallError) in
            try file.writeAll(buffer, at: 0)
        }
        try file.sync()
        try fileSystem.rename(temporary, to: path(name))
        try fileSystem.syncDirectory(path)
    }

    /// Makes a file of zeros and gives it a segment's name, durably.
    ///
    /// - Parameter head: Bytes to start with instead of zeros.
    func makeSegment(
        sequence: UInt64, capacity: Int, head: [UInt8] = []
    ) throws(SystemCallError) -> any File {
        let name = SegmentFormat.fileName(sequence: sequence)
        let temporary = path(name + SegmentFormat.temporarySuffix)
        if try fileSystem.kind(of: temporary) != nil { try fileSystem.remove(temporary) }
        do throws(SystemCallError) {
            let file = try fileSystem.open(temporary, .create)
            try head.span.bytes.withUnsafeBytes { (buffer) throws(SystemCallError) in
                try file.writeAll(buffer, at: 0)
            }
            try Self.zeroFill(file, from: head.count, to: capacity)
            try file.sync()
            try fileSystem.rename(temporary, to: path(name))
            try fileSystem.syncDirectory(path)
            return file
        } catch {
            // Half a segment would only take the space that somebody has to free.
            try? fileSystem.remove(temporary)
            throw error
        }
    }

    private static func zeroFill(
        _ file: any File, from start: Int, to end: Int
    ) throws(SystemCallError) {
        let zeros = [UInt8](repeating: 0, count: min(1 << 20, max(0, end - start)))
        var offset = start
        while offset < end {
            let count = min(zeros.count, end - offset)
            try zeros.span.bytes.extracting(0..<count).withUnsafeBytes {
                (buffer) throws(SystemCallError) in
                try file.writeAll(buffer, at: UInt64(offset))
            }
            offset += count
        }
    }
}
