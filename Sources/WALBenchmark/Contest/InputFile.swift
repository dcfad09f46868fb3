import CLimits
import Foundation
import WALProtocol

/// A real file whose lines are payloads.
final class InputFile {
    /// The file's path.
    let path: String
    /// The number of lines.
    var recordCount: Int { lengths.count }
    /// The bytes of all lines, without their ends.
    let byteCount: Int
    /// The bytes of every line in turn, so that the plain loop takes them as they are.
    let bytes: [UInt8]
    /// The length of each line.
    let lengths: [UInt32]

    /// Reads a file and splits it; a last line without an end counts.
    ///
    /// - Throws: `io` naming the file; `invalidArgument` if it holds no line.
    init(path: String) throws(LogStoreError) {
        self.path = path
        let data = try Self.read(path)
        (bytes, lengths) = Self.split(data)
        byteCount = bytes.count
        guard !lengths.isEmpty else {
            throw .invalidArgument("the input file \(path) holds no line")
        }
    }

    /// The lines of a file without their ends, one after the other, and the length of each.
    static func split(_ data: some Collection<UInt8>) -> (bytes: [UInt8], lengths: [UInt32]) {
        var bytes: [UInt8] = []
        var lengths: [UInt32] = []
        bytes.reserveCapacity(data.count)
        var length = 0
        for byte in data {
            if byte == UInt8(ascii: "\n") {
                lengths.append(UInt32(length))
                length = 0
            } else {
                bytes.append(byte)
                length += 1
            }
        }
        if length > 0 { lengths.append(UInt32(length)) }
        return (bytes, lengths)
    }

    /// All bytes of a file, a pipe included.
    private static func read(_ path: String) throws(LogStoreError) -> [UInt8] {
        func failure(_ call: String) -> LogStoreError {
            LogStoreError(
                .io, "the input file cannot be read", context: .init(file: path),
                cause: SystemCallError(call: call, errno: errno, path: path))
        }
        let file = FileDescriptor(open(path, O_RDONLY | O_CLOEXEC))
        guard file.number >= 0 else { throw failure("open") }
        var data: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Foundation.read(file.number, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read") }
            guard count > 0 else { return data }
            data.append(contentsOf: block[..<count])
        }
    }

    /// Calls `body` with each line and its number, from 0 on.
    func forEach(
        _ body: (Int, UnsafeRawBufferPointer) throws(LogStoreError) -> Void
    ) throws(LogStoreError) {
        let bytes = bytes
        let span = bytes.span.bytes
        try span.withUnsafeBytes { (all) throws(LogStoreError) in
            var offset = 0
            for (number, length) in lengths.enumerated() {
                let end = offset + Int(length)
                try body(number, UnsafeRawBufferPointer(rebasing: all[offset..<end]))
                offset = end
            }
        }
    }
}
