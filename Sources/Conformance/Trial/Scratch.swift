#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A fresh directory for one check.
struct Scratch {
    let path: String

    /// Where temporary files go on this system.
    static var systemDirectory: String {
        if let value = getenv("TMPDIR") {
            let path = String(cString: value)
            if !path.isEmpty { return path }
        }
        return "/tmp"
    }

    /// Makes a directory that nobody else has.
    init(in parent: String) throws {
        var template = Array("\(parent)/conformance-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw NotChecked("cannot make a directory in \(parent): \(Scratch.reason())")
        }
        path = template.withUnsafeBufferPointer { buffer in
            String(decoding: buffer.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        // Checks that give up privileges have to be able to come this far.
        chmod(path, 0o755)
    }

    func remove() { Files.removeAll(at: path) }

    static func reason() -> String { String(cString: strerror(errno)) }
}

/// The few file operations that rules need: they look at a store's directory from outside.
enum Files {
    /// The names in a directory, sorted; none if it cannot be read.
    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func status(of path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    static func isDirectory(_ path: String) -> Bool {
        status(of: path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    /// Every regular file below a directory, relative to it.
    static func files(below directory: String) -> [String] {
        names(in: directory).flatMap { name in
            isDirectory("\(directory)/\(name)")
                ? files(below: "\(directory)/\(name)").map { "\(name)/\($0)" } : [name]
        }
    }

    /// The bytes that the files below a directory take up on the disk.
    static func allocatedByteCount(below directory: String) -> Int {
        files(below: directory).reduce(0) { sum, name in
            sum + (status(of: "\(directory)/\(name)").map { Int($0.st_blocks) * 512 } ?? 0)
        }
    }

    /// The sizes of the files below a directory.
    static func sizes(below directory: String) -> [String: Int] {
        files(below: directory).reduce(into: [:]) { sizes, name in
            sizes[name] = status(of: "\(directory)/\(name)").map { Int($0.st_size) }
        }
    }

    /// All of a file, also of one whose size the system does not tell.
    static func contents(of path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &piece, piece.count)
            guard count >= 0 else { return nil }
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
    }

    @discardableResult
    static func write(_ bytes: [UInt8], to path: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                pwrite(
                    descriptor, UnsafeRawBufferPointer(rebasing: buffer[done...]).baseAddress,
                    buffer.count - done, off_t(done))
            }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    static func makeDirectory(_ path: String) { mkdir(path, 0o755) }

    static func removeAll(at path: String) {
        guard isDirectory(path) else {
            unlink(path)
            return
        }
        chmod(path, 0o755)
        for name in names(in: path) { removeAll(at: "\(path)/\(name)") }
        rmdir(path)
    }

    static func copyAll(from path: String, to newPath: String) {
        makeDirectory(newPath)
        for name in names(in: path) {
            if isDirectory("\(path)/\(name)") {
                copyAll(from: "\(path)/\(name)", to: "\(newPath)/\(name)")
            } else if let bytes = contents(of: "\(path)/\(name)") {
                write(bytes, to: "\(newPath)/\(name)")
            }
        }
    }

    static func link(_ path: String, to target: String) { symlink(target, path) }

    static func setMode(_ path: String, _ mode: UInt32) { chmod(path, mode_t(mode)) }

    /// How many files below a directory this process has open; `nil` if the system does not tell.
    static func openDescriptorCount(below directory: String) -> Int? {
        #if os(Linux)
            var buffer = [CChar](repeating: 0, count: 4097)
            return names(in: "/proc/self/fd").count { name in
                let count = readlink("/proc/self/fd/\(name)", &buffer, 4096)
                guard count > 0 else { return false }
                let target = buffer.prefix(count).map { UInt8(bitPattern: $0) }
                return String(decoding: target, as: UTF8.self).hasPrefix(directory)
            }
        #else
            return nil
        #endif
    }

    /// Writes a new file and makes it durable by the means of the system.
    static func writeDurably(_ bytes: [UInt8], to path: String) -> Bool {
        guard write(bytes, to: path) else { return false }
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    static func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }
}
