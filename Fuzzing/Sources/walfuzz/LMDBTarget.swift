internal import LMDBBackend
internal import WALProtocol

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Opens an LMDB store whose data file an input has damaged, and uses it.
///
/// LMDB reads its file through a map and has no seam for a disk in memory, so every run works on
/// a real directory, on a memory file system if there is one. The first byte picks a store, the
/// second how it is opened, the rest are edits.
enum LMDBTarget {
    private static let bases: [[UInt8]] = {
        do {
            return [try makeBase(entryCount: 3), try makeBase(entryCount: 40)]
        } catch {
            preconditionFailure("the stores to start from cannot be made: \(error)")
        }
    }()

    private static let directory: String = {
        let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        let path = "\(parent)/walfuzz.\(getpid())"
        atexit { LMDBTarget.removeAll() }
        return path
    }()

    static func run(_ input: [UInt8]) {
        var choices = Choices(input)
        var bytes = bases[Int(choices.byte()) % bases.count]
        let manner = choices.byte()
        var editCount = 0
        while !choices.isAtEnd, editCount < 32 {
            edit(&bytes, &choices)
            editCount += 1
        }
        removeAll()
        mkdir(directory, 0o700)
        write(bytes, to: directory + "/data.mdb")
        defer { removeAll() }
        expectTypedErrors {
            let store = try LMDBStore(at: directory, options: options(manner))
            StoreExercise.read(store)
            if manner & 1 == 0 { StoreExercise.write(store) }
            try store.close()
        }
        expectTypedErrors { _ = try LMDBStore.verify(at: directory) }
        expectTypedErrors { _ = try LMDBStore.describe(at: directory) }
    }

    private static func options(_ manner: UInt8) -> LMDBStore.Options {
        var options = LMDBStore.Options()
        options.access = manner & 1 == 0 ? .readWrite : .readOnly
        options.durability = .noSync
        options.initialMapByteCount = 1 << 20
        return options
    }

    /// A number, a run of bytes, or the size changes; the pages of a small store come first.
    private static func edit(_ bytes: inout [UInt8], _ choices: inout Choices) {
        let page = choices.below(max(1, bytes.count / 4096)) * 4096
        let sizes = [1, 2, 2, 4, 8, 8]
        switch choices.byte() % 8 {
        case 0:
            let offset = page + Int(choices.number(2) % 4096)
            let run = choices.take(choices.below(64))
            for (place, byte) in run.enumerated() where offset + place < bytes.count {
                bytes[offset + place] = byte
            }
        case 1:
            bytes = Array(bytes.prefix(page + Int(choices.number(2) % 4097)))
        case 2:
            // A page takes the place of another.
            let source = choices.below(max(1, bytes.count / 4096)) * 4096
            guard max(source, page) + 4096 <= bytes.count else { return }
            bytes.replaceSubrange(page..<page + 4096, with: bytes[source..<source + 4096])
        case 3, 4, 5:
            // The head of a page: its number, flags, bounds and the first node pointers.
            change(&bytes, at: page + Int(choices.byte()) / 2 * 2, sizes, &choices)
        default:
            change(&bytes, at: page + Int(choices.number(2) % 4096), sizes, &choices)
        }
    }

    private static func change(
        _ bytes: inout [UInt8], at offset: Int, _ sizes: [Int], _ choices: inout Choices
    ) {
        let size = sizes[choices.below(sizes.count)]
        let present = bytes.number(at: offset, count: size)
        bytes.put(choices.number(instead: present), at: offset, count: size)
    }

    // MARK: - Files

    private static func makeBase(entryCount: UInt64) throws -> [UInt8] {
        removeAll()
        defer { removeAll() }
        let store = try LMDBStore(at: directory, options: options(0))
        for index in 1...entryCount {
            let count = index % 20 == 7 ? 5000 : 200
            try store.append(
                [UInt8](repeating: UInt8(index), count: count),
                at: LogPosition(term: 1 + index / 10, index: index))
            if index % 10 == 0 { try store.sync() }
        }
        try store.setMetadata([1, 2, 3], for: "vote")
        try store.compact(through: LogPosition(term: 1, index: 2))
        try store.close()
        return read(directory + "/data.mdb")
    }

    private static func read(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY)
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        return [UInt8](unsafeUninitializedCapacity: max(0, size)) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, buffer.count, 0))
        }
    }

    private static func write(_ bytes: [UInt8], to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        let written = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        precondition(written == bytes.count, "the memory file system is full")
    }

    private static func removeAll() {
        guard let stream = opendir(directory) else { return }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { unlink(directory + "/" + name) }
        }
        closedir(stream)
        rmdir(directory)
    }
}
