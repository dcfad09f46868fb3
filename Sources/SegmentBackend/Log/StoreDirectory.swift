package import WALProtocol

/// The directory of a store: its names, and the steps that make names durable.
package struct StoreDirectory: Sendable {
    package let path: String
    package let fileSystem: any FileSystem

    package init(path: String, fileSystem: any FileSystem) {
        self.path = path
        self.fileSystem = fileSystem
    }

    package func path(_ name: String) -> String { path + "/" + name }

    func segmentPath(_ sequence: UInt64) -> String {
        path(SegmentFormat.fileName(sequence: sequence))
    }

    /// Creates the directory and what is missing above it; the names are not durable yet.
    package func create() throws(LogStoreError) {
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
    }

    /// Makes the directory's name durable, and the names of all that it lies in.
    ///
    /// An earlier creator may have made any of them and died, or failed, before its sync; so all
    /// are synced, whoever made them. Those that this process may not open were there before.
    package func makeOwnNameDurable() throws(SystemCallError) {
        var child = path
        while true {
            let parent = Self.parent(of: child)
            guard parent != child else { return }
            do throws(SystemCallError) {
                try fileSystem.syncDirectory(parent)
            } catch {
                guard LogStoreError(error).code == .readOnly else { throw error }
            }
            child = parent
        }
    }

    static func parent(of path: String) -> String {
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    /// What a file is called until it is whole.
    package static func temporaryName(_ name: String) -> String {
        name + SegmentFormat.temporarySuffix
    }

    /// Writes a file so that after a crash it is there whole or not at all.
    ///
    /// *Commit point: the sync of the directory after the rename.*
    ///
    /// - Parameters:
    ///   - pieces: What the file holds, one behind the other.
    ///   - name: The file's name.
    ///   - temporaryName: What it is called until it is whole; what stands there goes.
    package func writeAtomically(
        _ pieces: [UInt8]..., name: String, temporaryName: String? = nil
    ) throws(SystemCallError) {
        let temporary = path(temporaryName ?? Self.temporaryName(name))
        if try fileSystem.kind(of: temporary) != nil { try fileSystem.remove(temporary) }
        do throws(SystemCallError) {
            let file = try fileSystem.open(temporary, .create)
            var offset: UInt64 = 0
            for piece in pieces {
                try file.writeAll(piece, at: offset)
                offset += UInt64(piece.count)
            }
            try file.sync()
            try fileSystem.rename(temporary, to: path(name))
        } catch {
            // It takes space that something else may need; if this fails, too, the next one
            // removes it.
            try? fileSystem.remove(temporary)
            throw error
        }
        try fileSystem.syncDirectory(path)
    }

    /// Makes a file of zeros and gives it a segment's name, durably.
    ///
    /// - Parameter head: Bytes to start with instead of zeros.
    func makeSegment(
        sequence: UInt64, capacity: Int, head: [UInt8]
    ) throws(SystemCallError) -> any File {
        try makeSegment(sequence: sequence) { (file) throws(SystemCallError) in
            try file.writeAll(head, at: 0)
            return head.count..<capacity
        }
    }

    /// Makes a file, fills the rest of it with zeros and gives it a segment's name, durably.
    ///
    /// - Parameter write: Writes what stands before the zeros, and says where they are to stand.
    func makeSegment(
        sequence: UInt64, _ write: (any File) throws(SystemCallError) -> Range<Int>
    ) throws(SystemCallError) -> any File {
        do throws(SystemCallError) {
            let file = try beginSegment(sequence: sequence)
            let zeros = try write(file)
            try Self.zeroFill(file, from: zeros.lowerBound, to: zeros.upperBound)
            try file.sync()
            try nameSegment(sequence: sequence)
            return file
        } catch {
            // Half a segment would only take the space that somebody has to free.
            try? fileSystem.remove(unnamedPath(sequence))
            throw error
        }
    }

    /// Makes an empty file that has no segment's name yet.
    func beginSegment(sequence: UInt64) throws(SystemCallError) -> any File {
        try removeUnnamedSegment(sequence: sequence)
        return try fileSystem.open(unnamedPath(sequence), .create)
    }

    /// Gives a finished file its name, durably.
    func nameSegment(sequence: UInt64) throws(SystemCallError) {
        try fileSystem.rename(unnamedPath(sequence), to: segmentPath(sequence))
        try fileSystem.syncDirectory(path)
    }

    /// Removes what an earlier attempt left.
    func removeUnnamedSegment(sequence: UInt64) throws(SystemCallError) {
        if try fileSystem.kind(of: unnamedPath(sequence)) != nil {
            try fileSystem.remove(unnamedPath(sequence))
        }
    }

    /// Makes a segment that reads as zeros without writing them: quick, but the first writes into
    /// it allocate blocks, and its name is not durable yet.
    func makeUnfilledSegment(
        sequence: UInt64, capacity: Int
    ) throws(SystemCallError) -> any File {
        let file = try createSegmentFile(sequence: sequence)
        do throws(SystemCallError) {
            try file.reserve(UInt64(capacity))
            return file
        } catch {
            try? fileSystem.remove(segmentPath(sequence))
            throw error
        }
    }

    /// Creates a file with a segment's name.
    ///
    /// What stands there already was being prepared when the disk refused something, and nobody
    /// has written to it: the name was given, and making it durable failed.
    private func createSegmentFile(sequence: UInt64) throws(SystemCallError) -> any File {
        let path = segmentPath(sequence)
        do throws(SystemCallError) {
            return try fileSystem.open(path, .create)
        } catch {
            guard error.isExistingFile else { throw error }
            try fileSystem.remove(path)
            return try fileSystem.open(path, .create)
        }
    }

    private func unnamedPath(_ sequence: UInt64) -> String {
        Self.temporaryName(segmentPath(sequence))
    }

    /// Writes zeros to a file.
    static func zeroFill(
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

extension File {
    /// Writes all of `bytes`.
    ///
    /// - Throws: as the form for a buffer: how much was written before is not known.
    package func writeAll(_ bytes: [UInt8], at offset: UInt64) throws(SystemCallError) {
        try bytes.span.bytes.withUnsafeBytes { (buffer) throws(SystemCallError) in
            try writeAll(buffer, at: offset)
        }
    }
}
