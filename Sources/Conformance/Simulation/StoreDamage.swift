import WALProtocol

/// One thing that happened to a store's files behind its back.
enum StoreDamage: Sendable {
    /// Where bytes come from that do not belong where they are put.
    enum Source: Hashable, Sendable {
        /// Another file of the same store.
        case sibling(String)
        /// The same file as it was when the store was closed before.
        case older(Int)
        /// The file of the same name of another store.
        case otherStore
    }

    enum ByteChange: CaseIterable, Sendable { case oneBit, allBits, zero, ones }

    enum SectorChange: Hashable, Sendable {
        case zero
        case junk(UInt64)
        case swapped(with: Int)
        case replaced(by: Source)
    }

    enum FileChange: Hashable, Sendable {
        case deleted
        case replaced(by: Source)
        /// A directory of the same name stands there.
        case directory
        /// Its bytes stand there once more, under another name.
        case duplicated(as: String)
    }

    case byte(file: String, offset: Int, ByteChange)
    case sector(file: String, place: Int, SectorChange)
    case length(file: String, Int)
    /// Bytes behind the end.
    case longer(file: String, byteCount: Int, junk: UInt64?)
    case whole(file: String, FileChange)
    case foreignFile(String, junk: Int)
    case foreignDirectory(String)

    static let sectorByteCount = 512

    /// The files that are changed.
    var file: String {
        switch self {
        case .byte(let file, _, _), .sector(let file, _, _), .length(let file, _),
            .longer(let file, _, _), .whole(let file, _), .foreignFile(let file, _),
            .foreignDirectory(let file):
            return file
        }
    }

    /// The store's files after it.
    ///
    /// - Returns: `nil` if nothing is different, or what it needs is not there.
    func applied(to store: DamagedStore) -> StoreImage? {
        var image = store.image
        switch self {
        case .byte(let file, let offset, let change):
            guard let byte = image.files[file]?[offset] else { return nil }
            let damaged = Self.damaged(byte, change, bit: offset % 8)
            guard damaged != byte else { return nil }
            image.files[file]?[offset] = damaged
        case .sector(let file, let place, let change):
            guard let bytes = image.files[file] else { return nil }
            let damaged = Self.damaged(bytes, file, place, change, store)
            guard let damaged, damaged != bytes else { return nil }
            image.files[file] = damaged
        case .length(let file, let size):
            guard let bytes = image.files[file], size < bytes.count else { return nil }
            image.files[file] = Array(bytes.prefix(size))
        case .longer(let file, let byteCount, let junk):
            guard let bytes = image.files[file] else { return nil }
            image.files[file] =
                bytes
                + (junk.map { Self.junk($0, byteCount) } ?? [UInt8](repeating: 0, count: byteCount))
        case .whole(let file, let change):
            guard let bytes = image.files[file] else { return nil }
            switch change {
            case .deleted: image.files[file] = nil
            case .directory:
                image.files[file] = nil
                image.directories.append(file)
            case .duplicated(let name):
                guard image.files[name] != bytes else { return nil }
                image.files[name] = bytes
            case .replaced(let source):
                guard let other = store.bytes(of: source, file), other != bytes else { return nil }
                image.files[file] = other
            }
        case .foreignFile(let name, let junk):
            guard image.files[name] == nil else { return nil }
            image.files[name] = Self.junk(UInt64(junk), junk)
        case .foreignDirectory(let name):
            guard !image.directories.contains(name), image.files[name] == nil else { return nil }
            image.directories.append(name)
        }
        return image
    }

    private static func damaged(_ byte: UInt8, _ change: ByteChange, bit: Int) -> UInt8 {
        switch change {
        case .oneBit: byte ^ 1 << UInt8(bit)
        case .allBits: ~byte
        case .zero: 0
        case .ones: 0xFF
        }
    }

    private static func damaged(
        _ bytes: [UInt8], _ file: String, _ place: Int, _ change: SectorChange,
        _ store: DamagedStore
    ) -> [UInt8]? {
        var bytes = bytes
        let range = sector(place, of: bytes)
        switch change {
        case .zero:
            bytes.replaceSubrange(range, with: repeatElement(0, count: range.count))
        case .junk(let seed):
            bytes.replaceSubrange(range, with: junk(seed, range.count))
        case .swapped(let other):
            let otherRange = sector(other, of: bytes)
            guard otherRange.count == range.count else { return nil }
            let (one, two) = (Array(bytes[range]), Array(bytes[otherRange]))
            bytes.replaceSubrange(range, with: two)
            bytes.replaceSubrange(otherRange, with: one)
        case .replaced(let source):
            guard let other = store.bytes(of: source, file), other.count >= range.upperBound else {
                return nil
            }
            bytes.replaceSubrange(range, with: other[range])
        }
        return bytes
    }

    static func sector(_ place: Int, of bytes: [UInt8]) -> Range<Int> {
        let start = min(place * sectorByteCount, bytes.count)
        return start..<min(start + sectorByteCount, bytes.count)
    }

    private static func junk(_ seed: UInt64, _ count: Int) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
}

extension DamagedStore {
    /// The bytes that are put in the place of a file's own.
    fileprivate func bytes(of source: StoreDamage.Source, _ file: String) -> [UInt8]? {
        switch source {
        case .sibling(let name): image.files[name]
        case .older(let place): older.indices.contains(place) ? older[place].files[file] : nil
        case .otherStore: other?.files[file]
        }
    }
}

extension StoreDamage: CustomStringConvertible {
    /// What happened, in words.
    var description: String {
        switch self {
        case .byte(let file, let offset, let change): "\(file), offset \(offset): \(change)"
        case .sector(let file, let place, let change):
            "\(file), offset \(place * Self.sectorByteCount): sector \(change)"
        case .length(let file, let size): "\(file): cut at \(size)"
        case .longer(let file, let byteCount, let junk):
            "\(file): longer by \(byteCount) bytes of \(junk == nil ? "zeros" : "junk")"
        case .whole(let file, let change): "\(file): \(change)"
        case .foreignFile(let name, let count): "\(name): added, \(count) bytes of junk"
        case .foreignDirectory(let name): "\(name): a directory, added"
        }
    }
}
