#if LMDB
    import LMDBBackend
    import WALProtocol

    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// A directory of its own for each test, removed when the test is done with it.
    final class Scratch: Sendable {
        let path: String

        init() {
            var template = Array("/tmp/lmdb-backend-XXXXXX".utf8CString)
            template.withUnsafeMutableBufferPointer { _ = $0.baseAddress.map { mkdtemp($0) } }
            path = template.withUnsafeBufferPointer { characters in
                String(decoding: characters.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
        }

        deinit { removeTree(path) }

        func child(_ name: String) -> String { path + "/" + name }
    }

    func removeTree(_ path: String) {
        for name in names(in: path) {
            let child = path + "/" + name
            if unlink(child) != 0 { removeTree(child) }
        }
        rmdir(path)
    }

    /// The names in a directory, sorted.
    func names(in path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var list: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { list.append(name) }
        }
        return list.sorted()
    }

    func readFile(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var status = stat()
        fstat(descriptor, &status)
        let byteCount = Int(status.st_size)
        return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            count = max(0, read(descriptor, buffer.baseAddress, byteCount))
        }
    }

    func writeFile(_ path: String, _ bytes: [UInt8]) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        defer { close(descriptor) }
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        precondition(count == bytes.count)
    }

    /// The payload of an entry in these tests: recognisable, and of a length that varies.
    func payload(_ index: LogIndex, _ salt: String = "") -> [UInt8] {
        Array("entry \(index) \(salt)".utf8) + [UInt8](repeating: UInt8(index % 251), count: 40)
    }

    /// A payload of which two fit on a page.
    func largePayload(_ index: LogIndex) -> [UInt8] {
        [UInt8](repeating: UInt8(index % 251), count: 1900)
    }

    extension LogStore {
        /// Appends entries of which some thousands make a large store: one that is not checked as
        /// a whole when it is opened.
        func fillWithLarge(_ range: ClosedRange<LogIndex>) throws(LogStoreError) {
            for index in range {
                try append(largePayload(index), at: LogPosition(term: 1, index: index))
            }
        }

        /// Appends entries of one term.
        func fill(
            _ range: ClosedRange<LogIndex>, term: Term = 1, _ salt: String = ""
        ) throws(LogStoreError) {
            for index in range {
                try append(payload(index, salt), at: LogPosition(term: term, index: index))
            }
        }
    }

    extension LogReading {
        /// Everything that can be read, for comparison.
        func contents() throws(LogStoreError) -> [Entry] {
            try entries(in: state.indexes)
        }
    }

    /// The error that `body` throws; `nil` if it throws none.
    func failure<R>(of body: () throws(LogStoreError) -> R) -> LogStoreError? {
        do throws(LogStoreError) {
            _ = try body()
            return nil
        } catch {
            return error
        }
    }

    func options(_ change: (inout LMDBStore.Options) -> Void) -> LMDBStore.Options {
        var options = LMDBStore.Options()
        change(&options)
        return options
    }
#endif
