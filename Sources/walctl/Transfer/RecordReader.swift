import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Divides a file into records, reading it in big blocks and holding one record at a time.
struct RecordReader {
    private static let blockByteCount = 1 << 20

    let file: InputFile
    private let framing: Framing
    private let recordByteLimit: Int
    private var buffer: [UInt8]
    private var start = 0
    private var end = 0
    private var isAtEnd = false
    /// Where the next record begins in the file.
    private(set) var fileOffset: UInt64 = 0
    /// Whether the last line that was returned had no newline behind it.
    private(set) var lacksFinalNewline = false

    /// Starts at the file's beginning.
    ///
    /// - Parameter recordByteLimit: The longest record to take.
    init(_ file: InputFile, framing: Framing, recordByteLimit: Int) {
        self.file = file
        self.framing = framing
        self.recordByteLimit = recordByteLimit
        buffer = [UInt8](repeating: 0, count: Self.blockByteCount)
    }

    /// Calls `body` with the next record.
    ///
    /// - Returns: whether there was one.
    /// - Throws: `Failure` with status `usage` if the file is not so framed or a record is too
    ///   long, `failed` if it cannot be read; what `body` throws.
    mutating func next(_ body: (RawSpan) throws -> Void) throws -> Bool {
        let record: Range<Int>?
        let end: Int
        switch framing {
        case .lines: (record, end) = try nextLine()
        case .u32le: (record, end) = try nextPrefixed()
        }
        guard let record else { return false }
        try body(buffer.span.bytes.extracting(record))
        fileOffset += UInt64(end - start)
        start = end
        return true
    }

    /// The bytes of the next line, and where the one after it begins.
    private mutating func nextLine() throws(Failure) -> (Range<Int>?, Int) {
        var searched = 0
        while true {
            if let place = newline(from: start + searched) {
                try check(byteCount: place - start)
                return (start..<place, place + 1)
            }
            searched = end - start
            try check(byteCount: searched)
            if isAtEnd {
                guard searched > 0 else { return (nil, start) }
                lacksFinalNewline = true
                return (start..<end, end)
            }
            try fill()
        }
    }

    private func newline(from offset: Int) -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard offset < end, let base = bytes.baseAddress,
                let found = memchr(base + offset, 0x0A, end - offset)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// The bytes of the next length-prefixed record, and where the one after it begins.
    private mutating func nextPrefixed() throws(Failure) -> (Range<Int>?, Int) {
        while end - start < 4, !isAtEnd { try fill() }
        guard end > start else { return (nil, start) }
        guard end - start >= 4 else { throw torn("a length") }
        let length = buffer.span.bytes.unsafeLoadUnaligned(
            fromByteOffset: start, as: UInt32.self)
        let byteCount = Int(UInt32(littleEndian: length))
        try check(byteCount: byteCount)
        while end - start - 4 < byteCount, !isAtEnd { try fill() }
        guard end - start - 4 >= byteCount else { throw torn("\(byteCount) bytes") }
        return (start + 4..<start + 4 + byteCount, start + 4 + byteCount)
    }

    private func torn(_ what: String) -> Failure {
        Failure(
            .usage,
            "\(file.path): at offset \(fileOffset) there should be \(what), but the file ends; "
                + "is it framed as \(framing)?")
    }

    private func check(byteCount: Int) throws(Failure) {
        guard byteCount > recordByteLimit else { return }
        throw Failure(
            .usage,
            "\(file.path): the record at offset \(fileOffset) is longer than \(recordByteLimit) bytes, "
                + "which is the longest entry; is the file framed as \(framing)?")
    }

    /// Reads more, at the end of what is there; the record in progress moves to the front.
    private mutating func fill() throws(Failure) {
        if start > 0 {
            buffer.withUnsafeMutableBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                memmove(base, base + start, end - start)
            }
            end -= start
            start = 0
        }
        if end == buffer.count {
            buffer.append(contentsOf: repeatElement(0, count: buffer.count))
        }
        let result: Result<Int, SystemCallError> = buffer.withUnsafeMutableBytes { bytes in
            Result { () throws(SystemCallError) in
                try file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[end...]))
            }
        }
        do throws(SystemCallError) {
            let count = try result.get()
            isAtEnd = count == 0
            end += count
        } catch {
            throw Failure(error)
        }
    }
}
