import SegmentBackend

/// A file of a foreign log, read at offsets.
struct ForeignFile {
    let path: String
    let byteCount: UInt64
    private let file: any File

    init(_ path: String) throws(LogStoreError) {
        self.path = path
        do throws(SystemCallError) {
            file = try POSIXFileSystem().open(path, .read)
            byteCount = try file.size()
        } catch {
            throw LogStoreError(error, writing: false)
        }
    }

    /// A range of bytes; `nil` if the file does not have it.
    func bytes(at offset: UInt64, count: Int) throws(LogStoreError) -> [UInt8]? {
        guard offset <= byteCount, UInt64(count) <= byteCount - offset else { return nil }
        do throws(SystemCallError) {
            let bytes = try file.readBytes(at: offset, count: count)
            return bytes.count == count ? bytes : nil
        } catch {
            throw LogStoreError(error, writing: false)
        }
    }

    /// Damage in it.
    func damage(
        _ what: String, at offset: UInt64?, index: LogIndex? = nil, expected: UInt64? = nil,
        found: UInt64? = nil
    ) -> LogStoreError {
        .corrupt(
            what, file: path, byteOffset: offset, index: index, expected: expected, found: found)
    }

    /// The names in a directory, sorted.
    static func names(in path: String) throws(LogStoreError) -> [String] {
        let names: [String]?
        do throws(SystemCallError) {
            let fileSystem = POSIXFileSystem()
            names = try fileSystem.kind(of: path) == .directory ? fileSystem.list(path) : nil
        } catch {
            throw LogStoreError(error, writing: false)
        }
        guard let names else {
            throw LogStoreError(
                .unavailable, "there is no such directory", context: .init(file: path))
        }
        return names.sorted()
    }
}

extension [UInt8] {
    /// The little-endian number in some bytes, which have to be there.
    func littleEndian(_ range: Range<Int>) -> UInt64 {
        self[range].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The big-endian number in some bytes, which have to be there.
    func bigEndian(_ range: Range<Int>) -> UInt64 {
        self[range].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
