import WALProtocol

/// Reads lines from a descriptor as they come, so that it works with a pipe kept open.
struct LineReader {
    /// The longest line, without its newline, in bytes.
    static let lineByteLimit = 64 << 10

    private let descriptor: Int32
    private let path: String
    private var buffer: [UInt8]
    private var start = 0
    private var end = 0
    private var isAtEnd = false
    /// The number of the line that was returned last, from 1.
    private(set) var lineNumber = 0

    init(_ descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
        buffer = [UInt8](repeating: 0, count: Self.lineByteLimit + 1)
    }

    /// The next line without its newline; `nil` at the end.
    ///
    /// What stands behind the last newline is a line too, if it is not empty.
    ///
    /// - Throws: `Failure` with status `usage` if the line is too long, `failed` if it cannot be
    ///   read.
    mutating func next() throws(Failure) -> ArraySlice<UInt8>? {
        var searched = start
        while true {
            if let newline = buffer[searched..<end].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = newline + 1 }
                lineNumber += 1
                return buffer[start..<newline]
            }
            if isAtEnd {
                guard start < end else { return nil }
                defer { start = end }
                lineNumber += 1
                return buffer[start..<end]
            }
            searched = end
            if end == buffer.count {
                guard start > 0 else {
                    throw Failure(
                        .usage,
                        "line \(lineNumber + 1): longer than \(Self.lineByteLimit) bytes")
                }
                buffer.replaceSubrange(0..<end - start, with: Array(buffer[start..<end]))
                searched -= start
                end -= start
                start = 0
            }
            try fill()
        }
    }

    private mutating func fill() throws(Failure) {
        do throws(SystemCallError) {
            let count = try Self.read(descriptor, path, &buffer, from: end)
            isAtEnd = count == 0
            end += count
        } catch {
            throw Failure(error)
        }
    }

    private static func read(
        _ descriptor: Int32, _ path: String, _ buffer: inout [UInt8], from offset: Int
    ) throws(SystemCallError) -> Int {
        var span = buffer.mutableSpan
        var bytes = span.mutableBytes
        let result: Result<Int, SystemCallError> = bytes.withUnsafeMutableBytes { bytes in
            Result { () throws(SystemCallError) in
                try Descriptors.read(
                    descriptor,
                    into: UnsafeMutableRawBufferPointer(rebasing: bytes[offset...]), path: path)
            }
        }
        return try result.get()
    }
}
