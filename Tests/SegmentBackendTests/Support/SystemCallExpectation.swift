import Testing
import WALProtocol

/// Expects `body` to throw the error number of a system call.
func expectError(
    _ call: String, _ errno: Int32, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) {
    let error = #expect(throws: SystemCallError.self, sourceLocation: sourceLocation) {
        try body()
    }
    #expect(error?.call == call, sourceLocation: sourceLocation)
    #expect(error?.errno == errno, sourceLocation: sourceLocation)
}

extension File {
    /// Writes all of an array.
    func writeAll(_ bytes: [UInt8], at offset: UInt64) throws(SystemCallError) {
        try bytes.span.bytes.withUnsafeBytes { (buffer) throws(SystemCallError) in
            try writeAll(buffer, at: offset)
        }
    }
}
